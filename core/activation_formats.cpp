// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/quantized_network.h"

namespace ohmweave {
namespace {

std::vector<int> users_of(const Network& network, int node) {
  std::vector<int> users;
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    const std::vector<int>& inputs = network.nodes[i].inputs;
    if (std::find(inputs.begin(), inputs.end(), node) != inputs.end()) users.push_back(i);
  }
  return users;
}

/// The ReLU that alone reads `node`, or -1.
int sole_relu(const Network& network, int node) {
  const std::vector<int> users = users_of(network, node);
  return users.size() == 1 && network.nodes[users[0]].op == Op::Relu ? users[0] : -1;
}

bool is_output(const Network& network, int node) {
  return node == static_cast<int>(network.nodes.size()) - 1;
}

/// True where codes are made anew; elsewhere they are passed on.
bool makes_codes(const Network& network, int node) {
  const Op op = network.nodes[node].op;
  if (has_weights(op)) return !is_output(network, node);
  return op == Op::Input || op == Op::Add || op == Op::AvgPool2d;
}

double magnitude_of(const NetworkModel& model, int node, ActivationRangeKind kind) {
  const std::string& name = model.network.nodes[node].name;
  const auto found = model.ranges.find(name);
  if (found == model.ranges.end()) {
    throw DataError("node '" + name +
                    "' has no activation range: calibrate the model before quantizing it");
  }
  const ActivationRange& range = found->second;
  const double largest = std::max(std::fabs(range.min), std::fabs(range.max));
  if (kind == ActivationRangeKind::Max || range.percentile_magnitude == 0.0) return largest;
  return std::min(largest, range.percentile_magnitude);
}

bool is_signed_node(const NetworkModel& model, int node, const std::vector<CodeFormat>& formats) {
  const Node& self = model.network.nodes[node];
  if (self.op == Op::Input) return model.ranges.at(self.name).min < 0.0;
  if (has_weights(self.op)) return true;
  return std::any_of(self.inputs.begin(), self.inputs.end(),
                     [&](int input) { return formats[input].is_signed; });
}

CodeFormat new_format(const NetworkModel& model, int node, const QuantizationOptions& options,
                      const std::vector<CodeFormat>& formats) {
  const int relu = sole_relu(model.network, node);
  const bool has_relu = relu >= 0 && model.network.nodes[node].op != Op::Input;
  const double magnitude = magnitude_of(model, has_relu ? relu : node, options.activation_range);
  CodeFormat format;
  format.bits = options.activation_bits;
  format.is_signed = !has_relu && is_signed_node(model, node, formats);
  const double span = magnitude > 0.0 ? magnitude : 1.0;  // a dead node's codes are all zero
  format.scale = span / static_cast<double>(format.high());
  return format;
}

CodeFormat passed_format(Op op, CodeFormat format) {
  if (op != Op::Relu || !format.is_signed) return format;
  format.is_signed = false;
  --format.bits;
  return format;
}

}  // namespace

std::vector<CodeFormat> node_formats(const NetworkModel& folded,
                                     const QuantizationOptions& options) {
  OHMWEAVE_REQUIRE(options.activation_bits >= kFewestActivationBits &&
                       options.activation_bits <= kMostActivationBits,
                   "activation_bits out of range");
  std::vector<CodeFormat> formats;
  for (int i = 0; i < static_cast<int>(folded.network.nodes.size()); ++i) {
    const Node& node = folded.network.nodes[i];
    if (makes_codes(folded.network, i)) {
      formats.push_back(new_format(folded, i, options, formats));
    } else if (has_weights(node.op)) {
      formats.push_back({1.0, kAccumulatorBits, true});
    } else {
      formats.push_back(passed_format(node.op, formats.at(node.inputs.at(0))));
    }
  }
  return formats;
}

std::map<std::string, CodeFormat> activation_formats(const NetworkModel& model,
                                                     const QuantizationOptions& options) {
  const NetworkModel folded = fold_for_inference(model);
  const std::vector<CodeFormat> formats = node_formats(folded, options);
  std::map<std::string, CodeFormat> by_name;
  for (int i = 0; i < static_cast<int>(formats.size()); ++i) {
    if (!makes_codes(folded.network, i)) continue;
    std::string name = folded.network.nodes[i].name;
    for (const int user : users_of(model.network, model.network.index_of(name))) {
      if (model.network.nodes[user].op == Op::BatchNorm2d) name = model.network.nodes[user].name;
    }
    by_name[name] = formats[i];
  }
  return by_name;
}

}  // namespace ohmweave
