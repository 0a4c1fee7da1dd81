// SPDX-License-Identifier: Apache-2.0
// What estimates need of a network's weights and of a frozen chip's devices. Going through all
// weights and cells takes most of the time of an estimate; all else is quick. So it is done once,
// for any number of circuits around the same arrays.
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

/// The one of all estimates: that which evaluation calls chip 0.
constexpr int kChipSample = 0;

struct ChipSample {
  std::vector<mapping::ColumnSums> column_sums;  // mapping::column_sums() of every weight layer
  /// [block][row]: conductance of all cells that the row's input drives, in all arrays of the
  /// block's position, those that hold no weight of it too.
  std::vector<std::vector<double>> row_siemens;
};

/// Programs every array of the placement with the devices of chip sample kChipSample of `stream`.
/// Of the circuits, /array and /device matter.
[[nodiscard]] ChipSample sample_chip(const MappedNetwork& mapped, const Circuits& circuits,
                                     const RandomStream& stream);

}  // namespace ohmweave::power_area
