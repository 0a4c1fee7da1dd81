// SPDX-License-Identifier: Apache-2.0
// Small networks and the message of the error that an action throws.
#pragma once

#include <torch/types.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "core/network.h"
#include "core/random.h"

namespace ohmweave::nn {

/// "no error", or "another kind of error: ...", when E is not thrown: then the test that asked
/// fails.
template <class E, class Action>
std::string error_text(const Action& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another kind of error: ") + error.what();
  }
  return "no error";
}

inline Node input_node() {
  Node node;
  node.name = "input";
  return node;
}

inline Node make_node(std::string name, Op op, std::vector<int> inputs) {
  Node node;
  node.name = std::move(name);
  node.op = op;
  node.inputs = std::move(inputs);
  return node;
}

inline Node conv_node(const std::string& name, int input, int out_channels, int kernel) {
  Node node = make_node(name, Op::Conv2d, {input});
  node.out_channels = out_channels;
  node.kernel = kernel;
  node.has_bias = true;
  return node;
}

inline Node linear_node(const std::string& name, int input, int out_features) {
  Node node = make_node(name, Op::Linear, {input});
  node.out_channels = out_features;
  node.has_bias = true;
  return node;
}

inline Node pool_node(const std::string& name, Op op, int input, int kernel) {
  Node node = make_node(name, op, {input});
  node.kernel = kernel;
  node.stride = kernel;
  return node;
}

/// An Input node of `shape`, then one node that reads it.
inline Network one_node(const Shape& shape, Node node) {
  return {"one", shape, {input_node(), std::move(node)}};
}

/// Every operation: padded conv, batch norm, ReLU, a depthwise strided conv, a residual Add, both
/// pools, flatten, dropout, linear. Input 2 x 8 x 8, output 3.
inline Network every_operation() {
  Node conv1 = conv_node("conv1", 0, 4, 3);
  conv1.padding = 1;
  conv1.has_bias = false;
  Node depthwise = conv_node("block.conv2", 3, 4, 3);
  depthwise.padding = 1;
  depthwise.groups = 4;
  Node dropout = make_node("dropout", Op::Dropout, {8});
  dropout.dropout_fraction = 0.5;
  return {"every_operation",
          {2, 8, 8},
          {input_node(), conv1, make_node("bn1", Op::BatchNorm2d, {1}),
           make_node("relu1", Op::Relu, {2}), depthwise, make_node("add", Op::Add, {4, 3}),
           pool_node("pool1", Op::MaxPool2d, 5, 2), pool_node("pool2", Op::AvgPool2d, 6, 2),
           make_node("flatten", Op::Flatten, {7}), dropout, linear_node("fc", 9, 3)}};
}

/// Standard normal numbers, keyed by `seed`.
inline torch::Tensor random_images(torch::IntArrayRef sizes, std::uint64_t seed) {
  torch::Tensor images = torch::empty(sizes, torch::kFloat32);
  const RandomStream stream = RandomStream(seed).child("images");
  for (std::int64_t i = 0; i < images.numel(); ++i) {
    images.data_ptr<float>()[i] = static_cast<float>(stream.normal(static_cast<std::uint64_t>(i)));
  }
  return images;
}

}  // namespace ohmweave::nn
