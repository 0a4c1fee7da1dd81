// SPDX-License-Identifier: Apache-2.0
// A pruned and quantized LeNet-5 made from keyed random numbers, for the tests of core's files.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/network_model.h"
#include "core/parameter_shapes.h"
#include "core/random.h"

namespace ohmweave {

inline Network lenet5_graph() {
  const auto weight_node = [](const char* name, Op op, int input, int outputs, int kernel) {
    Node node{name, op, {input}};
    node.out_channels = outputs;
    node.kernel = kernel;
    node.has_bias = true;
    return node;
  };
  const auto pool = [](const char* name, int input) {
    Node node{name, Op::MaxPool2d, {input}};
    node.kernel = 2;
    node.stride = 2;
    return node;
  };
  return {"lenet5",
          {1, 28, 28},
          {{"input", Op::Input, {}},
           weight_node("conv1", Op::Conv2d, 0, 20, 5),
           {"relu1", Op::Relu, {1}},
           pool("pool1", 2),
           weight_node("conv2", Op::Conv2d, 3, 50, 5),
           {"relu2", Op::Relu, {4}},
           pool("pool2", 5),
           {"flatten", Op::Flatten, {6}},
           weight_node("fc1", Op::Linear, 7, 500, 1),
           {"relu3", Op::Relu, {8}},
           weight_node("fc2", Op::Linear, 9, 10, 1)}};
}

/// What is left of one layer: its alive rows and columns, non-zero weights, and bits of a code.
struct LayerPlan {
  std::string name;
  std::vector<int> alive_rows;
  std::vector<int> alive_columns;
  int num_nonzero;
  int code_bits;  // sign and magnitude: codes +-1 .. +-2^(code_bits - 1)
};

inline std::vector<int> first_numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) numbers[static_cast<std::size_t>(i)] = i;
  return numbers;
}

/// `count` of 0 .. total-1, drawn without replacement, in rising order.
inline std::vector<int> drawn(int total, int count, const RandomStream& stream) {
  std::vector<int> numbers = first_numbers(total);
  for (int i = 0; i < count; ++i) {
    const auto left = static_cast<std::uint64_t>(total - i);
    const auto at = static_cast<std::ptrdiff_t>(stream.below(left, static_cast<std::uint64_t>(i)));
    std::iter_swap(numbers.begin() + i, numbers.begin() + i + at);
  }
  numbers.resize(static_cast<std::size_t>(count));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// Every row of `channels`: channel * area .. channel * area + area - 1.
inline std::vector<int> rows_of(const std::vector<int>& channels, int area) {
  std::vector<int> rows;
  for (const int channel : channels) {
    for (int i = 0; i < area; ++i) rows.push_back(channel * area + i);
  }
  return rows;
}

/// Fills a layer: a cell in each alive row and column, then cells at random.
inline void fill_layer(NetworkModel& model, const LayerPlan& plan, const RandomStream& stream) {
  constexpr float kScale = 0.0625F;
  Tensor& weight = model.parameters[plan.name + ".weight"];
  const int num_rows = static_cast<int>(num_elements(weight.shape) / weight.shape[0]);
  const int rows = static_cast<int>(plan.alive_rows.size());
  const int columns = static_cast<int>(plan.alive_columns.size());
  std::uint64_t position = 0;
  int num_set = 0;
  const auto set = [&](int row, int column) {
    float& cell = weight.values[static_cast<std::size_t>(plan.alive_columns[column] * num_rows +
                                                         plan.alive_rows[row])];
    if (cell != 0.0F || num_set == plan.num_nonzero) return;
    const auto levels = std::uint64_t{1} << (plan.code_bits - 1);
    const auto level = static_cast<float>(stream.below(levels, position++) + 1);
    cell = (stream.below(2, position++) != 0 ? -level : level) * kScale;
    ++num_set;
  };
  for (int i = 0; i < std::max(rows, columns); ++i) set(i % rows, i % columns);
  while (num_set < plan.num_nonzero) {
    const auto row = static_cast<int>(stream.below(static_cast<std::uint64_t>(rows), position++));
    const auto column =
        static_cast<int>(stream.below(static_cast<std::uint64_t>(columns), position++));
    set(row, column);
  }
  Tensor& bias = model.parameters[plan.name + ".bias"];
  for (const int column : plan.alive_columns) {
    bias.values[static_cast<std::size_t>(column)] =
        static_cast<float>(0.1 * stream.normal(position++));
  }
  model.level_scales[plan.name] = kScale;
}

inline NetworkModel zero_lenet5() {
  NetworkModel model;
  model.network = lenet5_graph();
  for (const ParameterShape& parameter : parameter_shapes(model.network)) {
    model.parameters[parameter.name] = {
        parameter.shape,
        std::vector<float>(static_cast<std::size_t>(num_elements(parameter.shape)))};
  }
  return model;
}

/// 1,237 weights (348x) in 3, 3, 2 and 2 bits on 12, 32 and 60 alive units.
inline NetworkModel lenet5_with_1237_weights() {
  NetworkModel model = zero_lenet5();
  const RandomStream stream(7);
  const std::vector<int> conv1 = drawn(20, 12, stream.child("conv1"));
  const std::vector<int> conv2 = drawn(50, 32, stream.child("conv2"));
  const std::vector<int> fc1 = drawn(500, 60, stream.child("fc1"));
  std::vector<int> fc1_rows;
  const std::vector<int> places = rows_of(conv2, 16);
  for (const int i : drawn(static_cast<int>(places.size()), 120, stream.child("places"))) {
    fc1_rows.push_back(places[static_cast<std::size_t>(i)]);
  }
  fill_layer(model, {"conv1", first_numbers(25), conv1, 70, 3}, stream.child("weights", 0));
  fill_layer(model, {"conv2", rows_of(conv1, 25), conv2, 620, 3}, stream.child("weights", 1));
  fill_layer(model, {"fc1", fc1_rows, fc1, 420, 2}, stream.child("weights", 2));
  fill_layer(model, {"fc2", fc1, first_numbers(10), 127, 2}, stream.child("weights", 3));
  return model;
}

}  // namespace ohmweave
