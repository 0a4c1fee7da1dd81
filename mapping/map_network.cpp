// SPDX-License-Identifier: Apache-2.0
#include "mapping/map_network.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "mapping/network_graph.h"
#include "mapping/partition.h"
#include "mapping/placers.h"
#include "mapping/tiles.h"
#include "mapping/traffic.h"

namespace ohmweave::mapping {
namespace {

void check_geometry(const QuantizedNetwork& network, const Geometry& geometry,
                    const MappingOptions& options) {
  std::vector<std::string> problems;
  const std::string tile = tile_problem(options, geometry.num_slices);
  if (!tile.empty()) problems.push_back(tile);
  const int cell_bits = geometry.num_slices * geometry.bits_per_cell;
  if (cell_bits < network.weight_bits)
    problems.push_back("/array/weight_bits = " + std::to_string(network.weight_bits) +
                       ": must be at most " + std::to_string(cell_bits) + " (" +
                       std::to_string(geometry.num_slices) + " slices of " +
                       std::to_string(geometry.bits_per_cell) + " bits)");
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

/// Cuts every weight layer, in the order of their nodes.
std::vector<Block> cut_into_blocks(const QuantizedNetwork& network, const Geometry& geometry) {
  const std::vector<Shape> shapes = infer_shapes(network.network);
  std::vector<Block> blocks;
  for (const int node : weight_nodes(network.network)) {
    OHMWEAVE_REQUIRE(network.nodes[node].weights.has_value(), "a layer without weight codes");
    const MatrixShape shape = matrix_shape(network.network, shapes, node);
    for (int group = 0; group < shape.groups; ++group) {
      const NonzeroPattern pattern(*network.nodes[node].weights, shape, group);
      Partition cut = partition(pattern, {geometry.rows, geometry.cols});
      for (Piece& piece : cut.pieces) {
        Block block;
        block.node = node;
        block.group = group;
        block.rows = std::move(piece.rows);
        block.columns = std::move(piece.columns);
        block.first_array = static_cast<int>(blocks.size()) * 2 * geometry.num_slices;
        blocks.push_back(std::move(block));
      }
    }
  }
  return blocks;
}

std::vector<int> assign_tiles(const QuantizedNetwork& network, const std::vector<Block>& blocks,
                              int blocks_per_tile) {
  std::vector<std::vector<int>> blocks_of_node(network.nodes.size());
  for (int b = 0; b < static_cast<int>(blocks.size()); ++b)
    blocks_of_node[blocks[b].node].push_back(b);
  std::vector<std::vector<int>> blocks_of_layers;
  for (const int node : layer_order(network.network))
    blocks_of_layers.push_back(std::move(blocks_of_node[node]));
  return fill_tiles(blocks_of_layers, blocks_per_tile);
}

void add_arrays(Placement& placement, const std::vector<int>& tile_of_block) {
  for (int b = 0; b < static_cast<int>(placement.blocks.size()); ++b)
    for (int slice = 0; slice < placement.geometry.num_slices; ++slice)
      for (const Sign sign : {Sign::Positive, Sign::Negative})
        placement.arrays.push_back({b, slice, sign, tile_of_block[b]});
}

}  // namespace

Placement map_network(const QuantizedNetwork& network, const Geometry& geometry,
                      const MappingOptions& options) {
  check_geometry(network, geometry, options);
  Placement placement;
  placement.geometry = geometry;
  placement.blocks = cut_into_blocks(network, geometry);
  const int blocks_per_tile = options.arrays_per_tile / (2 * geometry.num_slices);
  const std::vector<int> tile_of_block = assign_tiles(network, placement.blocks, blocks_per_tile);
  add_arrays(placement, tile_of_block);

  PlacingProblem problem;
  for (const int tile : tile_of_block) problem.num_tiles = std::max(problem.num_tiles, tile + 1);
  problem.mesh = square_mesh(problem.num_tiles);
  problem.traffic = tile_traffic(placement, network);
  placement.mesh_width = problem.mesh.width;
  placement.mesh_height = problem.mesh.height;
  placement.tiles = find_placer(options.placer).place(problem);
  return placement;
}

}  // namespace ohmweave::mapping
