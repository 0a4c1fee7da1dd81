// SPDX-License-Identifier: Apache-2.0
// A run folder with small hand-made artifacts, for the tests of the report.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "core/artifact.h"
#include "report/result.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::report {

class RunFixture {
 public:
  RunFixture() { make("run"); }

  [[nodiscard]] std::filesystem::path run() const { return scratch_.path() / "run"; }
  [[nodiscard]] const std::filesystem::path& scratch() const { return scratch_.path(); }

  /// The run with all of its stages.
  [[nodiscard]] ReportedRun reported() const { return reported(run()); }
  static ReportedRun reported(const std::filesystem::path& run) {
    return {run, provenance(), {"dense", "compress", "map", "evaluate", "estimate", "report"}};
  }

  /// Writes another run of the same artifacts.
  std::filesystem::path make(const std::string& name) const {
    const std::filesystem::path folder = scratch_.path() / name;
    for (const char* stage : {"dense", "compress", "map", "evaluate", "estimate", "report"}) {
      std::filesystem::create_directories(folder / stage);
    }
    write(folder / "config.json", config());
    write(folder / "timing.json", Json{{"dense", {{"seconds", 12.5}}}});
    write(folder / "dense" / "train.csv", train_csv());
    write(folder / "compress" / "train.csv", train_csv());
    write(folder / "compress" / "admm.csv", admm_csv());
    write(folder / "compress" / "compression.json", compression());
    write(folder / "map" / "mapping.json", mapping());
    write(folder / "map" / "placement.json", placement());
    write(folder / "evaluate" / "accuracy.json", accuracy());
    write(folder / "estimate" / "chip.json", estimate());
    write(folder / "estimate" / "power.csv", power_csv());
    return folder;
  }

  static Json config() {
    return {{"name", "lenet5 <mnist>"},
            {"seed", 1},
            {"data", {{"kind", "mnist"}}},
            {"model", {{"kind", "lenet5"}}},
            {"compress", {{"steps", Json::array()}}},
            {"device", {{"kind", "lognormal"}, {"mismatch_sigma", 0.05}, {"source", "a paper"}}},
            {"array", {{"rows", 128}, {"cols", 128}}},
            {"evaluate", {{"num_chips", 4}}},
            {"chip", {{"clock_hz", 1e9}}}};
  }

  static std::string train_csv() {
    return "phase,epoch,train_loss,validation_loss,validation_accuracy,learning_rate\n"
           "train,1,0.4,0.2,0.95,0.001\ntrain,2,0.1,0.08,0.978,0.001\n"
           "train,3,0.05,0.06,0.985,0.0005\nretrain,1,0.04,0.05,0.989,0.0001\n";
  }

  static std::string power_csv() {
    return "time_s,power_w\n0,0.001\n1e-05,0.004\n2e-05,0.0035\n3e-05,0.003\n";
  }

  static std::string admm_csv() {
    return "phase,iteration,layer,primal_residual,dual_residual,violation,rho\n"
           "prune,1,conv1,0.5,0.3,1,0.001\nprune,1,fc1,0.8,0.4,1,0.001\n"
           "prune,2,conv1,0.1,0.05,1,0.0015\nprune,2,fc1,0.09,0.03,1,0.0015\n"
           "prune,3,conv1,0.01,0.004,0,0.002\nprune,3,fc1,0,0.001,0,0.002\n";
  }

  static Json compression() {
    const auto layer = [](const char* name, int dense, int kept, int rows, int columns) {
      return Json{{"name", name},
                  {"dense_weights", dense},
                  {"nonzero_weights", kept},
                  {"weight_ratio", static_cast<double>(dense) / kept},
                  {"bits", 5},
                  {"rows", rows},
                  {"columns", columns},
                  {"rows_alive", rows / 2},
                  {"columns_alive", columns}};
    };
    return {{"dense_weights", 400500},
            {"nonzero_weights", 4100},
            {"weight_ratio", 97.68292682926829},
            {"mac_ratio", 21.5},
            {"scopes", {{"conv", {{"dense_weights", 500}, {"nonzero_weights", 100}}}}},
            {"storage",
             {{"weights_only_ratio", 625.2},
              {"relative_index_ratio", 261.0},
              {"entropy_index_ratio", 300.5},
              {"file_bytes", 6200},
              {"file_ratio", 258.4}}},
            {"layers", {layer("conv1", 500, 100, 25, 20), layer("fc1", 400000, 4000, 800, 500)}}};
  }

