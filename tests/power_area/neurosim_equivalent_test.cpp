// SPDX-License-Identifier: Apache-2.0
// The chips that NeuroSim V1.4 prints (22 nm, 8-bit weights in four 2-bit cells, 5-bit converters
// for 8 columns, its copies of layers), estimated with our model and the library logic_22nm. The
// ratios are those of docs/validation.md, which explains each that is more than 15 % off.
// Source: peng_iedm_2019 (tests/reference/peng_iedm_2019/).
#include <gtest/gtest.h>

#include <map>

#include "mapped_networks.h"
#include "neurosim_networks.h"

namespace ohmweave::power_area {
namespace {

/// Ours over NeuroSim's.
using Ratios = std::map<std::string, double>;

double sum_of(const Json& chip, const std::vector<std::string>& parts, const char* key) {
  double sum = 0.0;
  for (const Json& part : chip.at("parts"))
    for (const std::string& name : parts)
      if (part.at("name").get<std::string>().rfind(name, 0) == 0) sum += part.at(key).get<double>();
  return sum;
}

Ratios ratios_of(const Network& network, const Json& published) {
  EstimateInputs inputs;
  Circuits& circuits = inputs.circuits;
  circuits.array.weight_bits = 7;
  circuits.array.topology = crossbar::Topology::RowSelect;
  circuits.array.read_voltage_v = 0.55;
  circuits.device.g_min_siemens = 1.0 / 1.7e6;
  circuits.device.g_max_siemens = 1.0 / 1e5;
  circuits.adc.bits = 4;
  circuits.chip.columns_per_adc = 8;
  circuits.chip.clock_hz = 1.0 / 1.66336e-9;
  circuits.arrays_per_tile = 256;  // its tiles hold 128 arrays; signed pairs take twice as many
  circuits.chip.vector_lanes = 64;
  circuits.chip.pool_lanes = 64;
  circuits.chip.link_bits_per_cycle = 256;
  circuits.chip.assumed_bit_density = 0.167;
  circuits.chip.uncertainty.samples = 2;
  inputs.library =
      load_component_library(OHMWEAVE_SOURCE_DIR "/configs/presets/components/logic_22nm.json");
  inputs.chip = mapped_with_copies(network, published.at("copies"), circuits);
  const Json chip = estimate_chips(inputs).at("chip");
  const auto over = [&](double ours, const char* key) {
    return ours / published.at(key).get<double>();
  };
  return {{"array_area", over(sum_of(chip, {"crossbar_cells"}, "area_m2"), "array_area_m2")},
          {"adc_area", over(sum_of(chip, {"adc"}, "area_m2"), "adc_area_m2")},
          {"built_area", over(built_area_m2(chip), "itemised_area_m2")},
          {"chip_area", over(chip.at("area_m2"), "area_m2")},
          {"adc_energy", over(sum_of(chip, {"adc"}, "dynamic_energy_j"), "adc_j")},
          {"dynamic_energy", over(chip.at("dynamic_energy_per_inference_j"), "dynamic_j")},
          {"leakage", over(chip.at("leakage_w"), "leakage_w")},
          {"cycle", over(1.0 / chip.at("throughput_hz").get<double>(), "cycle_s")}};
}

void expect_ratios(const Ratios& found, const Ratios& documented) {
  for (const auto& [name, ratio] : found)
    ::testing::Test::RecordProperty(name, std::to_string(ratio));
  for (const auto& [name, ratio] : documented)
    EXPECT_NEAR(found.at(name) / ratio, 1.0, 0.05) << name << " " << found.at(name);
}

TEST(NeurosimEquivalent, Vgg8) {
  expect_ratios(ratios_of(neurosim_vgg8(), neurosim_reference("vgg8")), {{"array_area", 2.08},
                                                                         {"adc_area", 5.08},
                                                                         {"chip_area", 0.74},
                                                                         {"adc_energy", 6.55},
                                                                         {"dynamic_energy", 9.99},
                                                                         {"leakage", 4620},
                                                                         {"cycle", 0.222}});
}

TEST(NeurosimEquivalent, Vgg16) {
  expect_ratios(ratios_of(neurosim_vgg16(1.0), neurosim_reference("vgg16")),
                {{"array_area", 2.00},
                 {"adc_area", 4.87},
                 {"chip_area", 0.62},
                 {"adc_energy", 4.25},
                 {"dynamic_energy", 6.81},
                 {"leakage", 3340},
                 {"cycle", 0.132}});
}

TEST(NeurosimEquivalent, ResNet18) {
  expect_ratios(ratios_of(neurosim_resnet18(1.0), neurosim_reference("resnet18")),
                {{"array_area", 2.01},
                 {"adc_area", 4.92},
                 {"chip_area", 0.67},
                 {"adc_energy", 3.96},
                 {"dynamic_energy", 6.24},
                 {"leakage", 4130},
                 {"cycle", 0.177}});
}

}  // namespace
}  // namespace ohmweave::power_area
