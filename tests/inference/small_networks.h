// SPDX-License-Identifier: Apache-2.0
// Integer networks and placements made by hand, for the tests of inference.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/quantized_network.h"
#include "core/random.h"
#include "inference/mapped_chip.h"

namespace ohmweave::inference {

inline Node make_node(const std::string& name, Op op, std::vector<int> inputs) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  return node;
}

inline Node make_conv(const std::string& name, int input, int out_channels, int kernel, int stride,
                      int padding, int groups = 1) {
  Node node = make_node(name, Op::Conv2d, {input});
  node.out_channels = out_channels;
  node.kernel = kernel;
  node.stride = stride;
  node.padding = padding;
  node.groups = groups;
  node.has_bias = true;
  return node;
}

inline Node make_linear(const std::string& name, int input, int out_features) {
  Node node = make_node(name, Op::Linear, {input});
  node.out_channels = out_features;
  node.has_bias = true;
  return node;
}

inline Node make_pool(const std::string& name, Op op, int input, int kernel) {
  Node node = make_node(name, op, {input});
  node.kernel = kernel;
  node.stride = kernel;
  return node;
}

/// Codes in +-(2^bits - 1), a share of them 0.
inline QuantizedWeights random_weights(std::int64_t count, int num_outputs, int bits,
                                       double zero_fraction, const RandomStream& stream) {
  QuantizedWeights weights;
  const std::int64_t highest = (std::int64_t{1} << bits) - 1;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool is_zero = stream.child("zero").uniform(i) < zero_fraction;
    const auto code = static_cast<std::int64_t>(stream.child("code").below(2 * highest + 1, i));
    weights.codes.push_back(is_zero ? 0 : static_cast<std::int32_t>(code - highest));
  }
  for (int out = 0; out < num_outputs; ++out)
    weights.bias.push_back(static_cast<std::int64_t>(stream.child("bias").below(201, out)) - 100);
  return weights;
}

/// Gives every node a format and every weight layer random codes. Signed are the outputs of all
/// nodes but the input and those after a ReLU. `factors`: accumulator to code, by node name order.
inline QuantizedNetwork with_random_integers(Network graph, double zero_fraction,
                                             const RandomStream& stream) {
  const std::vector<Shape> shapes = infer_shapes(graph);
  QuantizedNetwork network;
  network.network = std::move(graph);
  network.weight_bits = 4;
  const int last = static_cast<int>(network.network.nodes.size()) - 1;
  for (int i = 0; i <= last; ++i) {
    const Node& node = network.network.nodes[i];
    QuantizedNode integers;
    integers.output.bits = 8;
    integers.output.is_signed = has_weights(node.op) || node.op == Op::Add;
    if (node.op == Op::MaxPool2d || node.op == Op::AvgPool2d || node.op == Op::Flatten)
      integers.output = network.nodes[node.inputs[0]].output;
    const std::int64_t low = integers.output.low();
    const std::int64_t high = integers.output.high();
    if (node.op == Op::AvgPool2d)
      integers.requantizer = make_requantizer(1.0 / (node.kernel * node.kernel), low, high);
    if (node.op == Op::Add)
      integers.addend_requantizers = {make_requantizer(0.75, low, high),
                                      make_requantizer(0.5625, low, high)};
    if (has_weights(node.op)) {
      const MatrixShape matrix = matrix_shape(network.network, shapes, i);
      integers.weights = random_weights(matrix.num_weights(), matrix.columns * matrix.groups, 4,
                                        zero_fraction, stream.child(node.name));
      // Keeps codes spread over their range: a few standard deviations of the accumulator.
      if (i != last)
        integers.requantizer =
            make_requantizer(0.02 / std::max(1.0, 0.05 * matrix.rows), low, high);
    }
    network.nodes.push_back(std::move(integers));
  }
  return network;
}

/// Padding, stride, groups, signed inputs of a layer, a residual Add, both poolings, two Linear.
inline QuantizedNetwork residual_network(double zero_fraction, const RandomStream& stream) {
  Network graph;
  graph.name = "residual";
  graph.input = {2, 9, 7};
  graph.nodes = {make_node("input", Op::Input, {}),
                 make_conv("stem", 0, 6, 3, 2, 1),
                 make_conv("inner", 1, 6, 3, 1, 1, 2),
                 make_node("relu1", Op::Relu, {2}),
                 make_conv("outer", 3, 6, 1, 1, 0),
                 make_node("sum", Op::Add, {1, 4}),
                 make_node("relu2", Op::Relu, {5}),
                 make_pool("max", Op::MaxPool2d, 6, 2),
                 make_pool("mean", Op::AvgPool2d, 7, 2),
                 make_node("flatten", Op::Flatten, {8}),
                 make_linear("fc1", 9, 11),
                 make_node("relu3", Op::Relu, {10}),
                 make_linear("fc2", 11, 5)};
  return with_random_integers(graph, zero_fraction, stream);
}

/// The Caffe shape of LeNet-5.
inline QuantizedNetwork lenet5_network(double zero_fraction, const RandomStream& stream) {
  Network graph;
  graph.name = "lenet5";
  graph.input = {1, 28, 28};
  graph.nodes = {make_node("input", Op::Input, {}),
                 make_conv("conv1", 0, 20, 5, 1, 0),
                 make_node("relu1", Op::Relu, {1}),
                 make_pool("pool1", Op::MaxPool2d, 2, 2),
                 make_conv("conv2", 3, 50, 5, 1, 0),
                 make_node("relu2", Op::Relu, {4}),
                 make_pool("pool2", Op::MaxPool2d, 5, 2),
                 make_node("flatten", Op::Flatten, {6}),
                 make_linear("fc1", 7, 500),
                 make_node("relu3", Op::Relu, {8}),
                 make_linear("fc2", 9, 10)};
  return with_random_integers(graph, zero_fraction, stream);
}

