// SPDX-License-Identifier: Apache-2.0
// Mapped networks for the tests of the estimate: small ones and LeNet-5 with random weights.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "isaac_library.h"
#include "mapping/map_network.h"
#include "power_area/estimate.h"

namespace ohmweave::power_area {

inline Node make_node(const std::string& name, Op op, std::vector<int> inputs, int out_channels = 0,
                      int kernel = 1, int stride = 1, int padding = 0) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  node.out_channels = out_channels;
  node.kernel = kernel;
  node.stride = stride;
  node.padding = padding;
  return node;
}

/// Random codes of `weight_bits` magnitude bits; a column of every `keep_one_of` is kept, and a row
/// likewise; the others are zero (1: dense). No code of a kept row and column is zero.
inline QuantizedNetwork random_codes(const Network& network, int keep_one_of) {
  constexpr int kWeightBits = 4;
  const std::vector<Shape> shapes = infer_shapes(network);
  QuantizedNetwork quantized;
  quantized.network = network;
  quantized.weight_bits = kWeightBits;
  quantized.nodes.resize(network.nodes.size());
  const RandomStream stream(7);
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    if (!has_weights(network.nodes[n].op)) continue;
    const MatrixShape matrix = matrix_shape(network, shapes, static_cast<int>(n));
    QuantizedWeights weights;
    for (int out = 0; out < matrix.columns * matrix.groups; ++out)
      for (int row = 0; row < matrix.rows; ++row) {
        const std::uint64_t place = static_cast<std::uint64_t>(out) * matrix.rows + row;
        const int magnitude = 1 + static_cast<int>(stream.child("code", n).below(15, place));
        const bool is_negative = stream.child("sign", n).uniform(place) < 0.5;
        const bool is_kept = out % keep_one_of == 0 && row % keep_one_of == 0;
        weights.codes.push_back(is_kept ? (is_negative ? -magnitude : magnitude) : 0);
      }
    quantized.nodes[n].weights = std::move(weights);
  }
  return quantized;
}

inline Network lenet5() {
  Network network;
  network.name = "lenet5";
  network.input = {1, 28, 28};
  network.nodes = {make_node("input", Op::Input, {}),
                   make_node("conv1", Op::Conv2d, {0}, 20, 5),
                   make_node("pool1", Op::MaxPool2d, {1}, 0, 2, 2),
                   make_node("conv2", Op::Conv2d, {2}, 50, 5),
                   make_node("pool2", Op::MaxPool2d, {3}, 0, 2, 2),
                   make_node("flatten", Op::Flatten, {4}),
                   make_node("fc1", Op::Linear, {5}, 500),
                   make_node("relu", Op::Relu, {6}),
                   make_node("fc2", Op::Linear, {7}, 10)};
  return network;
}

/// A residual block with a strided 1x1 shortcut and a 2x2 map at the end.
inline Network residual() {
  Network network;
  network.name = "residual";
  network.input = {4, 4, 4};
  network.nodes = {make_node("input", Op::Input, {}),
                   make_node("conv1", Op::Conv2d, {0}, 8, 3, 2, 1),
                   make_node("relu1", Op::Relu, {1}),
                   make_node("conv2", Op::Conv2d, {2}, 8, 3, 1, 1),
                   make_node("shortcut", Op::Conv2d, {0}, 8, 1, 2),
                   make_node("add", Op::Add, {3, 4}),
                   make_node("relu2", Op::Relu, {5}),
                   make_node("pool", Op::AvgPool2d, {6}, 0, 2, 2),
                   make_node("fc", Op::Linear, {7}, 10)};
  return network;
}

/// Depthwise 3 x 3 of stride 2, then pointwise, on 6 x 6 maps of 4 channels.
inline Network depthwise() {
  Network network;
  network.name = "depthwise";
  network.input = {4, 6, 6};
  network.nodes = {make_node("input", Op::Input, {}),
                   make_node("depthwise", Op::Conv2d, {0}, 4, 3, 2, 1),
                   make_node("pointwise", Op::Conv2d, {1}, 8, 1)};
  network.nodes[1].groups = 4;
  return network;
}

/// One convolution of 4 x 4 windows, 9 rows and 2 columns.
inline Network one_convolution() {
  Network network;
  network.name = "one convolution";
  network.input = {1, 6, 6};
  network.nodes = {make_node("input", Op::Input, {}), make_node("conv", Op::Conv2d, {0}, 2, 3)};
  return network;
}

inline MappedNetwork map_random(const Network& network, int keep_one_of, const Circuits& circuits,
                                mapping::Packing packing = mapping::Packing::None) {
  MappedNetwork mapped;
  mapped.network = random_codes(network, keep_one_of);
  const mapping::Geometry geometry{circuits.array.rows,         circuits.array.cols,
                                   circuits.array.num_slices(), circuits.array.bits_per_cell,
                                   circuits.array.rows_active,  circuits.array.encoding,
                                   circuits.array.slice_bits};
  mapping::MappingOptions options;
  options.arrays_per_tile = circuits.arrays_per_tile;
  options.packing = packing;
  mapped.placement = mapping::map_network(mapped.network, geometry, options);
  return mapped;
}

inline EstimateInputs inputs_of(const Network& network, int keep_one_of, int array_size = 128) {
  EstimateInputs inputs;
  inputs.circuits.array.rows = array_size;
  inputs.circuits.array.cols = array_size;
  inputs.library = isaac_library();
  inputs.stream = RandomStream(1);
  inputs.chip = map_random(network, keep_one_of, inputs.circuits);
  if (keep_one_of > 1) inputs.baseline = map_random(network, 1, inputs.circuits);
  return inputs;
}

}  // namespace ohmweave::power_area
