// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <set>
#include <vector>

#include "mapping/codes_view.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {
namespace {

/// Running sums over some blocks and the arrays they sit in.
struct Occupancy {
  int num_blocks = 0;
  int num_arrays_needed = 0;
  int num_arrays_duplicated = 0;
  int num_arrays_shared = 0;
  std::int64_t num_nonzero_weights = 0;  // of the needed copy
  std::int64_t num_used_seats = 0;
  std::set<int> tiles;
  std::set<int> positions;  // first arrays of the positions counted
};

std::int64_t nonzero_weights_of(const Block& block, const QuantizedNetwork& network) {
  const CodesView codes(network, block.node);
  std::int64_t count = 0;
  for (const int column : block.columns)
    for (const int row : block.rows) count += codes.at(block.group, row, column) != 0;
  return count;
}

/// Weights' slices, or signs of slices, that arrays hold.
double seats_of_arrays(const Geometry& geometry, int num_arrays) {
  return static_cast<double>(num_arrays) * geometry.num_inputs() * geometry.cols;
}

void add(Occupancy& sum, const Placement& placement, const Block& block,
         std::int64_t num_nonzero_weights) {
  const int num_arrays = placement.geometry.arrays_per_position();
  const Array& array = placement.arrays[block.first_array];
  ++sum.num_blocks;
  if (block.copy == 0) sum.num_nonzero_weights += num_nonzero_weights;
  sum.num_used_seats += num_arrays * num_nonzero_weights;
  sum.tiles.insert(array.tile);
  if (!sum.positions.insert(block.first_array).second) return;
  (is_needed(placement, array) ? sum.num_arrays_needed : sum.num_arrays_duplicated) += num_arrays;
  if (array.blocks.size() > 1) sum.num_arrays_shared += num_arrays;
}

void put_arrays_and_utilization(Json& json, const Occupancy& sum, const Geometry& geometry) {
  const int num_arrays = sum.num_arrays_needed + sum.num_arrays_duplicated;
  json["arrays_needed"] = sum.num_arrays_needed;
  json["arrays_duplicated"] = sum.num_arrays_duplicated;
  json["arrays_shared"] = sum.num_arrays_shared;
  if (num_arrays == 0) return;
  json["cell_utilization_fraction"] =
      static_cast<double>(sum.num_used_seats) / seats_of_arrays(geometry, num_arrays);
}

}  // namespace

Json placement_summary(const Placement& placement, const QuantizedNetwork& network) {
  Occupancy chip;
  std::vector<Occupancy> layers(network.nodes.size());
  for (const Block& block : placement.blocks) {
    const std::int64_t num_nonzero_weights = nonzero_weights_of(block, network);
    add(chip, placement, block, num_nonzero_weights);
    add(layers[block.node], placement, block, num_nonzero_weights);
  }
  Json summary;
  put_arrays_and_utilization(summary, chip, placement.geometry);
  summary["tiles"] = placement.tiles.size();
  summary["mesh_width"] = placement.mesh_width;
  summary["mesh_height"] = placement.mesh_height;
  summary["layers"] = Json::array();
  for (const int node : weight_nodes(network.network)) {
    Json layer;
    layer["name"] = network.network.nodes[node].name;
    layer["blocks"] = layers[node].num_blocks;
    layer["copies"] = num_copies(placement, node);
    put_arrays_and_utilization(layer, layers[node], placement.geometry);
    layer["nonzero_weights"] = layers[node].num_nonzero_weights;
    layer["tiles"] = layers[node].tiles.size();
    summary["layers"].push_back(std::move(layer));
  }
  return summary;
}

Json utilization_map(const Placement& placement, const QuantizedNetwork& network) {
  Json map = Json::array();
  for (const Block& block : placement.blocks) {
    const std::int64_t num_nonzero_weights = nonzero_weights_of(block, network);
    Json entry;
    entry["layer"] = network.network.nodes[block.node].name;
    entry["copy"] = block.copy;
    entry["tile"] = placement.arrays[block.first_array].tile;
    entry["first_array"] = block.first_array;
    entry["rows"] = block.rows.size();
    entry["columns"] = block.columns.size();
    entry["nonzero_weights"] = num_nonzero_weights;
    entry["cell_utilization_fraction"] =
        static_cast<double>(num_nonzero_weights) / seats_of_arrays(placement.geometry, 1);
    map.push_back(std::move(entry));
  }
  return map;
}

}  // namespace ohmweave::mapping
