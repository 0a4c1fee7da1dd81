// SPDX-License-Identifier: Apache-2.0
// Networks, numbers and masks for the tests of sparse training. No torch here.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/network.h"
#include "core/parameter_shapes.h"
#include "core/random.h"
#include "nn/sparse_network.h"

namespace ohmweave::nn {

inline Node sparse_node(std::string name, Op op, std::vector<int> inputs) {
  Node node;
  node.name = std::move(name);
  node.op = op;
  node.inputs = std::move(inputs);
  return node;
}

/// kernel, stride, padding, groups.
struct Shift {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
  int groups = 1;
};

inline Node sparse_window(const std::string& name, Op op, int input, const Shift& shift) {
  Node node = sparse_node(name, op, {input});
  node.kernel = shift.kernel;
  node.stride = shift.stride;
  node.padding = shift.padding;
  node.groups = shift.groups;
  return node;
}

inline Node sparse_conv(const std::string& name, int input, int filters, const Shift& shift) {
  Node node = sparse_window(name, Op::Conv2d, input, shift);
  node.out_channels = filters;
  node.has_bias = true;
  return node;
}

inline Node sparse_linear(const std::string& name, int input, int features) {
  Node node = sparse_node(name, Op::Linear, {input});
  node.out_channels = features;
  node.has_bias = true;
  return node;
}

/// LeNet-5 in small: conv, ReLU, pool, twice; two linear layers. Input 1 x 16 x 16, output 4.
inline Network small_lenet() {
  return {
      "small_lenet",
      {1, 16, 16},
      {sparse_node("input", Op::Input, {}), sparse_conv("conv1", 0, 4, {5}),
       sparse_node("relu1", Op::Relu, {1}), sparse_window("pool1", Op::MaxPool2d, 2, {2, 2}),
       sparse_conv("conv2", 3, 6, {3}), sparse_node("relu2", Op::Relu, {4}),
       sparse_window("pool2", Op::MaxPool2d, 5, {2, 2}), sparse_node("flatten", Op::Flatten, {6}),
       sparse_linear("fc1", 7, 10), sparse_node("relu3", Op::Relu, {8}),
       sparse_node("drop", Op::Dropout, {9}), sparse_linear("fc2", 10, 4)}};
}

/// Two residual blocks: one depthwise, one strided with a strided shortcut; batch norm on all
/// ways; overlapping and average pools. Input 3 x 11 x 9, output 3.
inline Network small_resnet() {
  Node conv1 = sparse_conv("conv1", 0, 4, {3, 1, 1});
  conv1.has_bias = false;
  return {"small_resnet", {3, 11, 9}, {sparse_node("input", Op::Input, {}),
                                       conv1,
                                       sparse_node("bn1", Op::BatchNorm2d, {1}),
                                       sparse_node("relu1", Op::Relu, {2}),
                                       sparse_conv("depthwise", 3, 4, {3, 1, 1, 4}),
                                       sparse_node("bn2", Op::BatchNorm2d, {4}),
                                       sparse_node("add1", Op::Add, {5, 3}),
                                       sparse_node("relu2", Op::Relu, {6}),
                                       sparse_conv("strided", 7, 6, {3, 2, 1, 2}),
                                       sparse_node("bn3", Op::BatchNorm2d, {8}),
                                       sparse_node("relu3", Op::Relu, {9}),
                                       sparse_conv("conv3", 10, 6, {3, 1, 1}),
                                       sparse_conv("shortcut", 7, 6, {1, 2}),
                                       sparse_node("bn4", Op::BatchNorm2d, {12}),
                                       sparse_node("add2", Op::Add, {11, 13}),
                                       sparse_window("pool1", Op::MaxPool2d, 14, {3, 2, 1}),
                                       sparse_node("relu4", Op::Relu, {15}),
                                       sparse_window("pool2", Op::AvgPool2d, 16, {2, 1}),
                                       sparse_node("flatten", Op::Flatten, {17}),
                                       sparse_linear("fc", 18, 3)}};
}

/// What the step builder has to keep apart: a pool and a ReLU of the input, ReLUs with two readers,
/// of a flat view and after a pool, a flat view that is flattened again. Input 2 x 6 x 7, output 5.
inline Network odd_graph() {
  return {"odd_graph",
          {2, 6, 7},
          {sparse_node("input", Op::Input, {}), sparse_node("relu0", Op::Relu, {0}),
           sparse_window("pool0", Op::MaxPool2d, 1, {2, 1, 1}),
           sparse_conv("conv1", 2, 3, {2, 1, 0}), sparse_node("relu1", Op::Relu, {3}),
           sparse_node("add1", Op::Add, {4, 4}), sparse_node("add2", Op::Add, {5, 3}),
           sparse_window("pool1", Op::MaxPool2d, 6, {2, 2}), sparse_node("relu2", Op::Relu, {7}),
           sparse_node("flatten", Op::Flatten, {8}), sparse_node("relu3", Op::Relu, {9}),
           sparse_node("flatten2", Op::Flatten, {10}), sparse_linear("fc", 11, 5)}};
}

/// Multiples of 1/8, -1 .. 1, or standard normal numbers: both keyed by the stream.
enum class Numbers { Eighths, Normal };

inline std::vector<float> random_numbers(std::int64_t count, Numbers kind,
                                         const RandomStream& stream) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto place = static_cast<std::uint64_t>(i);
    numbers.push_back(static_cast<float>(
        kind == Numbers::Normal ? stream.normal(place)
                                : (std::floor(17.0 * stream.uniform(place)) - 8.0) / 8.0));
  }
  return numbers;
}