  static Json mapping() {
    return {{"arrays_needed", 12},
            {"arrays_duplicated", 4},
            {"cell_utilization_fraction", 0.125},
            {"layers",
             {{{"name", "conv1"},
               {"blocks", 2},
               {"copies", 2},
               {"arrays_needed", 4},
               {"arrays_duplicated", 4},
               {"cell_utilization_fraction", 0.01},
               {"tiles", 1}},
              {{"name", "gone"}, {"blocks", 0}, {"copies", 1}, {"arrays_needed", 0}},
              {{"name", "fc1"},
               {"blocks", 2},
               {"copies", 1},
               {"arrays_needed", 8},
               {"arrays_duplicated", 0},
               {"cell_utilization_fraction", 0.2},
               {"tiles", 1}}}},
            {"dense_arrays_needed", 120},
            {"array_ratio", 10.0}};
  }

  static Json placement() {
    const auto block = [](int node, int num_rows, int num_columns) {
      Json json = {{"node", node}, {"rows", Json::array()}, {"columns", Json::array()}};
      for (int r = 0; r < num_rows; ++r) json["rows"].push_back(r);
      for (int c = 0; c < num_columns; ++c) json["columns"].push_back(c);
      return json;
    };
    return {
        {"geometry", {{"rows", 128}, {"cols", 128}, {"num_slices", 2}, {"bits_per_cell", 2}}},
        {"blocks", {block(1, 25, 20), block(1, 25, 20), block(8, 128, 100), block(8, 64, 128)}}};
  }

  static Json accuracy() {
    return {{"dense", 0.9912},
            {"compressed", 0.9908},
            {"quantized", 0.9901},
            {"integer", 0.99},
            {"on_chip",
             {{"mean", 0.98625},
              {"std", 0.0011},
              {"min", 0.985},
              {"max", 0.9875},
              {"p5", 0.9851},
              {"num_chips", 4},
              {"num_images", 10000},
              {"chips", {0.985, 0.986, 0.9865, 0.9875}}}},
            {"seeds", {{{"seed", 1}, {"dense", 0.9912}}}}};
  }

  static Json chip(double scale) {
    const auto part = [scale](const char* name, double area, double energy, double leakage) {
      return Json{{"name", name},
                  {"count", 12},
                  {"area_m2", area * scale},
                  {"energy_j", energy * scale},
                  {"leakage_w", leakage * scale},
                  {"source", "isaac_isca_2016, table I"}};
    };
    Json json = {{"area_m2", 1e-6 * scale},
                 {"energy_per_inference_j", 2e-6 * scale},
                 {"average_power_w", 3.21e-3 * scale},
                 {"leakage_w", 4e-4 * scale},
                 {"latency_s", 5e-5},
                 {"throughput_hz", 25000.0},
                 {"ops_per_joule", 4.5e12 / scale}};
    json["parts"] = {part("arrays", 2e-7, 5e-7, 1e-5), part("converters", 6e-7, 1.2e-6, 3e-4),
                     part("white space", 2e-7, 3e-7, 9e-5)};
    json["layers"] = {part("conv1", 3e-7, 1.5e-6, 1e-4), part("fc1", 7e-7, 5e-7, 3e-4)};
    json["layers"][0]["busy_fraction"] = 0.75;
    json["layers"][0]["arrays"] = 4;
    json["layers"][1]["arrays"] = 8;
    json["floorplan"] = {{"mesh_width", 2},
                         {"mesh_height", 1},
                         {"tile_area_m2", 5e-7 * scale},
                         {"off_chip_area_m2", 1e-7 * scale}};
    for (int t = 0; t < 2; ++t)
      json["tiles"].push_back({{"name", "tile " + std::to_string(t)},
                               {"x", t},
                               {"y", 0},
                               {"arrays", 6.0},
                               {"layer", t == 0 ? "conv1" : "fc1"},
                               {"area_m2", 5e-7 * scale},
                               {"built_area_m2", 4e-7 * scale},
                               {"energy_j", 1e-6},
                               {"leakage_w", 1e-5}});
    json["efficiency"] = efficiency(scale);
    return json;
  }

