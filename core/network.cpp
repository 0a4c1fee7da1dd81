// SPDX-License-Identifier: Apache-2.0
#include "core/network.h"

#include <algorithm>
#include <limits>
#include <set>

#include "core/error.h"

namespace ohmweave {
namespace {

std::string described(const Shape& s) {
  return std::to_string(s.channels) + " x " + std::to_string(s.height) + " x " +
         std::to_string(s.width);
}

/// What is known when the shape of one node is worked out.
struct Place {
  const Network& network;
  const std::vector<Shape>& shapes;
  int node;

  [[nodiscard]] const Node& self() const { return network.nodes[node]; }
  [[nodiscard]] const Shape& input(std::size_t i = 0) const { return shapes[self().inputs[i]]; }
  [[noreturn]] void fail(const std::string& text) const {
    throw DataError("network '" + network.name + "', node '" + self().name + "' (" +
                    op_name(self().op) + "): " + text);
  }
};

std::size_t num_inputs_of(Op op) {
  if (op == Op::Input) return 0;
  return op == Op::Add ? 2 : 1;
}

void check_links(const Place& at) {
  const std::size_t expected = num_inputs_of(at.self().op);
  if (at.self().inputs.size() != expected) {
    at.fail("has " + std::to_string(at.self().inputs.size()) + " inputs: must have " +
            std::to_string(expected));
  }
  for (const int input : at.self().inputs) {
    if (input < 0 || input >= at.node) {
      at.fail("its input is node number " + std::to_string(input) +
              ": must be one of the nodes before it");
    }
  }
}

Shape window_output(const Place& at, int channels) {
  const Node& node = at.self();
  const Shape& in = at.input();
  if (node.kernel < 1 || node.stride < 1 || node.padding < 0) {
    at.fail("kernel " + std::to_string(node.kernel) + ", stride " + std::to_string(node.stride) +
            ", padding " + std::to_string(node.padding) +
            ": kernel and stride must be at least 1, padding at least 0");
  }
  const int height = in.height + 2 * node.padding;
  const int width = in.width + 2 * node.padding;
  if (node.kernel > height || node.kernel > width) {
    at.fail("kernel " + std::to_string(node.kernel) + ": must fit the padded input of " +
            std::to_string(height) + " x " + std::to_string(width));
  }
  return {channels, (height - node.kernel) / node.stride + 1,
          (width - node.kernel) / node.stride + 1};
}

Shape conv_output(const Place& at) {
  const Node& node = at.self();
  const int in = at.input().channels;
  if (node.out_channels < 1) at.fail("out_channels must be at least 1");
  if (node.groups < 1 || in % node.groups != 0 || node.out_channels % node.groups != 0) {
    at.fail("groups " + std::to_string(node.groups) + ": must divide " + std::to_string(in) +
            " input and " + std::to_string(node.out_channels) + " output channels");
  }
  const std::int64_t side = node.kernel;
  if (side * side > std::numeric_limits<int>::max() / std::max(1, in / node.groups)) {
    at.fail("kernel " + std::to_string(node.kernel) + ": one window has too many inputs");
  }
  return window_output(at, node.out_channels);
}

Shape linear_output(const Place& at) {
  const Shape& in = at.input();
  if (at.self().out_channels < 1) at.fail("out_channels must be at least 1");
  if (in.height != 1 || in.width != 1) {
    at.fail("its input is a map of " + described(in) + ": must be a vector (put a flatten before)");
  }
  return {at.self().out_channels, 1, 1};
}

Shape pool_output(const Place& at) {
  const Node& node = at.self();
  if (node.op == Op::AvgPool2d && node.padding != 0) {
    at.fail("padding " + std::to_string(node.padding) + ": must be 0 for an average");
  }
  if (2 * node.padding > node.kernel) {
    at.fail("padding " + std::to_string(node.padding) + ": must be at most half the kernel");
  }
  return window_output(at, at.input().channels);
}

Shape flat_output(const Place& at) {
  if (at.input().size() > std::numeric_limits<int>::max()) {
    at.fail("its input of " + described(at.input()) + " has too many features");
  }
  return {static_cast<int>(at.input().size()), 1, 1};
}

Shape add_output(const Place& at) {
  if (!(at.input(0) == at.input(1))) {
    at.fail("its inputs are " + described(at.input(0)) + " and " + described(at.input(1)) +
            ": must be equal");
  }
  return at.input(0);
}

Shape dropout_output(const Place& at) {
  const double share = at.self().dropout_fraction;
  if (!(share >= 0.0 && share < 1.0)) {
    at.fail("dropout_fraction " + std::to_string(share) + ": must be in [0, 1)");
  }
  return at.input();
}

Shape input_output(const Place& at) {
  const Shape& in = at.network.input;
  if (at.node != 0) at.fail("only the first node may be an input");
  if (in.channels < 1 || in.height < 1 || in.width < 1) {
    at.fail("shape " + described(in) + ": every size must be at least 1");
  }
  return in;
}

Shape output_shape(const Place& at) {
  switch (at.self().op) {
    case Op::Input:
      return input_output(at);
    case Op::Conv2d:
      return conv_output(at);
    case Op::Linear:
      return linear_output(at);
    case Op::MaxPool2d:
    case Op::AvgPool2d:
      return pool_output(at);
    case Op::Flatten:
      return flat_output(at);
    case Op::Add:
      return add_output(at);
    case Op::Dropout:
      return dropout_output(at);
    case Op::BatchNorm2d:
    case Op::Relu:
      return at.input();
  }
  at.fail("is no known operation");
}

void check_names(const Network& network) {
  std::set<std::string> names;
  for (const Node& node : network.nodes) {
    if (node.name.empty()) {
      throw DataError("network '" + network.name + "': a node has no name");
    }
    if (!names.insert(node.name).second) {
      throw DataError("network '" + network.name + "': two nodes are named '" + node.name + "'");
    }
  }
}

void check_all_used(const Network& network) {
  std::vector<bool> is_used(network.nodes.size(), false);
  is_used.back() = true;
  for (const Node& node : network.nodes) {
    for (const int input : node.inputs) is_used[input] = true;
  }
  for (std::size_t i = 0; i < is_used.size(); ++i) {
    if (!is_used[i]) {
      throw DataError("network '" + network.name + "', node '" + network.nodes[i].name +
                      "': no node uses its output, and it is not the last");
    }
  }
}

}  // namespace

int Network::index_of(const std::string& node_name) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const Node& node) { return node.name == node_name; });
  return found == nodes.end() ? -1 : static_cast<int>(found - nodes.begin());
}

