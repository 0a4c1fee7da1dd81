// SPDX-License-Identifier: Apache-2.0
// A network as JSON: {"name", "input": {channels, height, width}, "nodes": [{name, op, inputs:
// [names], ...}]}. A node has only the keys that its operation uses.
#include <array>
#include <utility>

#include "core/error.h"
#include "core/network.h"

namespace ohmweave {
namespace {

struct OpWord {
  Op op;
  const char* name;
  const char* summary;
};

constexpr std::array<OpWord, 10> kOps{{
    {Op::Input, "input", "the image"},
    {Op::Conv2d, "conv2d", "convolution with a square window"},
    {Op::Linear, "linear", "matrix times vector"},
    {Op::BatchNorm2d, "batch_norm2d", "normalization of each channel"},
    {Op::Relu, "relu", "max(0, x)"},
    {Op::MaxPool2d, "max_pool2d", "largest of a square window"},
    {Op::AvgPool2d, "avg_pool2d", "mean of a square window"},
    {Op::Flatten, "flatten", "a map as a vector, channel-major"},
    {Op::Dropout, "dropout", "zeroes a share of the features while training"},
    {Op::Add, "add", "sum of two maps of one shape"},
}};

constexpr int kLargestSize = 1 << 20;  // of any channel count, height, width or window

const std::vector<Word>& op_words() {
  static const std::vector<Word> words = [] {
    std::vector<Word> made;
    made.reserve(kOps.size());
    for (const OpWord& line : kOps) made.push_back({line.name, line.summary});
    return made;
  }();
  return words;
}

/// A node with its inputs by name, as the JSON has it.
struct NamedNode {
  Node node;
  std::vector<std::string> inputs;
};

void declare_op(Fields& f, Op& op) {
  std::string word = op_name(op);
  f.required().word("op", word, op_words(), "what it computes");
  for (const OpWord& line : kOps) {
    if (word == line.name) op = line.op;
  }
}

void declare_window(Fields& f, Node& n) {
  const IntegerRange positive{1, kLargestSize};
  f.required().integer("kernel", n.kernel, positive, "side of the square window");
  f.integer("stride", n.stride, positive, "step of the window");
  f.integer("padding", n.padding, {0, kLargestSize}, "places added on each side");
}

void declare(Fields& f, NamedNode& named) {
  Node& n = named.node;
  const IntegerRange positive{1, kLargestSize};
  f.required().text("name", n.name, "unique; prefix of its parameters' names");
  declare_op(f, n.op);
  f.texts("inputs", named.inputs, "names of earlier nodes");
  if (has_weights(n.op)) {
    f.required().integer("out_channels", n.out_channels, positive, "filters or output features");
  }
  if (n.op == Op::Conv2d || n.op == Op::MaxPool2d || n.op == Op::AvgPool2d) declare_window(f, n);
  if (n.op == Op::Conv2d) f.integer("groups", n.groups, positive, "groups of channels");
  if (has_weights(n.op)) f.boolean("has_bias", n.has_bias, "whether a bias is added");
  if (n.op == Op::Dropout) {
    f.required().number("dropout_fraction", n.dropout_fraction, kFraction,
                        "share of features zeroed while training");
  }
}

struct NamedNetwork {
  std::string name;
  Shape input;
  std::vector<NamedNode> nodes;
};

void declare(Fields& f, NamedNetwork& n) {
  f.required().text("name", n.name, "name of the network");
  f.required().section("input", n.input, "shape of one image");
  f.required().list("nodes", n.nodes, "operations in topological order");
}

/// Replaces the names of inputs by indices; a name that is none of an earlier node is a problem.
Network linked(const NamedNetwork& named, std::vector<std::string>& problems) {
  Network network{named.name, named.input, {}};
  for (std::size_t i = 0; i < named.nodes.size(); ++i) {
    Node node = named.nodes[i].node;
    for (std::size_t j = 0; j < named.nodes[i].inputs.size(); ++j) {
      const std::string& input = named.nodes[i].inputs[j];
      const int index = network.index_of(input);
      if (index < 0) {
        problems.push_back("/nodes/" + std::to_string(i) + "/inputs/" + std::to_string(j) +
                           " = \"" + input + "\": must be the name of an earlier node");
      }
      node.inputs.push_back(index);
    }
    network.nodes.push_back(std::move(node));
  }
  return network;
}

void throw_if_any(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string text = "network:";
  for (const std::string& problem : problems) text += "\n" + problem;
  throw DataError(text);
}

}  // namespace

void declare(Fields& f, Shape& s) {
  const IntegerRange positive{1, kLargestSize};
  f.required().integer("channels", s.channels, positive, "feature maps");
  f.required().integer("height", s.height, positive, "rows of a map");
  f.required().integer("width", s.width, positive, "columns of a map");
}

std::string op_name(Op op) {
  for (const OpWord& line : kOps) {
    if (line.op == op) return line.name;
  }
  OHMWEAVE_REQUIRE(false, "an operation is not in the table");
  return "";
}

Json network_to_json(const Network& network) {
  NamedNetwork named{network.name, network.input, {}};
  for (const Node& node : network.nodes) {
    NamedNode entry{node, {}};
    for (const int input : node.inputs) entry.inputs.push_back(network.nodes.at(input).name);
    named.nodes.push_back(std::move(entry));
  }
  return write_config(named);
}

Network network_from_json(const Json& json) {
  if (!json.is_object()) throw DataError("network: must be an object");
  std::vector<std::string> problems;
  NamedNetwork named;
  Fields fields = Fields::reader(json, "", problems);
  declare(fields, named);
  fields.finish();
  throw_if_any(problems);
  Network network = linked(named, problems);
  throw_if_any(problems);
  static_cast<void>(infer_shapes(network));  // refuses a graph that is not sound
  return network;
}

}  // namespace ohmweave
