// SPDX-License-Identifier: Apache-2.0
// How many tiles a chip needs, which array positions share one, and the mesh they sit on.
#pragma once

#include <vector>

namespace ohmweave::mapping {

/// The array positions of each layer.
using LayerPositions = std::vector<std::vector<int>>;

/// Fills tiles layer after layer. A layer fills whole tiles; its remainder goes to the tile with
/// the least room that still holds all of it (of equals the last), or to a new tile (best fit,
/// Source: johnson_jcss_1974).
/// layers: in the order in which they are to be filled. Returns the tile of each position, in the
/// order of the lists.
[[nodiscard]] std::vector<int> fill_tiles(const LayerPositions& layers, int positions_per_tile);

/// Tiles that fill_tiles() takes.
[[nodiscard]] int num_tiles(const LayerPositions& layers, int positions_per_tile);

/// The layers in rounds of at most `max_tiles` tiles, each filled as by fill_tiles(): a layer opens
/// the next round when it does not fit beside those before it; one that is larger than a whole
/// round is split over as many as it fills. One round if all fits.
[[nodiscard]] std::vector<LayerPositions> split_into_rounds(const LayerPositions& layers,
                                                            int positions_per_tile, int max_tiles);

struct MeshSize {
  int width = 0;
  int height = 0;
};

/// The smallest width x height that holds the tiles with width = ceil(sqrt(num_tiles)): as near a
/// square as possible. 0 x 0 without tiles.
[[nodiscard]] MeshSize square_mesh(int num_tiles);

}  // namespace ohmweave::mapping