inline bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

inline Parameters random_parameters(const Network& network, Numbers kind) {
  Parameters parameters;
  for (const ParameterShape& shape : parameter_shapes(network)) {
    const std::int64_t size = num_elements(shape.shape);
    Tensor tensor{shape.shape, random_numbers(size, kind, RandomStream(1).child(shape.name))};
    const Op op = network.nodes[static_cast<std::size_t>(shape.node)].op;
    const auto fan_in = static_cast<float>(size / shape.shape[0]);
    for (float& x : tensor.values) {
      if (has_weights(op) && kind == Numbers::Normal) x *= std::sqrt(2.0F / fan_in);
      if (!has_weights(op)) x *= 0.25F;
      if (op == Op::BatchNorm2d && ends_with(shape.name, ".weight")) x += 1.0F;
      if (ends_with(shape.name, ".running_var")) x = 1.0F + x * x;
    }
    parameters[shape.name] = std::move(tensor);
  }
  return parameters;
}

/// Allows about `fraction` of each weight matrix.
inline SparseMasks random_masks(const Network& network, double fraction) {
  SparseMasks masks;
  for (const ParameterShape& shape : parameter_shapes(network)) {
    const Node& node = network.nodes[static_cast<std::size_t>(shape.node)];
    if (!has_weights(node.op) || shape.name != node.name + ".weight") continue;
    const RandomStream stream = RandomStream(2).child(shape.name);
    std::vector<std::uint8_t>& mask = masks[shape.name];
    for (std::int64_t i = 0; i < num_elements(shape.shape); ++i) {
      mask.push_back(stream.uniform(static_cast<std::uint64_t>(i)) < fraction ? 1 : 0);
    }
  }
  return masks;
}

/// A batch, and the gradient of a loss that is linear in the logits.
struct SparseBatch {
  std::vector<float> images;
  std::vector<float> logit_gradient;
  std::int64_t count = 0;
  std::int64_t image_size = 0;

  [[nodiscard]] SparseImages view() const {
    return consecutive_images(images.data(), count, image_size);
  }
  [[nodiscard]] LogitGradient loss() const {
    return [this](const LogitGroup& group) {
      for (int i = 0; i < group.num_images * group.num_classes; ++i) {
        group.gradient[i] =
            logit_gradient[static_cast<std::size_t>(group.first_image * group.num_classes + i)];
      }
    };
  }
};

inline SparseBatch random_batch(const Network& network, std::int64_t count, Numbers kind) {
  SparseBatch batch;
  batch.count = count;
  batch.image_size = network.input.size();
  batch.images = random_numbers(count * batch.image_size, kind, RandomStream(3).child("images"));
  const std::int64_t num_logits = count * infer_shapes(network).back().size();
  batch.logit_gradient = random_numbers(num_logits, kind, RandomStream(3).child("logits"));
  return batch;
}

}  // namespace ohmweave::nn
