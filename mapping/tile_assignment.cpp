// SPDX-License-Identifier: Apache-2.0
#include "mapping/tile_assignment.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "mapping/network_graph.h"
#include "mapping/placers.h"
#include "mapping/tiles.h"
#include "mapping/traffic.h"

namespace ohmweave::mapping {
namespace {

LayerPositions positions_of_layers(const Placement& placement, const QuantizedNetwork& network) {
  const int per_position = placement.geometry.arrays_per_position();
  LayerPositions of_node(network.nodes.size());
  for (std::size_t a = 0; a < placement.arrays.size(); a += per_position) {
    const Block& first = placement.blocks[placement.arrays[a].blocks.front()];
    of_node[first.node].push_back(static_cast<int>(a) / per_position);
  }
  LayerPositions of_layers;
  for (const int node : layer_order(network.network)) of_layers.push_back(std::move(of_node[node]));
  return of_layers;
}

[[noreturn]] void refuse_capacity(const Placement& placement, int needed, int max_tiles) {
  throw ConfigError({"/mapping/max_tiles = " + std::to_string(max_tiles) + ": the network needs " +
                     std::to_string(needed) + " tiles for its " +
                     std::to_string(placement.arrays.size()) +
                     " arrays; allow as many, or set /mapping/reload to load it in rounds"});
}

/// The layers in one round, or in the rounds that the chip's tiles allow.
std::vector<LayerPositions> rounds_of(const Placement& placement, const LayerPositions& layers,
                                      int per_tile, const MappingOptions& options) {
  const int needed = num_tiles(layers, per_tile);
  if (!options.max_tiles || needed <= *options.max_tiles) return {layers};
  if (!options.reload) refuse_capacity(placement, needed, *options.max_tiles);
  return split_into_rounds(layers, per_tile, *options.max_tiles);
}

/// Puts the arrays of one round on tiles of its own, which follow those that are there.
void add_tiles(Placement& placement, const LayerPositions& layers, int round, int per_tile) {
  const int per_position = placement.geometry.arrays_per_position();
  const int first_tile = static_cast<int>(placement.tiles.size());
  const std::vector<int> tiles = fill_tiles(layers, per_tile);
  std::size_t next = 0;
  for (const std::vector<int>& positions : layers)
    for (const int position : positions) {
      for (int i = 0; i < per_position; ++i)
        placement.arrays[position * per_position + i].tile = first_tile + tiles[next];
      ++next;
    }
  placement.tiles.resize(first_tile + num_tiles(layers, per_tile), Tile{0, 0, round});
}

/// The tiles [begin, end) of one round.
struct RoundTiles {
  int begin = 0;
  int end = 0;
};

std::vector<RoundTiles> tiles_of_rounds(const std::vector<Tile>& tiles) {
  std::vector<RoundTiles> rounds;
  for (int t = 0; t < static_cast<int>(tiles.size()); ++t) {
    if (t == 0 || tiles[t].round != tiles[t - 1].round) rounds.push_back({t, t});
    rounds.back().end = t + 1;
  }
  return rounds;
}

/// Places the tiles of one round by the traffic among them.
void place_round(Placement& placement, const RoundTiles& round,
                 const std::vector<TileTraffic>& traffic, const Placer& placer) {
  const auto is_here = [&round](int tile) { return tile >= round.begin && tile < round.end; };
  PlacingProblem problem;
  problem.num_tiles = round.end - round.begin;
  problem.mesh = {placement.mesh_width, placement.mesh_height};
  for (const TileTraffic& entry : traffic)
    if (is_here(entry.from) && is_here(entry.to))
      problem.traffic.push_back(
          {entry.from - round.begin, entry.to - round.begin, entry.bytes_per_inference});
  const std::vector<Tile> places = placer.place(problem);
  for (std::size_t i = 0; i < places.size(); ++i) {
    placement.tiles[round.begin + i].x = places[i].x;
    placement.tiles[round.begin + i].y = places[i].y;
  }
}

}  // namespace

Placement on_tiles(Placement placement, const QuantizedNetwork& network,
                   const MappingOptions& options) {
  const int per_tile = options.arrays_per_tile / placement.geometry.arrays_per_position();
  const LayerPositions layers = positions_of_layers(placement, network);
  int number = 0;
  for (const LayerPositions& round : rounds_of(placement, layers, per_tile, options))
    add_tiles(placement, round, number++, per_tile);

  const std::vector<RoundTiles> rounds = tiles_of_rounds(placement.tiles);
  int most = 0;
  for (const RoundTiles& round : rounds) most = std::max(most, round.end - round.begin);
  const MeshSize mesh = square_mesh(most);
  placement.mesh_width = mesh.width;
  placement.mesh_height = mesh.height;
  const std::vector<TileTraffic> traffic = tile_traffic(placement, network);
  const Placer placer = find_placer(options.placer);
  for (const RoundTiles& round : rounds) place_round(placement, round, traffic, placer);
  return placement;
}

}  // namespace ohmweave::mapping
