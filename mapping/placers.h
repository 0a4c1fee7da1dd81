// SPDX-License-Identifier: Apache-2.0
// Where tiles sit on the mesh.
#pragma once

#include <string>
#include <vector>

#include "mapping/placement.h"
#include "mapping/tiles.h"
#include "mapping/traffic.h"

namespace ohmweave::mapping {

struct PlacingProblem {
  int num_tiles = 0;
  MeshSize mesh;                     // width * height >= num_tiles
  std::vector<TileTraffic> traffic;  // between tiles 0 .. num_tiles - 1
};

/// Returns a place for each tile: distinct, inside the mesh, the same for the same problem.
struct Placer {
  std::string name;
  std::string summary;
  std::vector<Tile> (*place)(const PlacingProblem& problem);
};
[[nodiscard]] std::vector<Placer> placers();
/// Throws std::logic_error for a name that placer_words() does not have.
[[nodiscard]] Placer find_placer(const std::string& name);

/// Tile i at (i mod width, i / width).
[[nodiscard]] std::vector<Tile> place_row_major(const PlacingProblem& problem);

/// Makes the sum of traffic x Manhattan distance small (a quadratic assignment, Source:
/// koopmans_econometrica_1957; descent by pairwise exchange, Source: armour_ms_1963): tiles in
/// breadth-first order of the traffic graph, the heaviest first, each to the free place with the
/// fewest byte hops to those placed; then pairs of places (also an occupied and a free one) are
/// swapped while that helps. The same descent is run from place_row_major(), and the better end is
/// taken: never worse than it. A descent stops early after kMaxEdgeVisits steps (chips of many
/// hundred tiles).
[[nodiscard]] std::vector<Tile> place_by_traffic(const PlacingProblem& problem);
constexpr double kMaxEdgeVisits = 5e7;

}  // namespace ohmweave::mapping
