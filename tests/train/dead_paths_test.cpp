// SPDX-License-Identifier: Apache-2.0
// Does a network without its dead paths compute what it computed with them?
#include "core/dead_paths.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "nn/evaluate.h"
#include "tests/train/small_training.h"

namespace ohmweave::train {
namespace {

Node& append_node(Network& network, const std::string& name, Op op, int out_channels = 0) {
  Node node;
  node.name = name;
  node.op = op;
  node.out_channels = out_channels;
  node.has_bias = op == Op::Linear || op == Op::Conv2d;
  if (!network.nodes.empty()) node.inputs = {static_cast<int>(network.nodes.size()) - 1};
  network.nodes.push_back(node);
  return network.nodes.back();
}

/// Two convolutions, the second grouped, padded and followed by batch norm, a skip, two linear
/// layers.
Network branching_network() {
  Network network;
  network.name = "branching";
  network.input = {2, 10, 10};
  append_node(network, "input", Op::Input);
  append_node(network, "conv1", Op::Conv2d, 6).kernel = 3;
  append_node(network, "relu1", Op::Relu);
  Node& pool = append_node(network, "pool", Op::MaxPool2d);
  pool.kernel = 2;
  pool.stride = 2;
  Node& conv2 = append_node(network, "conv2", Op::Conv2d, 6);
  conv2.kernel = 3;
  conv2.padding = 1;
  conv2.groups = 2;
  conv2.has_bias = false;
  append_node(network, "bn", Op::BatchNorm2d);
  append_node(network, "add", Op::Add).inputs = {5, 3};
  append_node(network, "relu2", Op::Relu);
  append_node(network, "conv3", Op::Conv2d, 5).kernel = 2;
  append_node(network, "relu3", Op::Relu);
  append_node(network, "flatten", Op::Flatten);
  append_node(network, "fc1", Op::Linear, 12);
  append_node(network, "relu4", Op::Relu);
  append_node(network, "fc2", Op::Linear, 4);
  return network;
}

TEST(FoldDeadPaths, LeavesTheFunctionAsItWas) {
  const torch::NoGradGuard no_grad;
  const Network network = branching_network();
  std::size_t num_removed = 0;
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    nn::GraphModule module(network);
    module.eval();
    WeightMasks masks;
    const RandomStream stream = RandomStream(3).child("trial", trial);
    for (const auto& [name, core_tensor] : module.state()) {
      torch::Tensor tensor = module.parameter(name);
      const bool is_weight = tensor.dim() >= 2;
      for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        const bool is_kept = !is_weight || stream.child(name).uniform(2 * i) < 0.08;
        const double value = stream.child(name).normal(2 * i + 1);
        tensor.view(-1)[i] = is_kept ? (name == "bn.running_var" ? value * value : value) : 0.0;
        if (is_weight) masks[name].push_back(is_kept ? 1 : 0);
      }
    }
    const torch::Tensor images = torch::rand({5, 2, 10, 10});
    const torch::Tensor expected = module.forward(images);

    const WeightMasks live = live_weights(network, masks);
    module.load(fold_dead_paths(network, module.state(), live));

    for (const auto& [name, mask] : masks) {
      for (std::size_t i = 0; i < mask.size(); ++i) num_removed += mask[i] != live.at(name)[i];
    }
    EXPECT_TRUE(torch::allclose(module.forward(images), expected, 1e-4, 1e-4)) << trial;
  }
  EXPECT_GT(num_removed, 100U);
}

}  // namespace
}  // namespace ohmweave::train
