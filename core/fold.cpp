// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/network_model.h"

namespace ohmweave {
namespace {

/// What becomes of the nodes of a network: dropped ones point to the node they stand for.
struct Folding {
  const NetworkModel& from;
  NetworkModel to;
  std::vector<int> new_index;  // by old index: the node of `to` whose output it is
};

int num_users(const Network& network, int node) {
  int count = 0;
  for (const Node& other : network.nodes) {
    for (const int input : other.inputs) count += input == node ? 1 : 0;
  }
  return count;
}

const std::vector<float>& values(const NetworkModel& model, const std::string& name) {
  return model.parameters.at(name).values;
}

/// w' = w * g, b' = (b - mean) * g + beta with g = weight / sqrt(variance + epsilon), by channel.
void scale_channels(Folding& f, const Node& conv, const Node& norm) {
  Tensor& weight = f.to.parameters.at(conv.name + ".weight");
  const auto& gamma = values(f.from, norm.name + ".weight");
  const auto& beta = values(f.from, norm.name + ".bias");
  const auto& mean = values(f.from, norm.name + ".running_mean");
  const auto& variance = values(f.from, norm.name + ".running_var");
  Tensor bias{{conv.out_channels}, std::vector<float>(conv.out_channels, 0.0F)};
  if (conv.has_bias) bias = f.to.parameters.at(conv.name + ".bias");
  const std::size_t per_channel = weight.values.size() / conv.out_channels;
  for (std::size_t channel = 0; channel < bias.values.size(); ++channel) {
    const double spread = static_cast<double>(variance[channel]) + kBatchNormEpsilon;
    if (!(spread > 0.0)) {
      throw DataError("parameter '" + norm.name + ".running_var', value " +
                      std::to_string(channel) + " = " + std::to_string(variance[channel]) +
                      ": must not be negative");
    }
    const double gain = gamma[channel] / std::sqrt(spread);
    for (std::size_t i = channel * per_channel; i < (channel + 1) * per_channel; ++i) {
      weight.values[i] = static_cast<float>(weight.values[i] * gain);
    }
    bias.values[channel] = static_cast<float>(
        (static_cast<double>(bias.values[channel]) - mean[channel]) * gain + beta[channel]);
  }
  f.to.parameters[conv.name + ".bias"] = bias;
}

void fold_batch_norm(Folding& f, int index) {
  const Node& norm = f.from.network.nodes[index];
  const int source = norm.inputs[0];
  const Node& conv = f.from.network.nodes[source];
  if (conv.op != Op::Conv2d || num_users(f.from.network, source) != 1) {
    throw DataError("node '" + norm.name + "' (batch_norm2d) reads '" + conv.name +
                    "': must read a conv2d that no other node reads, to be folded into it");
  }
  if (f.to.level_scales.count(conv.name) != 0) {
    throw DataError("node '" + conv.name + "' has weights on a level grid and '" + norm.name +
                    "' (batch_norm2d) after it: fold the batch norm before training onto a grid");
  }
  scale_channels(f, conv, norm);
  f.to.codebooks.erase(conv.name);  // each channel has values of its own now
  const int kept = f.new_index[source];
  f.to.network.nodes[kept].has_bias = true;
  f.to.ranges.erase(conv.name);  // the convolution's output is now what the batch norm's was
  const auto range = f.from.ranges.find(norm.name);
  if (range != f.from.ranges.end()) f.to.ranges[conv.name] = range->second;
  f.new_index[index] = kept;
}

void keep(Folding& f, int index) {
  const Node& node = f.from.network.nodes[index];
  Node copy = node;
  for (int& input : copy.inputs) input = f.new_index[input];
  f.new_index[index] = static_cast<int>(f.to.network.nodes.size());
  f.to.network.nodes.push_back(copy);
  const auto range = f.from.ranges.find(node.name);
  if (range != f.from.ranges.end()) f.to.ranges[node.name] = range->second;
  const auto level_scale = f.from.level_scales.find(node.name);
  if (level_scale != f.from.level_scales.end()) f.to.level_scales.insert(*level_scale);
  const auto codebook = f.from.codebooks.find(node.name);
  if (codebook != f.from.codebooks.end()) f.to.codebooks.insert(*codebook);
  if (!has_weights(node.op)) return;
  f.to.parameters[node.name + ".weight"] = f.from.parameters.at(node.name + ".weight");
  if (node.has_bias) {
    f.to.parameters[node.name + ".bias"] = f.from.parameters.at(node.name + ".bias");
  }
}

}  // namespace

NetworkModel fold_for_inference(const NetworkModel& model) {
  validate(model);
  Folding folding{model, {}, std::vector<int>(model.network.nodes.size(), -1)};
  folding.to.network.name = model.network.name;
  folding.to.network.input = model.network.input;
  for (int i = 0; i < static_cast<int>(model.network.nodes.size()); ++i) {
    const Node& node = model.network.nodes[i];
    if (node.op == Op::BatchNorm2d) {
      fold_batch_norm(folding, i);
    } else if (node.op == Op::Dropout) {
      folding.new_index[i] = folding.new_index[node.inputs[0]];
    } else {
      keep(folding, i);
    }
  }
  return folding.to;
}

}  // namespace ohmweave
