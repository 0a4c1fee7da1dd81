// SPDX-License-Identifier: Apache-2.0
#include "mapping/map_network.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "mapping/packing.h"
#include "mapping/partition.h"
#include "mapping/placers.h"
#include "mapping/tile_assignment.h"
#include "mapping/tiles.h"
#include "mapping/traffic.h"

namespace ohmweave::mapping {
namespace {

void check_geometry(const QuantizedNetwork& network, const Geometry& geometry,
                    const MappingOptions& options) {
  std::vector<std::string> problems;
  const std::string tile = tile_problem(options, geometry.arrays_per_position());
  if (!tile.empty()) problems.push_back(tile);
  const WeightCells cells = geometry.cells();
  if (cells.magnitude_bits() < network.weight_bits)
    problems.push_back("/array/weight_bits = " + std::to_string(network.weight_bits) +
                       ": must be at most " + std::to_string(cells.magnitude_bits()) +
                       ", the magnitude bits that the slices hold");
  if (geometry.reserved_columns() >= geometry.cols)
    problems.push_back("/array/cols = " + std::to_string(geometry.cols) +
                       ": must be greater than " + std::to_string(geometry.reserved_columns()) +
                       ", the columns that the encoding reserves");
  if (geometry.rows_at_once() < 1 || geometry.rows_at_once() > geometry.rows)
    problems.push_back("/array/rows_active = " + std::to_string(geometry.rows_at_once()) +
                       ": must be in [1, " + std::to_string(geometry.rows) + "]");
  const int together = geometry.rows_per_input();
  if (geometry.rows % together != 0 || geometry.rows_at_once() % together != 0)
    problems.push_back("/array/rows = " + std::to_string(geometry.rows) +
                       " and /array/rows_active = " + std::to_string(geometry.rows_at_once()) +
                       ": must be multiples of " + std::to_string(together) +
                       ", the rows that an input drives");
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

int rows_per_channel(const Node& layer) {
  return layer.op == Op::Conv2d ? layer.kernel * layer.kernel : 1;
}

/// The cut of one group of a layer.
Partition cut_group(const QuantizedNetwork& network, const MatrixShape& shape, const Block& place,
                    const CutRules& rules) {
  const std::optional<QuantizedWeights>& weights = network.nodes[place.node].weights;
  OHMWEAVE_REQUIRE(weights.has_value(), "a layer without weight codes");
  const int window = rows_per_channel(network.network.nodes[place.node]);
  return partition(NonzeroPattern(*weights, shape, place.group, window), rules);
}

/// Cuts every weight layer, in the order of their nodes.
std::vector<Block> cut_into_blocks(const QuantizedNetwork& network, const CutRules& rules) {
  const std::vector<Shape> shapes = infer_shapes(network.network);
  std::vector<Block> blocks;
  for (const int node : weight_nodes(network.network)) {
    const MatrixShape shape = matrix_shape(network.network, shapes, node);
    Block block;
    block.node = node;
    for (block.group = 0; block.group < shape.groups; ++block.group) {
      Partition cut = cut_group(network, shape, block, rules);
      for (Piece& piece : cut.pieces) {
        block.rows = std::move(piece.rows);
        block.columns = std::move(piece.columns);
        blocks.push_back(block);
      }
    }
  }
  return blocks;
}

void check_copies(const QuantizedNetwork& network, const std::vector<std::int64_t>& copies) {
  OHMWEAVE_REQUIRE(copies.empty() || copies.size() == network.nodes.size(),
                   "one number of copies a node");
  for (const int node : weight_nodes(network.network))
    OHMWEAVE_REQUIRE(copies.empty() || copies[node] >= 1, "a layer has at least one copy");
}

/// The needed blocks, then the copies 1, 2, ... of each layer's: so the needed arrays, and the
/// devices in them, are the same whatever is duplicated.
std::vector<Block> with_copies(const std::vector<Block>& needed,
                               const std::vector<std::int64_t>& copies) {
  std::vector<Block> blocks = needed;
  if (copies.empty()) return blocks;
  for (auto begin = needed.begin(); begin != needed.end();) {
    const auto end = std::find_if(
        begin, needed.end(), [&begin](const Block& block) { return block.node != begin->node; });
    for (int copy = 1; copy < copies[begin->node]; ++copy)
      for (auto block = begin; block != end; ++block) {
        blocks.push_back(*block);
        blocks.back().copy = copy;
      }
    begin = end;
  }
  return blocks;
}

/// Seats the blocks and makes the arrays of their positions, on no tile yet.
void add_arrays(Placement& placement, Packing packing) {
  const std::vector<Seat> seats = assign_positions(placement.blocks, placement.geometry, packing);
  const int per_position = placement.geometry.arrays_per_position();
  placement.arrays.resize(static_cast<std::size_t>(num_positions(seats)) * per_position);
  for (std::size_t b = 0; b < seats.size(); ++b) {
    Block& block = placement.blocks[b];
    block.first_array = seats[b].position * per_position;
    block.first_row = seats[b].first_row;
    block.first_column = seats[b].first_column;
    for (int i = 0; i < per_position; ++i) {
      Array& array = placement.arrays[block.first_array + i];
      array.blocks.push_back(static_cast<int>(b));
      array.slice = i / placement.geometry.arrays_per_slice();
      array.sign = sign_of_array(placement.geometry, i);
    }
  }
}

}  // namespace

Placement map_network(const QuantizedNetwork& network, const Geometry& geometry,
                      const MappingOptions& options, const std::vector<std::int64_t>& copies) {
  check_geometry(network, geometry, options);
  check_copies(network, copies);
  Placement placement;
  placement.geometry = geometry;
  placement.blocks = with_copies(
      cut_into_blocks(network, {geometry, options.layout, options.packing != Packing::None}),
      copies);
  add_arrays(placement, options.packing);
  return on_tiles(std::move(placement), network, options);
}

Json traffic_summary(const Placement& placement, const QuantizedNetwork& network) {
  PlacingProblem problem;
  problem.num_tiles = static_cast<int>(placement.tiles.size());
  problem.mesh = {placement.mesh_width, placement.mesh_height};
  problem.traffic = tile_traffic(placement, network);
  double bytes = 0.0;
  for (const TileTraffic& entry : problem.traffic) bytes += entry.bytes_per_inference;
  double port_bytes = 0.0;
  for (const PortTraffic& entry : port_traffic(placement, network))
    port_bytes += entry.bytes_in_per_inference + entry.bytes_out_per_inference;
  const double hops = traffic_hops(placement.tiles, problem.traffic);
  const double row_major = traffic_hops(place_row_major(problem), problem.traffic);
  Json summary = {{"bytes_between_tiles", bytes},
                  {"bytes_through_port", port_bytes},
                  {"byte_hops", hops},
                  {"byte_hops_row_major", row_major}};
  if (row_major > 0.0) summary["hops_ratio"] = hops / row_major;
  return summary;
}

std::vector<int> arrays_in_grid(const QuantizedNetwork& network, const Geometry& geometry) {
  std::vector<int> arrays(network.nodes.size(), 0);
  CutRules rules;
  rules.geometry = geometry;
  rules.layout = "grid";
  for (const Block& block : cut_into_blocks(network, rules))
    arrays[block.node] += geometry.arrays_per_position();
  return arrays;
}

}  // namespace ohmweave::mapping
