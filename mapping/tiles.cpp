// SPDX-License-Identifier: Apache-2.0
#include "mapping/tiles.h"

#include <algorithm>
#include <cstddef>

#include "core/error.h"

namespace ohmweave::mapping {
namespace {

/// The tile with the least room for `num_positions`, or a new one.
int tile_for_remainder(std::vector<int>& room, int num_positions, int positions_per_tile) {
  int best = -1;
  for (int tile = 0; tile < static_cast<int>(room.size()); ++tile)
    if (room[tile] >= num_positions && (best < 0 || room[tile] <= room[best])) best = tile;
  if (best < 0) {
    best = static_cast<int>(room.size());
    room.push_back(positions_per_tile);
  }
  return best;
}

}  // namespace

std::vector<int> fill_tiles(const LayerPositions& layers, int positions_per_tile) {
  OHMWEAVE_REQUIRE(positions_per_tile > 0, "a tile must hold the arrays of a position");
  std::vector<int> tiles;
  std::vector<int> room;  // positions that still fit, by tile
  for (const std::vector<int>& positions : layers) {
    const int count = static_cast<int>(positions.size());
    const int num_whole = count / positions_per_tile * positions_per_tile;
    for (int i = 0; i < num_whole; ++i) {
      if (i % positions_per_tile == 0) room.push_back(0);
      tiles.push_back(static_cast<int>(room.size()) - 1);
    }
    if (num_whole == count) continue;
    const int tile = tile_for_remainder(room, count - num_whole, positions_per_tile);
    room[tile] -= count - num_whole;
    tiles.insert(tiles.end(), count - num_whole, tile);
  }
  return tiles;
}

int num_tiles(const LayerPositions& layers, int positions_per_tile) {
  int count = 0;
  for (const int tile : fill_tiles(layers, positions_per_tile)) count = std::max(count, tile + 1);
  return count;
}

std::vector<LayerPositions> split_into_rounds(const LayerPositions& layers, int positions_per_tile,
                                              int max_tiles) {
  OHMWEAVE_REQUIRE(max_tiles > 0, "a round has tiles");
  const std::size_t most = static_cast<std::size_t>(max_tiles) * positions_per_tile;
  std::vector<LayerPositions> rounds(1);
  for (const std::vector<int>& positions : layers) {
    if (positions.empty()) continue;
    rounds.back().push_back(positions);
    if (num_tiles(rounds.back(), positions_per_tile) <= max_tiles) continue;
    rounds.back().pop_back();
    for (std::size_t begin = 0; begin < positions.size(); begin += most) {
      const auto first = positions.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto count = static_cast<std::ptrdiff_t>(std::min(most, positions.size() - begin));
      if (!rounds.back().empty()) rounds.emplace_back();
      rounds.back().emplace_back(first, first + count);
    }
  }
  return rounds;
}

MeshSize square_mesh(int num_tiles) {
  MeshSize mesh;
  if (num_tiles == 0) return mesh;
  while (mesh.width * mesh.width < num_tiles) ++mesh.width;
  mesh.height = (num_tiles + mesh.width - 1) / mesh.width;
  return mesh;
}

}  // namespace ohmweave::mapping
