// SPDX-License-Identifier: Apache-2.0
#include "mapping/tiles.h"

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

std::vector<int> fill_tiles(const std::vector<std::vector<int>>& positions_of_layers,
                            int positions_per_tile) {
  OHMWEAVE_REQUIRE(positions_per_tile > 0, "a tile must hold the arrays of a position");
  std::size_t num_positions = 0;
  for (const std::vector<int>& positions : positions_of_layers) num_positions += positions.size();
  std::vector<int> tile_of_position(num_positions, -1);
  std::vector<int> room;  // positions that still fit, by tile
  for (const std::vector<int>& positions : positions_of_layers) {
    const int count = static_cast<int>(positions.size());
    const int num_whole = count / positions_per_tile * positions_per_tile;
    for (int i = 0; i < num_whole; ++i) {
      if (i % positions_per_tile == 0) room.push_back(0);
      tile_of_position[positions[i]] = static_cast<int>(room.size()) - 1;
    }
    if (num_whole == count) continue;
    const int tile = tile_for_remainder(room, count - num_whole, positions_per_tile);
    room[tile] -= count - num_whole;
    for (int i = num_whole; i < count; ++i) tile_of_position[positions[i]] = tile;
  }
  return tile_of_position;
}

MeshSize square_mesh(int num_tiles) {
  MeshSize mesh;
  if (num_tiles == 0) return mesh;
  while (mesh.width * mesh.width < num_tiles) ++mesh.width;
  mesh.height = (num_tiles + mesh.width - 1) / mesh.width;
  return mesh;
}

}  // namespace ohmweave::mapping