bool has_weights(Op op) { return op == Op::Conv2d || op == Op::Linear; }

std::vector<Shape> infer_shapes(const Network& network) {
  if (network.nodes.empty() || network.nodes.front().op != Op::Input) {
    throw DataError("network '" + network.name + "': the first node must be an input");
  }
  check_names(network);
  std::vector<Shape> shapes;
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    const Place at{network, shapes, i};
    check_links(at);
    shapes.push_back(output_shape(at));
  }
  check_all_used(network);
  return shapes;
}

std::vector<int> weight_nodes(const Network& network) {
  std::vector<int> indices;
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    if (has_weights(network.nodes[i].op)) indices.push_back(i);
  }
  return indices;
}

MatrixShape matrix_shape(const Network& network, const std::vector<Shape>& shapes, int node) {
  const Node& self = network.nodes.at(node);
  OHMWEAVE_REQUIRE(has_weights(self.op), "'" + self.name + "' has no weights");
  const Shape& in = shapes.at(self.inputs.at(0));
  const Shape& out = shapes.at(node);
  if (self.op == Op::Linear) return {in.channels, self.out_channels, 1, 1};
  return {in.channels / self.groups * self.kernel * self.kernel, self.out_channels / self.groups,
          self.groups, static_cast<std::int64_t>(out.height) * out.width};
}

std::vector<std::int64_t> weight_tensor_shape(const Network& network,
                                              const std::vector<Shape>& shapes, int node) {
  const Node& self = network.nodes.at(node);
  OHMWEAVE_REQUIRE(has_weights(self.op), "'" + self.name + "' has no weights");
  const std::int64_t in = shapes.at(self.inputs.at(0)).channels;
  if (self.op == Op::Linear) return {self.out_channels, in};
  return {self.out_channels, in / self.groups, self.kernel, self.kernel};
}

}  // namespace ohmweave
