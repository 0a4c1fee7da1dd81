// SPDX-License-Identifier: Apache-2.0
// The placement that a config asks for: /mapping, with as many copies as its throughput or area
// allows.
#pragma once

#include "mapping/placement.h"
#include "power_area/layer_plan.h"
#include "tools/run_config.h"

namespace ohmweave::tools {

/// The geometry of /array.
[[nodiscard]] mapping::Geometry geometry(const RunConfig& config);

/// The circuits of a chip; needs section /chip.
[[nodiscard]] power_area::Circuits circuits_of(const RunConfig& config);
[[nodiscard]] power_area::ComponentLibrary library_of(const RunConfig& config);

struct PlacedNetwork {
  mapping::Placement placement;
  /// {target_throughput_hz or area_budget_m2, arrays_throughput_hz (what the arrays alone allow),
  /// area_m2}; null where nothing is duplicated by the config.
  Json duplication;
};

/// Throws ConfigError when the target or the budget is impossible, naming what is possible: a
/// target that the rest of the chip cannot follow, too.
[[nodiscard]] PlacedNetwork place_network(const RunConfig& config, const QuantizedNetwork& network);

/// The network that others are compared with: for a throughput likewise; for an area with the
/// copies that fit it, or where even one copy each does not, with that.
[[nodiscard]] PlacedNetwork place_baseline(const RunConfig& config,
                                           const QuantizedNetwork& network);

/// Whether the config asks for copies.
[[nodiscard]] bool wants_copies(const mapping::MappingOptions& options);

}  // namespace ohmweave::tools
