// SPDX-License-Identifier: Apache-2.0
#include "models/builder.h"

#include <utility>

namespace ohmweave::models {
namespace {

Node named(const std::string& name, Op op) {
  Node node;
  node.name = name;
  node.op = op;
  return node;
}

Node windowed(const std::string& name, Op op, Window window) {
  Node node = named(name, op);
  node.kernel = window.kernel;
  node.stride = window.stride;
  node.padding = window.padding;
  node.groups = window.groups;
  return node;
}

}  // namespace

Builder::Builder(std::string network_name, Shape input) {
  network_.name = std::move(network_name);
  network_.input = input;
  network_.nodes.push_back(named("input", Op::Input));
}

int Builder::append(Node node) {
  if (node.inputs.empty()) node.inputs = {last_};
  network_.nodes.push_back(std::move(node));
  last_ = static_cast<int>(network_.nodes.size()) - 1;
  return last_;
}

int Builder::conv2d(const std::string& name, int out_channels, Window window) {
  Node node = windowed(name, Op::Conv2d, window);
  node.out_channels = out_channels;
  node.has_bias = true;
  return append(std::move(node));
}

int Builder::conv2d_without_bias(const std::string& name, int out_channels, Window window) {
  Node node = windowed(name, Op::Conv2d, window);
  node.out_channels = out_channels;
  return append(std::move(node));
}

int Builder::conv_norm(const std::string& conv, const std::string& norm, int out_channels,
                       Window window) {
  conv2d_without_bias(conv, out_channels, window);
  return batch_norm2d(norm);
}

int Builder::linear(const std::string& name, int out_features) {
  Node node = named(name, Op::Linear);
  node.out_channels = out_features;
  node.has_bias = true;
  return append(std::move(node));
}

int Builder::batch_norm2d(const std::string& name) { return append(named(name, Op::BatchNorm2d)); }

int Builder::relu(const std::string& name) { return append(named(name, Op::Relu)); }

int Builder::max_pool2d(const std::string& name, Window window) {
  return append(windowed(name, Op::MaxPool2d, window));
}

int Builder::avg_pool2d(const std::string& name, Window window) {
  return append(windowed(name, Op::AvgPool2d, window));
}

int Builder::flatten(const std::string& name) { return append(named(name, Op::Flatten)); }

int Builder::dropout(const std::string& name, double fraction) {
  Node node = named(name, Op::Dropout);
  node.dropout_fraction = fraction;
  return append(std::move(node));
}

int Builder::add(const std::string& name, int first, int second) {
  Node node = named(name, Op::Add);
  node.inputs = {first, second};
  return append(std::move(node));
}

Builder& Builder::from(int index) {
  last_ = index;
  return *this;
}

Network Builder::build() const {
  static_cast<void>(infer_shapes(network_));
  return network_;
}

}  // namespace ohmweave::models
