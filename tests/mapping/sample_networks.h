// SPDX-License-Identifier: Apache-2.0
// Hand-made integer networks for the tests of mapping.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/quantized_network.h"
#include "core/random.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {

inline Node input_node() {
  Node node;
  node.name = "image";
  node.op = Op::Input;
  return node;
}

inline Node conv(const std::string& name, int input, int out_channels, int kernel) {
  Node node;
  node.name = name;
  node.op = Op::Conv2d;
  node.inputs = {input};
  node.out_channels = out_channels;
  node.kernel = kernel;
  node.padding = kernel / 2;
  return node;
}

inline Node linear(const std::string& name, int input, int out_channels) {
  Node node;
  node.name = name;
  node.op = Op::Linear;
  node.inputs = {input};
  node.out_channels = out_channels;
  return node;
}

inline Node plain(const std::string& name, Op op, std::vector<int> inputs) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  if (op == Op::MaxPool2d) node.kernel = node.stride = 2;
  return node;
}

/// All weight codes 0, 8-bit unsigned activations.
inline QuantizedNetwork with_zero_weights(const Network& network) {
  QuantizedNetwork quantized;
  quantized.network = network;
  quantized.weight_bits = 4;
  quantized.nodes.resize(network.nodes.size());
  const std::vector<Shape> shapes = infer_shapes(network);
  for (const int node : weight_nodes(network)) {
    const MatrixShape shape = matrix_shape(network, shapes, node);
    quantized.nodes[node].weights.emplace();
    quantized.nodes[node].weights->codes.assign(shape.num_weights(), 0);
  }
  return quantized;
}

/// Each weight is non-zero with the given probability, then uniform in +-1 .. +-15.
inline void fill_randomly(QuantizedNetwork& network, double density, std::uint64_t seed) {
  for (const int node : weight_nodes(network.network)) {
    const RandomStream stream = RandomStream(seed).child("codes", node);
    std::vector<std::int32_t>& codes = network.nodes[node].weights->codes;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const auto magnitude = static_cast<std::int32_t>(1 + stream.below(15, 3 * i));
      const bool is_nonzero = stream.uniform(3 * i + 1) < density;
      const bool is_negative = stream.below(2, 3 * i + 2) == 1;
      codes[i] = is_nonzero ? (is_negative ? -magnitude : magnitude) : 0;
    }
  }
}

/// One Linear layer without non-zero weights: rows inputs, columns outputs.
inline QuantizedNetwork one_layer(int rows, int columns) {
  Network network;
  network.name = "one_layer";
  network.input = {rows, 1, 1};
  network.nodes = {input_node(), linear("fc", 0, columns)};
  return with_zero_weights(network);
}

/// The code of weight (row, column) of the one_layer() network.
inline std::int32_t& code_at(QuantizedNetwork& network, int row, int column) {
  const int rows = network.network.input.channels;
  return network.nodes[1].weights->codes[static_cast<std::size_t>(column) * rows + row];
}

inline QuantizedNetwork lenet() {
  Network network;
  network.name = "lenet";
  network.input = {1, 28, 28};
  network.nodes = {input_node(),
                   conv("conv1", 0, 20, 5),
                   plain("pool1", Op::MaxPool2d, {1}),
                   conv("conv2", 2, 50, 5),
                   plain("pool2", Op::MaxPool2d, {3}),
                   plain("flat", Op::Flatten, {4}),
                   linear("fc1", 5, 500),
                   plain("relu", Op::Relu, {6}),
                   linear("fc2", 7, 10)};
  network.nodes[1].padding = network.nodes[3].padding = 0;
  return with_zero_weights(network);
}

/// A fork, a grouped convolution, and an addition that joins the branches.
inline QuantizedNetwork residual_network() {
  Network network;
  network.name = "residual";
  network.input = {3, 6, 6};
  network.nodes = {input_node(),
                   conv("stem", 0, 8, 3),
                   plain("relu1", Op::Relu, {1}),
                   conv("grouped", 2, 12, 3),
                   conv("shortcut", 2, 12, 1),
                   plain("sum", Op::Add, {3, 4}),
                   plain("pool", Op::MaxPool2d, {5}),
                   plain("flat", Op::Flatten, {6}),
                   linear("head", 7, 10)};
  network.nodes[3].groups = 2;
  return with_zero_weights(network);
}

/// A placement of whole given blocks, `blocks_per_tile` in a tile in their order, tiles in a row.
inline Placement place_blocks(std::vector<Block> blocks, const Geometry& geometry,
                              int blocks_per_tile) {
  Placement placement;
  placement.geometry = geometry;
  for (int b = 0; b < static_cast<int>(blocks.size()); ++b) {
    blocks[b].first_array = b * 2 * geometry.num_slices;
    const int tile = b / blocks_per_tile;
    for (int slice = 0; slice < geometry.num_slices; ++slice)
      for (const Sign sign : {Sign::Positive, Sign::Negative})
        placement.arrays.push_back({{b}, slice, sign, tile});
    if (tile == static_cast<int>(placement.tiles.size())) placement.tiles.push_back({tile, 0, 0});
  }
  placement.blocks = std::move(blocks);
  placement.mesh_width = static_cast<int>(placement.tiles.size());
  placement.mesh_height = 1;
  return placement;
}

}  // namespace ohmweave::mapping
