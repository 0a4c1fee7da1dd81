// SPDX-License-Identifier: Apache-2.0
#include "core/dead_paths.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ohmweave {
namespace {

Node node(const std::string& name, Op op, std::vector<int> inputs) {
  Node n;
  n.name = name;
  n.op = op;
  n.inputs = std::move(inputs);
  return n;
}

Node linear(const std::string& name, int input, int outputs) {
  Node n = node(name, Op::Linear, {input});
  n.out_channels = outputs;
  n.has_bias = true;
  return n;
}

/// 2 inputs -> a (3) -> ReLU -> b (3) -> ReLU -> c (2).
Network chain() {
  Network network;
  network.name = "chain";
  network.input = {2, 1, 1};
  network.nodes = {node("input", Op::Input, {}),  linear("a", 0, 3),
                   node("relu_a", Op::Relu, {1}), linear("b", 2, 3),
                   node("relu_b", Op::Relu, {3}), linear("c", 4, 2)};
  return network;
}

TEST(LiveWeights, KeepsAllOfAFullNetwork) {
  const WeightMasks full = {{"a.weight", std::vector<std::uint8_t>(6, 1)},
                            {"b.weight", std::vector<std::uint8_t>(9, 1)},
                            {"c.weight", std::vector<std::uint8_t>(6, 1)}};

  EXPECT_EQ(live_weights(chain(), full), full);
}

TEST(LiveWeights, DropsWhatReadsAConstantAndWhatNothingReads) {
  // a: neuron 1 has no input. b: neuron 0 reads a's 0 and 1; neuron 1 reads a's 1 only; neuron 2
  // reads a's 2. c reads b's 0 and 1 only.
  const WeightMasks masks = {{"a.weight", {1, 0, 0, 0, 0, 1}},
                             {"b.weight", {1, 1, 0, 0, 1, 0, 0, 0, 1}},
                             {"c.weight", {1, 1, 0, 1, 1, 0}}};

  const WeightMasks live = live_weights(chain(), masks);

  // b's weights from a's 1 read a constant; b's 1 becomes a constant by that, so c's weights from
  // it too; b's 2 is read by nothing, and then a's 2 neither.
  EXPECT_EQ(live.at("a.weight"), (std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(live.at("b.weight"), (std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(live.at("c.weight"), (std::vector<std::uint8_t>{1, 0, 0, 1, 0, 0}));
}

TEST(LiveWeights, ChangesNothingWhenAppliedAgain) {
  const WeightMasks masks = {{"a.weight", {1, 0, 0, 0, 0, 1}},
                             {"b.weight", {1, 1, 0, 0, 1, 0, 0, 0, 1}},
                             {"c.weight", {1, 1, 0, 1, 1, 0}}};
  const WeightMasks live = live_weights(chain(), masks);

  EXPECT_EQ(live_weights(chain(), live), live);
}

/// 2 x 3 x 3 -> convolution 2, kernel 3 -> flatten -> c (1).
Network padded(int padding, bool has_bias) {
  Network network;
  network.name = "padded";
  network.input = {2, 3, 3};
  Node first = node("first", Op::Conv2d, {0});
  first.out_channels = 2;
  first.kernel = 1;
  first.has_bias = true;
  Node second = node("second", Op::Conv2d, {1});
  second.out_channels = 1;
  second.kernel = 3;
  second.padding = padding;
  second.has_bias = has_bias;
  network.nodes = {node("input", Op::Input, {}), first, second, node("flatten", Op::Flatten, {2})};
  network.nodes.push_back(linear("c", 3, 1));
  return network;
}

WeightMasks padded_masks(const Network& network) {
  const int area = static_cast<int>(infer_shapes(network)[3].size());
  return {{"first.weight", {1, 1, 0, 0}},  // channel 1 is constant
          {"second.weight", std::vector<std::uint8_t>(18, 1)},
          {"c.weight", std::vector<std::uint8_t>(area, 1)}};
}

TEST(LiveWeights, KeepsReadersOfAConstantWhereItCannotBeFolded) {
  const Network plain = padded(0, true);
  const Network border = padded(1, true);
  const Network bare = padded(0, false);

  std::vector<std::uint8_t> first_channel_only(18, 0);
  std::fill(first_channel_only.begin(), first_channel_only.begin() + 9, 1);
  EXPECT_EQ(live_weights(plain, padded_masks(plain)).at("second.weight"), first_channel_only);
  EXPECT_EQ(live_weights(border, padded_masks(border)).at("second.weight"),
            std::vector<std::uint8_t>(18, 1));
  EXPECT_EQ(live_weights(bare, padded_masks(bare)).at("second.weight"),
            std::vector<std::uint8_t>(18, 1));
}

TEST(LiveWeights, RefusesAMaskOfAnotherSize) {
  EXPECT_THROW((void)live_weights(chain(), {{"a.weight", {1}}}), std::logic_error);
}

TEST(FoldDeadPaths, MovesConstantsIntoTheNextBiasAndClearsTheirOwn) {
  const WeightMasks masks = {{"a.weight", {1, 0, 0, 0, 0, 0}},
                             {"b.weight", {1, 1, 0, 0, 1, 0, 0, 0, 0}},
                             {"c.weight", {1, 2, 0, 1, 1, 0}}};
  const Parameters parameters = {
      {"a.weight", {{3, 2}, {2, 0, 0, 0, 0, 0}}},           {"a.bias", {{3}, {0.5F, 3.0F, 7.0F}}},
      {"b.weight", {{3, 3}, {1, 2, 0, 0, -1, 0, 0, 0, 0}}}, {"b.bias", {{3}, {1.0F, 5.0F, 9.0F}}},
      {"c.weight", {{2, 3}, {1, 10, 0, 1, 20, 0}}},         {"c.bias", {{2}, {0.0F, 1.0F}}}};

  const Parameters folded = fold_dead_paths(chain(), parameters, live_weights(chain(), masks));

  // a's 1 is relu(3) = 3: b's 0 gains 2 * 3. b's 1 is relu(5 - 3) = 2: c gains 10 * 2 and 20 * 2.
  EXPECT_EQ(folded.at("a.bias").values, (std::vector<float>{0.5F, 0.0F, 0.0F}));
  EXPECT_EQ(folded.at("b.bias").values, (std::vector<float>{7.0F, 0.0F, 0.0F}));
  EXPECT_EQ(folded.at("c.bias").values, (std::vector<float>{20.0F, 41.0F}));
  EXPECT_EQ(folded.at("b.weight").values, (std::vector<float>{1, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(folded.at("c.weight").values, (std::vector<float>{1, 0, 0, 1, 0, 0}));
}

}  // namespace
}  // namespace ohmweave
