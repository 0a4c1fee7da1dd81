// SPDX-License-Identifier: Apache-2.0
// What the choice of copies needs to know of a placement: how long each layer takes for a window,
// and how large the chip is. Nothing is simulated.
#pragma once

#include <string>
#include <vector>

#include "mapping/duplication.h"
#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

/// The loads of the layers that have arrays, as they are placed with one copy each: a window takes
/// as long as on the slowest of the layer's tiles. column_sums: column_sums(), the same for any
/// copies.
[[nodiscard]] std::vector<mapping::LayerLoad> layer_loads(
    const MappedNetwork& mapped, const std::vector<mapping::ColumnSums>& column_sums,
    const Circuits& circuits, const ComponentLibrary& library);

/// Area of the chip, white space included: that of its bill.
[[nodiscard]] double chip_area_m2(const MappedNetwork& mapped,
                                  const std::vector<mapping::ColumnSums>& column_sums,
                                  const Circuits& circuits, const ComponentLibrary& library);

/// How fast images follow one another, by analyze().
struct ChipRate {
  double throughput_hz = 0.0;
  bool is_held_by_arrays = false;  // the busiest unit reads arrays
  std::string bottleneck;          // its stage, or the link that is busier, for people
};
[[nodiscard]] ChipRate chip_rate(const MappedNetwork& mapped,
                                 const std::vector<mapping::ColumnSums>& column_sums,
                                 const Circuits& circuits, const ComponentLibrary& library);

}  // namespace ohmweave::power_area
