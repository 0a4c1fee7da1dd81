// SPDX-License-Identifier: Apache-2.0
#include "train/calibration.h"

#include <algorithm>
#include <vector>

#include "nn/evaluate.h"

namespace ohmweave::train {
namespace {

/// The only consumer of a node, or -1 when it has none or several.
int only_consumer(const Network& network, int node) {
  int consumer = -1;
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    for (const int input : network.nodes[i].inputs) {
      if (input != node) continue;
      if (consumer >= 0) return -1;
      consumer = i;
    }
  }
  return consumer;
}

bool makes_codes(Op op) {
  return op == Op::Input || op == Op::Relu || op == Op::Add || op == Op::AvgPool2d ||
         has_weights(op);
}

/// Where the codes of `node` first exist in the unfolded graph: after the batch norm that is folded
/// into it; -1 when a ReLU makes them.
int place_of_codes(const Network& network, int node) {
  int place = node;
  int next = only_consumer(network, place);
  if (has_weights(network.nodes[node].op) && next >= 0 &&
      network.nodes[next].op == Op::BatchNorm2d) {
    place = next;
    next = only_consumer(network, place);
  }
  return next >= 0 && network.nodes[next].op == Op::Relu ? -1 : place;
}

}  // namespace

std::map<std::string, ActivationRange> calibrate(nn::GraphModule& module, const TrainingSet& set) {
  const std::int64_t count = std::min(kCalibrationImages, set.data.train.labels.numel());
  return nn::observe_ranges(module, data::normalized(set.data.train.images.slice(0, 0, count)));
}

std::map<std::string, CodeFormat> training_formats(const NetworkModel& model,
                                                   const QuantizationOptions& options) {
  const QuantizedNetwork quantized = quantize(model, options);
  const Network& network = model.network;
  std::map<std::string, CodeFormat> formats;
  for (int i = 0; i < static_cast<int>(quantized.network.nodes.size()) - 1; ++i) {
    const Node& node = quantized.network.nodes[i];
    if (!makes_codes(node.op)) continue;
    const int place = place_of_codes(network, network.index_of(node.name));
    if (place >= 0) formats[network.nodes[place].name] = quantized.nodes[i].output;
  }
  return formats;
}

}  // namespace ohmweave::train