/// One Linear layer from `inputs` features to `outputs`, with the given codes (out x in).
inline QuantizedNetwork linear_network(int inputs, int outputs, std::vector<std::int32_t> codes) {
  QuantizedNetwork network;
  network.network.name = "linear";
  network.network.input = {inputs, 1, 1};
  network.network.nodes = {make_node("input", Op::Input, {}), make_linear("fc", 0, outputs)};
  network.network.nodes[1].has_bias = false;
  network.nodes.resize(2);
  network.nodes[1].weights.emplace();
  network.nodes[1].weights->codes = std::move(codes);
  return network;
}

/// Random codes over the input format.
inline CodeBatch random_input(const QuantizedNetwork& network, int num_images,
                              const RandomStream& stream) {
  CodeBatch batch = make_code_batch(num_images, network.network.input);
  for (std::size_t i = 0; i < batch.codes.size(); ++i)
    batch.codes[i] = static_cast<std::int32_t>(stream.below(256, i));
  return batch;
}

inline std::vector<std::int32_t> image_of(const CodeBatch& batch, int image) {
  const std::int64_t size = batch.shape.size();
  return {batch.codes.begin() + image * size, batch.codes.begin() + (image + 1) * size};
}

inline std::vector<int> members(const std::vector<char>& present, int first, int last) {
  std::vector<int> result;
  for (int i = first; i < last; ++i)
    if (present[i] != 0) result.push_back(i);
  return result;
}

/// Every layer cut into array-sized blocks by column range, then alive rows; no tiles.
inline mapping::Placement simple_placement(const QuantizedNetwork& network,
                                           const crossbar::ArrayOptions& array) {
  mapping::Placement placement;
  placement.geometry = {array.rows,        array.cols,     array.num_slices(), array.bits_per_cell,
                        array.rows_active, array.encoding, array.slice_bits};
  placement.tiles = {{0, 0}};
  placement.mesh_width = placement.mesh_height = 1;
  const std::vector<Shape> shapes = infer_shapes(network.network);
  for (const int node : weight_nodes(network.network)) {
    const MatrixShape matrix = matrix_shape(network.network, shapes, node);
    const std::vector<std::int32_t>& codes = network.nodes[node].weights->codes;
    for (int group = 0; group < matrix.groups; ++group) {
      const int most_columns = array.cols - placement.geometry.reserved_columns();
      for (int first = 0; first < matrix.columns; first += most_columns) {
        const int last = std::min(matrix.columns, first + most_columns);
        std::vector<char> row_alive(matrix.rows, 0);
        std::vector<char> column_alive(matrix.columns, 0);
        for (int column = first; column < last; ++column)
          for (int row = 0; row < matrix.rows; ++row)
            if (codes[(group * matrix.columns + column) * matrix.rows + row] != 0)
              row_alive[row] = column_alive[column] = 1;
        const std::vector<int> rows = members(row_alive, 0, matrix.rows);
        for (std::size_t r = 0; r < rows.size(); r += array.num_inputs()) {
          mapping::Block block;
          block.node = node;
          block.group = group;
          const std::size_t end = std::min(rows.size(), r + array.num_inputs());
          block.rows.assign(rows.begin() + r, rows.begin() + end);
          block.columns = members(column_alive, first, last);
          block.first_array = static_cast<int>(placement.arrays.size());
          const mapping::Geometry& geometry = placement.geometry;
          for (int i = 0; i < geometry.arrays_per_position(); ++i)
            placement.arrays.push_back({{static_cast<int>(placement.blocks.size())},
                                        i / geometry.arrays_per_slice(),
                                        mapping::sign_of_array(geometry, i),
                                        0});
          placement.blocks.push_back(std::move(block));
        }
      }
    }
  }
  return placement;
}

/// Devices and wires without any fault; converters without loss.
inline Hardware ideal_hardware(int rows, int cols) {
  Hardware hardware;
  hardware.array.rows = rows;
  hardware.array.cols = cols;
  hardware.array.row_ohm = 0.0;
  hardware.array.col_ohm = 0.0;
  return hardware;
}

/// 5 % mismatch, stuck cells and 1 ohm a wire segment.
inline Hardware faulty_hardware(int rows, int cols) {
  Hardware hardware = ideal_hardware(rows, cols);
  hardware.device.mismatch_sigma = 0.05;
  hardware.device.stuck_on_fraction = 0.002;
  hardware.device.stuck_off_fraction = 0.01;
  hardware.array.row_ohm = 1.0;
  hardware.array.col_ohm = 1.0;
  return hardware;
}

/// A single convolution with signed inputs and groups.
inline QuantizedNetwork signed_conv_network() {
  Network graph;
  graph.name = "conv";
  graph.input = {4, 7, 7};
  graph.nodes = {make_node("input", Op::Input, {}), make_conv("conv", 0, 6, 3, 2, 1, 2)};
  QuantizedNetwork network = with_random_integers(graph, 0.4, RandomStream(21));
  network.nodes[0].output.is_signed = true;
  return network;
}

}  // namespace ohmweave::inference
