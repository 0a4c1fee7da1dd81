// SPDX-License-Identifier: Apache-2.0
#include "mapping/tiles.h"

#include "core/error.h"

namespace ohmweave::mapping {
namespace {

/// The tile with the least room for `num_blocks`, or a new one.
int tile_for_remainder(std::vector<int>& room, int num_blocks, int blocks_per_tile) {
  int best = -1;
  for (int tile = 0; tile < static_cast<int>(room.size()); ++tile)
    if (room[tile] >= num_blocks && (best < 0 || room[tile] <= room[best])) best = tile;
  if (best < 0) {
    best = static_cast<int>(room.size());
    room.push_back(blocks_per_tile);
  }
  return best;
}

}  // namespace

std::vector<int> fill_tiles(const std::vector<std::vector<int>>& blocks_of_layers,
                            int blocks_per_tile) {
  OHMWEAVE_REQUIRE(blocks_per_tile > 0, "a tile must hold a block");
  std::size_t num_blocks = 0;
  for (const std::vector<int>& blocks : blocks_of_layers) num_blocks += blocks.size();
  std::vector<int> tile_of_block(num_blocks, -1);
  std::vector<int> room;  // blocks that still fit, by tile
  for (const std::vector<int>& blocks : blocks_of_layers) {
    const int count = static_cast<int>(blocks.size());
    const int num_whole = count / blocks_per_tile * blocks_per_tile;
    for (int i = 0; i < num_whole; ++i) {
      if (i % blocks_per_tile == 0) room.push_back(0);
      tile_of_block[blocks[i]] = static_cast<int>(room.size()) - 1;
    }
    if (num_whole == count) continue;
    const int tile = tile_for_remainder(room, count - num_whole, blocks_per_tile);
    room[tile] -= count - num_whole;
    for (int i = num_whole; i < count; ++i) tile_of_block[blocks[i]] = tile;
  }
  return tile_of_block;
}

MeshSize square_mesh(int num_tiles) {
  MeshSize mesh;
  if (num_tiles == 0) return mesh;
  while (mesh.width * mesh.width < num_tiles) ++mesh.width;
  mesh.height = (num_tiles + mesh.width - 1) / mesh.width;
  return mesh;
}

}  // namespace ohmweave::mapping
