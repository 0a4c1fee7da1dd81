// SPDX-License-Identifier: Apache-2.0
#include "tools/chip_stages.h"

#include "core/artifact.h"
#include "core/npz.h"
#include "mapping/map_network.h"
#include "mapping/placement.h"
#include "power_area/estimate.h"

namespace ohmweave::tools {
namespace {

std::filesystem::path library_path(const RunConfig& config) {
  return power_area::component_library_path(config.chip->preset, find_presets_folder());
}

}  // namespace

ChipNetworks load_chip_networks(const Run& run) {
  const QuantizationOptions options = quantization_options(run.loaded.config);
  ChipNetworks networks;
  networks.baseline = quantize(load_network_model(run.folder / "dense"), options);
  networks.mapped = run.loaded.config.compress
                        ? quantize(load_network_model(run.folder / "compress"), options)
                        : networks.baseline;
  return networks;
}

mapping::Geometry geometry(const RunConfig& config) {
  return {config.array.rows, config.array.cols, config.array.num_slices(),
          config.array.bits_per_cell};
}

void map_stage(const Run& run, const std::filesystem::path& output) {
  const RunConfig& config = run.loaded.config;
  const ChipNetworks networks = load_chip_networks(run);
  const auto placement = mapping::map_network(networks.mapped, geometry(config), config.mapping);
  const auto dense = mapping::map_network(networks.baseline, geometry(config), config.mapping);
  Json summary = mapping::placement_summary(placement, networks.mapped);
  const Json dense_summary = mapping::placement_summary(dense, networks.baseline);
  const auto needed = summary["arrays_needed"].get<double>();
  summary["dense_arrays_needed"] = dense_summary["arrays_needed"];
  summary["array_ratio"] = dense_summary["arrays_needed"].get<double>() / needed;
  summary["dense_cell_utilization_fraction"] = dense_summary["cell_utilization_fraction"];
  write_json_atomically(output / "placement.json", mapping::placement_to_json(placement));
  write_json_atomically(output / "mapping.json", summary);
  write_file_atomically(output / "arrays.npz", encode_npz(mapping::arrays_to_npz(placement)));
}

void estimate_stage(const Run& run, const std::filesystem::path& output) {
  const RunConfig& config = run.loaded.config;
  const ChipNetworks networks = load_chip_networks(run);
  const auto read = [&](const char* stage, const char* file) {
    return parse_json_file((run.folder / stage / file).string());
  };
  const Json activity = config.evaluate ? read("evaluate", "activity.json") : Json();
  power_area::EstimateInputs inputs;
  inputs.chip.network = networks.mapped;
  inputs.chip.placement = mapping::placement_from_json(read("map", "placement.json"));
  power_area::MappedNetwork baseline;
  baseline.network = networks.baseline;
  baseline.placement = mapping::map_network(networks.baseline, geometry(config), config.mapping);
  if (config.evaluate) {
    inputs.chip.activity = activity["network"];
    baseline.activity = activity["baseline"];
  }
  inputs.baseline = std::move(baseline);
  inputs.circuits = {config.device, config.array, config.adc,
                     config.dac,    *config.chip, config.mapping.arrays_per_tile};
  inputs.baseline_description =
      config.adc.bits ? "the dense network on the same device, arrays and converters"
                      : "the dense network on the same device and arrays, each layer with the "
                        "converter bits that its own columns need";
  inputs.library = power_area::load_component_library(library_path(config).string());
  inputs.stream = RandomStream(config.seed);
  power_area::estimate_stage(inputs, output);
}

std::string chip_library_fingerprint(const RunConfig& config) {
  return sha256_of_file(library_path(config));
}

}  // namespace ohmweave::tools
