// SPDX-License-Identifier: Apache-2.0
#include "tools/placing.h"

#include <utility>
#include <vector>

#include "core/error.h"
#include "mapping/map_network.h"
#include "power_area/chip_library.h"
#include "power_area/dimensioning.h"

namespace ohmweave::tools {
namespace {

using Copies = std::vector<std::int64_t>;

/// Finds the copies of a network and places them.
class Duplicator {
 public:
  Duplicator(const RunConfig& config, const QuantizedNetwork& network)
      : config_(config),
        circuits_(circuits_of(config)),
        library_(library_of(config)),
        mapped_{network, {}, {}} {
    mapped_.placement = mapping::map_network(network, geometry(config), config.mapping);
    column_sums_ = power_area::column_sums(mapped_, circuits_);
    loads_ = power_area::layer_loads(mapped_, column_sums_, circuits_, library_);
  }

  PlacedNetwork for_throughput(double target_hz) {
    PlacedNetwork placed = place(mapping::copies_for_throughput(loads_, target_hz));
    const power_area::ChipRate rate =
        power_area::chip_rate(mapped_, column_sums_, circuits_, library_);
    if (rate.throughput_hz < target_hz && !rate.is_held_by_arrays)
      throw ConfigError({"/mapping/target_throughput_hz = " + Json(target_hz).dump() +
                         ": must be at most " + Json(rate.throughput_hz).dump() + ", to which " +
                         rate.bottleneck +
                         " holds the chip, however many copies of the arrays there are; see "
                         "/chip/pool_lanes, /chip/vector_lanes, /chip/link_bits_per_cycle and "
                         "/chip/io_bits_per_s"});
    placed.duplication["target_throughput_hz"] = target_hz;
    return placed;
  }
  PlacedNetwork for_area(double budget_m2) {
    const mapping::ChipArea area_m2 = [this](const Copies& copies) { return area_of(copies); };
    PlacedNetwork placed = place(mapping::copies_for_area(loads_, budget_m2, area_m2));
    placed.duplication["area_budget_m2"] = budget_m2;
    return placed;
  }
  PlacedNetwork once() { return place(Copies(loads_.size(), 1)); }
  double least_area_m2() { return area_of(Copies(loads_.size(), 1)); }

 private:
  PlacedNetwork place(const Copies& copies) {
    const double area_m2 = area_of(copies);  // leaves the placement in mapped_
    Json json = {{"arrays_throughput_hz", 1.0 / mapping::period_s(loads_, copies)},
                 {"area_m2", area_m2}};
    return {mapped_.placement, std::move(json)};
  }
  double area_of(const Copies& copies) {
    Copies of_node(mapped_.network.nodes.size(), 1);
    for (std::size_t i = 0; i < loads_.size(); ++i) of_node[loads_[i].node] = copies[i];
    mapped_.placement =
        mapping::map_network(mapped_.network, geometry(config_), config_.mapping, of_node);
    return power_area::chip_area_m2(mapped_, column_sums_, circuits_, library_);
  }

  const RunConfig& config_;
  power_area::Circuits circuits_;
  power_area::ComponentLibrary library_;
  power_area::MappedNetwork mapped_;
  std::vector<mapping::ColumnSums> column_sums_;
  std::vector<mapping::LayerLoad> loads_;
};

}  // namespace

mapping::Geometry geometry(const RunConfig& config) {
  return {config.array.rows,          config.array.cols,        config.array.num_slices(),
          config.array.bits_per_cell, config.array.rows_active, config.array.encoding,
          config.array.slice_bits};
}

power_area::Circuits circuits_of(const RunConfig& config) {
  return {config.device,
          config.array,
          config.adc,
          config.dac,
          *config.chip,
          config.mapping.arrays_per_tile,
          config.mapping.fault_aware};
}

power_area::ComponentLibrary library_of(const RunConfig& config) {
  return power_area::load_chip_library(*config.chip, find_presets_folder());
}

bool wants_copies(const mapping::MappingOptions& options) {
  return options.target_throughput_hz.has_value() || options.area_budget_m2.has_value();
}

PlacedNetwork place_network(const RunConfig& config, const QuantizedNetwork& network) {
  if (!wants_copies(config.mapping))
    return {mapping::map_network(network, geometry(config), config.mapping), {}};
  Duplicator duplicator(config, network);
  return config.mapping.target_throughput_hz
             ? duplicator.for_throughput(*config.mapping.target_throughput_hz)
             : duplicator.for_area(*config.mapping.area_budget_m2);
}

PlacedNetwork place_baseline(const RunConfig& config, const QuantizedNetwork& network) {
  if (config.mapping.target_throughput_hz) {
    try {
      return place_network(config, network);
    } catch (const ConfigError& error) {
      throw ConfigError(
          {error.problems().front() + " (the dense network, with which this one is compared)"});
    }
  }
  if (!config.mapping.area_budget_m2) return place_network(config, network);
  Duplicator duplicator(config, network);
  return duplicator.least_area_m2() <= *config.mapping.area_budget_m2
             ? duplicator.for_area(*config.mapping.area_budget_m2)
             : duplicator.once();
}

}  // namespace ohmweave::tools
