// SPDX-License-Identifier: Apache-2.0
// How many tiles a chip needs, which array positions share one, and the mesh they sit on.
#pragma once

#include <vector>

namespace ohmweave::mapping {

/// Fills tiles layer after layer. A layer fills whole tiles; its remainder goes to the tile with
/// the least room that still holds all of it (of equals the last), or to a new tile (best fit,
/// Source: johnson_jcss_1974).
/// positions_of_layers: array positions of each layer, in the order in which layers are to be
/// filled; together 0 .. n-1, each once. Returns the tile of each position.
[[nodiscard]] std::vector<int> fill_tiles(const std::vector<std::vector<int>>& positions_of_layers,
                                          int positions_per_tile);

struct MeshSize {
  int width = 0;
  int height = 0;
};

/// The smallest width x height that holds the tiles with width = ceil(sqrt(num_tiles)): as near a
/// square as possible. 0 x 0 without tiles.
[[nodiscard]] MeshSize square_mesh(int num_tiles);

}  // namespace ohmweave::mapping
