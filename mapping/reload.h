// SPDX-License-Identifier: Apache-2.0
// The schedule of a network that does not fit its chip: round after round the arrays are written
// with the next layers, for every image anew. A place of the mesh keeps its arrays; array i of the
// tile there in one round is array i of the tile there in the others.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/placement.h"

namespace ohmweave::mapping {

struct ReloadRound {
  std::vector<int> nodes;  // layers that have blocks in it, ascending
  int num_tiles = 0;
  int num_arrays = 0;              // in use
  std::int64_t cells_held = 0;     // cells of its arrays that hold a level above 0
  std::int64_t cells_written = 0;  // cells whose level differs from what the array held before
};

/// An array of the chip that takes on what it holds in `round`: from array `before` of the
/// placement to array `after`.
struct Rewrite {
  int round = 0;
  int before = 0;
  int after = 0;
};
/// All rewrites of one image in the steady state: before the first round the arrays hold what the
/// last round that used them left there. An array that only one round uses is never written again.
[[nodiscard]] std::vector<Rewrite> rewrites(const Placement& placement);

/// One entry a round. In the steady state (rewrites()).
[[nodiscard]] std::vector<ReloadRound> reload_schedule(const Placement& placement,
                                                       const QuantizedNetwork& network);

/// {rounds, cells_written_per_image, most_writes_of_a_cell_per_image, schedule: [{layers, tiles,
/// arrays, cells_held, cells_written}]}.
[[nodiscard]] Json reload_summary(const Placement& placement, const QuantizedNetwork& network);

}  // namespace ohmweave::mapping
