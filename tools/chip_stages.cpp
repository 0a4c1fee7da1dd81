// SPDX-License-Identifier: Apache-2.0
#include "tools/chip_stages.h"

#include "core/artifact.h"
#include "core/npz.h"
#include "mapping/map_network.h"
#include "power_area/estimate.h"

namespace ohmweave::tools {

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
  return {config.array.rows, config.array.cols, config.array.num_slices(), config.array.bits_per_cell};
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
  const auto placement =
      mapping::placement_from_json(parse_json_file((run.folder / "map" / "placement.json").string()));
  const auto dense = mapping::map_network(networks.baseline, geometry(config), config.mapping);
  power_area::EstimateInputs inputs;
  // filled in once power_area/estimate.h is in place
  power_area::estimate_stage(inputs, output);
}

}  // namespace ohmweave::tools
