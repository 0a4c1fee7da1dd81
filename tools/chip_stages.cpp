// SPDX-License-Identifier: Apache-2.0
#include "tools/chip_stages.h"

#include "core/artifact.h"
#include "core/error.h"
#include "core/npz.h"
#include "crossbar/converter.h"
#include "mapping/map_network.h"
#include "mapping/placement.h"
#include "mapping/reload.h"
#include "power_area/cost/adc.h"
#include "power_area/cost/analog.h"
#include "power_area/estimate.h"
#include "power_area/paper_accounting.h"
#include "tools/placing.h"

namespace ohmweave::tools {
namespace {

/// Converters and drivers that the config asks for and the library has no numbers for.
std::vector<std::string> library_problems(const RunConfig& config,
                                          const power_area::ComponentLibrary& library) {
  std::vector<std::string> problems;
  const std::string of_preset = " of /chip/preset = " + Json(config.chip->preset).dump();
  const int most_dac_bits = power_area::most_driver_bits();
  if (config.dac.bits > most_dac_bits)
    problems.push_back("/dac/bits = " + std::to_string(config.dac.bits) + ": must be at most " +
                       std::to_string(most_dac_bits) + ", the most that the row driver model" +
                       of_preset + " covers");
  const int most_adc_bits =
      power_area::most_adc_bits(library, config.chip->adc_model) - 1;  // the sign takes one
  if (config.adc.bits && *config.adc.bits > most_adc_bits)
    problems.push_back("/adc/bits = " + std::to_string(*config.adc.bits) + ": must be at most " +
                       std::to_string(most_adc_bits) +
                       ": with the sign that is the most that the "
                       "converter model" +
                       of_preset + " covers");
  if (config.adc.kind != crossbar::AdcKind::Sar)
    problems.push_back("/adc/kind = \"" + crossbar::find_converter(config.adc.kind).name +
                       "\": must be \"sar\" with /chip: area, energy and time of component "
                       "libraries are those of successive approximation; leave /chip out");
  if (!config.chip->paper_accounting) return problems;
  const std::string problem = power_area::paper_accounting_problem(circuits_of(config), library);
  if (!problem.empty()) problems.push_back(problem);
  const std::string tile = mapping::tile_problem(
      config.mapping, 2 * power_area::kPaperWeightBits / power_area::kPaperCellBits);
  if (!tile.empty()) problems.push_back("/chip/paper_accounting: " + tile);
  return problems;
}

/// What the arrays would be without moving a row or column.
void add_grid_arrays(const QuantizedNetwork& network, const mapping::Geometry& geometry,
                     Json& summary) {
  const std::vector<int> arrays = mapping::arrays_in_grid(network, geometry);
  const std::vector<int> nodes = weight_nodes(network.network);
  int total = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    total += arrays[nodes[i]];
    summary["layers"][i]["arrays_in_grid"] = arrays[nodes[i]];
  }
  summary["arrays_in_grid"] = total;
}

}  // namespace

namespace {

/// As ChipNetworks; `mapped_stage` made the network that is mapped.
ChipNetworks load_networks(const Run& run, const std::string& mapped_stage) {
  const QuantizationOptions options = quantization_options(run.loaded.config);
  ChipNetworks networks;
  networks.baseline = quantize(load_network_model(run.folder / "dense"), options);
  networks.mapped = mapped_stage == "dense"
                        ? networks.baseline
                        : quantize(load_network_model(run.folder / mapped_stage), options);
  return networks;
}

std::string placed_stage(const RunConfig& config) {
  return is_compressed(config) ? "compress" : "dense";
}

}  // namespace

ChipNetworks load_chip_networks(const Run& run) {
  const RunConfig& config = run.loaded.config;
  return load_networks(run, config.adapt ? "adapt" : placed_stage(config));
}