  static Json efficiency(double scale) {
    return {{"operations_per_mac", 2.0},
            {"macs_per_inference", 2000000},
            {"energy_per_mac_j", 1e-12 * scale},
            {"energy_per_bit_product_j", 2.5e-14 * scale},
            {"ops_per_second", 1e11},
            {"ops_per_second_per_m2", 1e17},
            {"ops_per_joule", 2e12 / scale},
            {"causes",
             {{{"name", "cells"}, {"energy_per_mac_j", 4e-13}, {"energy_fraction", 0.4}},
              {{"name", "leakage"}, {"energy_per_mac_j", 6e-13}, {"energy_fraction", 0.6}}}},
            {"place", "between A <1> and B"},
            {"published",
             {{{"name", "A <1>"}, {"what", "silicon"}, {"energy_per_bit_product_j", 2e-14}},
              {{"name", "B"}, {"what", "design"}, {"energy_per_bit_product_j", 3e-12}}}}};
  }

  static Json factors() {
    return {{"total_ratio", 5.0},
            {"factors",
             {{{"name", "weights"}, {"ratio", 10.0}, {"meaning", "weights over <weights>"}},
              {{"name", "utilization"}, {"ratio", 0.5}, {"meaning", "cells over cells"}}}}};
  }

  static Json sensitivity() {
    const Json band = {{"mean", 1e-6}, {"std", 1e-7}, {"p5", 8e-7}, {"p50", 1e-6}, {"p95", 1.2e-6}};
    return {{"tornado",
             {{"change_fraction", 0.2},
              {"numbers",
               {{{"name", "adc_8b_energy"},
                 {"status", "seen"},
                 {"area_down_fraction", 0.0},
                 {"area_up_fraction", 0.0},
                 {"energy_down_fraction", -0.1},
                 {"energy_up_fraction", 0.1}}}}}},
            {"bands",
             {{"samples", 200}, {"sigmas", {{"seen", 0.1}, {"assumed", 0.5}}}, {"area_m2", band}}}};
  }

  static Json estimate() {
    const Json view = {{"area_fraction", 0.8}, {"power_fraction", 0.8}, {"energy_fraction", -0.05}};
    return {{"chip", chip(1.0)},
            {"baseline_chip", chip(5.0)},
            {"reduction",
             {{"at", "equal_throughput"},
              {"baseline", "the dense network on the same arrays and converters"},
              {"views", {{"whole_chip", view}, {"arrays_and_converters", view}}},
              {"arrays_fraction", 0.9},
              {"ratios",
               {{"weights_ratio", 97.7},
                {"occupied_arrays_ratio", 10.0},
                {"chip_area_ratio", 5.0},
                {"chip_power_ratio", 5.0}}},
              {"area_factors", factors()},
              {"power_factors", factors()},
              {"equal_area",
               {{"copies", 5.0},
                {"throughput_ratio", 5.0},
                {"throughput_hz", 125000.0},
                {"average_power_w", 0.016},
                {"energy_per_inference_j", 2e-6}}}}},
            {"programming",
             {{"cells", 123456},
              {"pulses_per_cell", 8.52},
              {"energy_j", 3e-7},
              {"time_s", 4e-5},
              {"endurance_writes", 1e6},
              {"inferences_of_equal_energy", 0.15},
              {"source", "a rule"}}},
            {"sensitivity", sensitivity()},
            {"not_modelled", {"write circuits", "off-chip memory"}},
            {"components",
             {{"library", "isaac"},
              {"numbers",
               {{"cell_area",
                 {{"value", 1e-12},
                  {"unit", "m^2"},
                  {"node_nm", 32},
                  {"source", "isaac_isca_2016"},
                  {"status", "seen"},
                  {"unread", "is of a published total"}}}}}}}};
  }

  static Json provenance() {
    return {{"ohmweave_version", "0.1.0"},
            {"config_sha256", sha256(config().dump())},
            {"seed", 1},
            {"threads", 2},
            {"libraries", {{"torch", "1.13.1"}}}};
  }

 private:
  /// Without bringing it to the disk, which takes long on a busy machine.
  static void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static void write(const std::filesystem::path& path, const Json& json) {
    write(path, json.dump(2));
  }

  TemporaryFolder scratch_;
};

}  // namespace ohmweave::report
