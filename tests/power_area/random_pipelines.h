// SPDX-License-Identifier: Apache-2.0
// Pipelines drawn at random, for comparing two ways to run them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "core/random.h"
#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

/// Numbers drawn one after the other.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : stream_(seed) {}
  /// least .. most.
  int operator()(int least, int most) {
    return least + static_cast<int>(stream_.below(most - least + 1, next_++));
  }

 private:
  RandomStream stream_;
  std::uint64_t next_ = 0;
};

/// Windows of `kernel` rows, `stride` apart, with zeros around the map.
inline PipelineEdge padded_edge(int producer, int producer_rows, int kernel, int stride) {
  PipelineEdge edge;
  edge.producer = producer;
  const int padding = kernel / 2;
  for (int y = 0; y * stride < producer_rows; ++y) {
    edge.first_rows.push_back(std::clamp(y * stride - padding, 0, producer_rows));
    edge.end_rows.push_back(
        std::clamp(y * stride - padding + kernel, edge.first_rows.back(), producer_rows));
  }
  edge.capacity_rows = kernel;
  return edge;
}

inline void add_unit(Draws& draw, PipelineNode& node, int tile, int copy) {
  PipelineUnit unit;
  unit.tile = tile;
  unit.copy = copy;
  unit.cycles_per_window = draw(0, 20);
  unit.partial_bits = tile == node.home_tile ? 0 : draw(1, 400);
  for (std::size_t e = 0; e < node.edges.size(); ++e) unit.row_bits.push_back(draw(1, 2000));
  node.units.push_back(unit);
}

enum class Spread {
  OneTile,  // nothing goes over the mesh
  Line,     // packets of two senders never meet
  Crowd     // tiles anywhere on a small mesh
};

/// A chain of layers, each with a home tile, copies and a second tile. Except on a line, a layer
/// may join two maps.
inline PipelineModel random_pipeline(std::uint64_t seed, Spread spread) {
  constexpr int kCrowd = 3;  // width and height of its mesh
  Draws draw(seed);
  PipelineModel model;
  const int num_layers = draw(1, 5);
  model.num_inferences = draw(1, 5);
  model.router_cycles = draw(0, 4);
  model.link_bits_per_cycle = draw(8, 64);
  const std::map<Spread, MeshPosition> sizes = {{Spread::OneTile, {1, 1}},
                                                {Spread::Line, {num_layers + 2, 2}},
                                                {Spread::Crowd, {kCrowd, kCrowd}}};
  model.mesh_width = sizes.at(spread).x;
  model.mesh_height = sizes.at(spread).y;
  const auto tile_at = [&](int x, int y) {
    if (spread == Spread::OneTile) x = y = 0;
    if (spread == Spread::Crowd) x = draw(0, kCrowd - 1), y = draw(0, kCrowd - 1);
    model.tiles.push_back({x, y});
    return static_cast<int>(model.tiles.size()) - 1;
  };
  PipelineNode port;
  port.name = "port";
  port.home_tile = tile_at(0, 0);
  port.num_rows = draw(3, 12);
  add_unit(draw, port, port.home_tile, 0);
  model.nodes.push_back(port);
  for (int layer = 1; layer <= num_layers + 1; ++layer) {
    const bool is_sink = layer == num_layers + 1;
    PipelineNode node;
    node.name = is_sink ? "sink" : "layer " + std::to_string(layer);
    node.home_tile = tile_at(layer, 0);
    const int rows = model.nodes.back().num_rows;
    node.edges = {padded_edge(layer - 1, rows, draw(1, 3), is_sink ? 1 : draw(1, 2))};
    node.num_rows = static_cast<int>(node.edges[0].first_rows.size());
    node.edges[0].capacity_rows += draw(0, 3);
    // A second map of as many rows, with room for all of it.
    for (int other = layer - 2; spread != Spread::Line && other >= 0 && node.edges.size() < 2;
         --other)
      if (model.nodes[other].num_rows == node.num_rows) {
        node.edges.push_back(padded_edge(other, node.num_rows, 1, 1));
        node.edges.back().capacity_rows = node.num_rows;
      }
    node.windows_per_row = is_sink ? 1 : draw(1, 6);
    node.emit_cycles = draw(0, 30);
    node.num_copies = is_sink ? 1 : draw(1, 3);
    const int beside = tile_at(layer, 1);
    for (int copy = 0; copy < node.num_copies; ++copy) add_unit(draw, node, node.home_tile, copy);
    if (!is_sink && draw(0, 1) == 1) add_unit(draw, node, beside, 0);
    // Sums of a copy that are completed elsewhere than at home.
    if (spread == Spread::Crowd && !is_sink && node.units.back().tile != node.home_tile) {
      node.units.back().sums_tile = tile_at(layer, 2);
      node.units.back().partial_bits = draw(1, 400);
    }
    model.nodes.push_back(node);
  }
  return model;
}

}  // namespace ohmweave::power_area