void map_stage(const Run& run, const std::filesystem::path& output) {
  const RunConfig& config = run.loaded.config;
  const ChipNetworks networks = load_networks(run, placed_stage(config));
  const PlacedNetwork placed = place_network(config, networks.mapped);
  const mapping::Placement& placement = placed.placement;
  const PlacedNetwork placed_dense =
      is_compressed(config) ? place_baseline(config, networks.baseline) : placed;
  const mapping::Placement& dense = placed_dense.placement;
  Json summary = mapping::placement_summary(placement, networks.mapped);
  const Json dense_summary = mapping::placement_summary(dense, networks.baseline);
  const auto needed = summary["arrays_needed"].get<double>();
  summary["dense_arrays_needed"] = dense_summary["arrays_needed"];
  summary["array_ratio"] = dense_summary["arrays_needed"].get<double>() / needed;
  summary["dense_cell_utilization_fraction"] = dense_summary["cell_utilization_fraction"];
  add_grid_arrays(networks.mapped, geometry(config), summary);
  summary["traffic"] = mapping::traffic_summary(placement, networks.mapped);
  if (!placed.duplication.is_null()) summary["duplication"] = placed.duplication;
  if (config.mapping.area_budget_m2)
    summary["duplication"]["dense_fits_budget"] =
        placed_dense.duplication.contains("area_budget_m2");
  if (mapping::num_rounds(placement) > 1)
    summary["reload"] = mapping::reload_summary(placement, networks.mapped);
  write_json_atomically(output / "placement.json", mapping::placement_to_json(placement));
  if (is_compressed(config))
    write_json_atomically(output / "baseline_placement.json", mapping::placement_to_json(dense));
  write_json_atomically(output / "mapping.json", summary);
  write_file_atomically(output / "arrays.npz", encode_npz(mapping::arrays_to_npz(placement)));
}

namespace {

/// The dense network at 9 bits, on its own circuits (power_area/paper_accounting.h).
void add_paper_baseline(const Run& run, power_area::EstimateInputs& inputs) {
  const RunConfig& config = run.loaded.config;
  power_area::PaperBaseline& paper = inputs.paper_baseline.emplace();
  paper.circuits = power_area::paper_circuits(inputs.circuits, inputs.library);
  QuantizationOptions options = quantization_options(config);
  options.weight_bits = power_area::kPaperWeightBits;
  options.code_values = {};
  paper.network.network = quantize(load_network_model(run.folder / "dense"), options);
  mapping::Geometry geometry = tools::geometry(config);
  geometry.num_slices = paper.circuits.array.num_slices();
  geometry.bits_per_cell = power_area::kPaperCellBits;
  geometry.encoding = paper.circuits.array.encoding;
  geometry.slice_bits.clear();
  paper.network.placement = mapping::map_network(paper.network.network, geometry, config.mapping);
  paper.network.activity = (inputs.baseline ? *inputs.baseline : inputs.chip).activity;
  paper.description =
      "arrays and converters of the dense network at 9 bits: a sign and two 4-bit cells a sign, "
      "converters for full columns (" +
      std::to_string(*paper.circuits.adc.bits + 1) + " bits with the sign)";
}

}  // namespace

void estimate_stage(const Run& run, const std::filesystem::path& output) {
  const RunConfig& config = run.loaded.config;
  const ChipNetworks networks = load_chip_networks(run);
  const auto read = [&](const char* stage, const char* file) {
    return parse_artifact_file((run.folder / stage / file).string());
  };
  const Json activity = config.evaluate ? read("evaluate", "activity.json") : Json();
  power_area::EstimateInputs inputs;
  inputs.chip.network = networks.mapped;
  inputs.chip.placement = mapping::placement_from_json(read("map", "placement.json"));
  if (config.evaluate) inputs.chip.activity = activity["network"];
  inputs.is_own_baseline = !is_compressed(config);
  if (!inputs.is_own_baseline) {
    power_area::MappedNetwork& baseline = inputs.baseline.emplace();
    baseline.network = networks.baseline;
    baseline.placement = mapping::placement_from_json(read("map", "baseline_placement.json"));
    if (config.evaluate) baseline.activity = activity["baseline"];
  }
  inputs.circuits = circuits_of(config);
  inputs.baseline_description =
      config.adc.bits ? "the dense network on the same device, arrays and converters"
                      : "the dense network on the same device and arrays, each layer with the "
                        "converter bits that its own columns need";
  if (config.mapping.area_budget_m2 &&
      !read("map", "mapping.json")["duplication"].value("dense_fits_budget", true))
    inputs.baseline_description +=
        "; it does not fit /mapping/area_budget_m2, so it has one copy of each layer";
  inputs.library = library_of(config);
  inputs.stream = RandomStream(config.seed);
  if (config.evaluate && config.chip->functional_images > 0)
    inputs.reference = read("evaluate", "reference.json");
  if (config.chip->paper_accounting) add_paper_baseline(run, inputs);
  power_area::estimate_stage(inputs, output);
}

std::vector<std::string> chip_problems(const RunConfig& config) {
  if (!config.chip) return {};
  try {
    const auto library = library_of(config);
    return library_problems(config, library);
  } catch (const ConfigError& e) {
    return e.problems();
  }
}

std::string chip_library_fingerprint(const RunConfig& config) {
  return sha256_of_file(
      power_area::component_library_path(config.chip->preset, find_presets_folder()));
}

}  // namespace ohmweave::tools
