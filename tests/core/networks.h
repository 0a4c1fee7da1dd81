// SPDX-License-Identifier: Apache-2.0
// Short ways to write networks by hand in the tests of core.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/network_model.h"

namespace ohmweave::sample {

inline Node node(const std::string& name, Op op, std::vector<int> inputs) {
  Node n;
  n.name = name;
  n.op = op;
  n.inputs = std::move(inputs);
  return n;
}

struct Window {
  int kernel = 1;
  int stride = 1;
  int padding = 0;
};

inline Node windowed(const std::string& name, Op op, int input, Window window) {
  Node n = node(name, op, {input});
  n.kernel = window.kernel;
  n.stride = window.stride;
  n.padding = window.padding;
  return n;
}

inline Node conv(const std::string& name, int input, int out_channels, Window window) {
  Node n = windowed(name, Op::Conv2d, input, window);
  n.out_channels = out_channels;
  return n;
}

inline Node linear(const std::string& name, int input, int out_features) {
  Node n = node(name, Op::Linear, {input});
  n.out_channels = out_features;
  return n;
}

inline Node with_bias(Node n) {
  n.has_bias = true;
  return n;
}

/// A network of `nodes` after an input node of shape `input`.
inline Network network(Shape input, std::vector<Node> nodes) {
  Network n{"test", input, {node("input", Op::Input, {})}};
  for (Node& each : nodes) n.nodes.push_back(std::move(each));
  return n;
}

/// The message of the error that `call` throws, or "" when it throws none.
template <class E, class F>
std::string message_of(F&& call) {
  try {
    std::forward<F>(call)();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

}  // namespace ohmweave::sample
