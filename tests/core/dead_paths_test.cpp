// SPDX-License-Identifier: Apache-2.0
#include "core/dead_paths.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "core/random.h"

namespace ohmweave {
namespace {

Node bare_node(const std::string& name, Op op, std::vector<int> inputs) {
  Node n;
  n.name = name;
  n.op = op;
  n.inputs = std::move(inputs);
  return n;
}

Node biased_linear(const std::string& name, int input, int outputs) {
  Node n = bare_node(name, Op::Linear, {input});
  n.out_channels = outputs;
  n.has_bias = true;
  return n;
}

/// 2 inputs -> a (3) -> ReLU -> b (3) -> ReLU -> c (2).
Network chain() {
  Network network;
  network.name = "chain";
  network.input = {2, 1, 1};
  network.nodes = {bare_node("input", Op::Input, {}),  biased_linear("a", 0, 3),
                   bare_node("relu_a", Op::Relu, {1}), biased_linear("b", 2, 3),
                   bare_node("relu_b", Op::Relu, {3}), biased_linear("c", 4, 2)};
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
  Node first = bare_node("first", Op::Conv2d, {0});
  first.out_channels = 2;
  first.kernel = 1;
  first.has_bias = true;
  Node second = bare_node("second", Op::Conv2d, {1});
  second.out_channels = 1;
  second.kernel = 3;
  second.padding = padding;
  second.has_bias = has_bias;
  network.nodes = {bare_node("input", Op::Input, {}), first, second,
                   bare_node("flatten", Op::Flatten, {2})};
  network.nodes.push_back(biased_linear("c", 3, 1));
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

/// 2 x 2 x 2 -> convolution -> ReLU -> convolution, plus the ReLU's output -> flatten -> fc.
Network residual() {
  Network network;
  network.name = "residual";
  network.input = {2, 2, 2};
  const auto conv = [](const char* name, int input) {
    Node n = biased_linear(name, input, 2);
    n.op = Op::Conv2d;
    return n;
  };
  network.nodes = {bare_node("input", Op::Input, {}), conv("a", 0),
                   bare_node("relu", Op::Relu, {1}),  conv("b", 2),
                   bare_node("sum", Op::Add, {2, 3}), bare_node("flatten", Op::Flatten, {4}),
                   biased_linear("c", 5, 2)};
  return network;
}

/// Masks of full shape with a share `density` of the weights.
WeightMasks random_masks(const Network& network, double density, std::uint64_t seed) {
  const std::vector<Shape> shapes = infer_shapes(network);
  WeightMasks masks;
  for (const int i : weight_nodes(network)) {
    const RandomStream stream = RandomStream(seed).child(network.nodes[i].name);
    const auto size = static_cast<std::size_t>(matrix_shape(network, shapes, i).num_weights());
    std::vector<std::uint8_t>& mask = masks[network.nodes[i].name + ".weight"];
    for (std::size_t e = 0; e < size; ++e) mask.push_back(stream.uniform(e) < density ? 1 : 0);
  }
  return masks;
}

TEST(GrowableWeights, AreThoseThatWouldBeLiveBesideTheMasks) {
  int num_growable = 0;
  int num_others = 0;
  for (const Network& network : {chain(), residual(), padded(0, true)}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const WeightMasks masks = random_masks(network, 0.1 + 0.01 * static_cast<double>(seed), seed);
      for (const auto& [name, growable] : growable_weights(network, masks)) {
        for (std::size_t e = 0; e < growable.size(); ++e) {
          WeightMasks grown = masks;
          grown.at(name)[e] = 1;
          ASSERT_EQ(growable[e], live_weights(network, grown).at(name)[e])
              << name << " " << e << ", seed " << seed;
          ++(growable[e] != 0 ? num_growable : num_others);
        }
      }
    }
  }
  EXPECT_GT(num_growable, 500);
  EXPECT_GT(num_others, 500);
}

TEST(GrowableWeights, ReviveWeightsThatLackOneOnTheirPath) {
  // a's neuron 0 reads the image; b's neuron 1 is read on to the output; nothing lies between.
  const WeightMasks masks = {{"a.weight", {1, 0, 0, 0, 0, 0}},
                             {"b.weight", std::vector<std::uint8_t>(9, 0)},
                             {"c.weight", {0, 1, 0, 0, 0, 0}}};

  const WeightMasks growable = growable_weights(chain(), masks);

  EXPECT_EQ(growable.at("a.weight"), std::vector<std::uint8_t>(6, 0));
  EXPECT_EQ(growable.at("b.weight"), (std::vector<std::uint8_t>{0, 0, 0, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(growable.at("c.weight"), std::vector<std::uint8_t>(6, 0));
}

TEST(GrowableWeights, KeepButDoNotAddReadersOfAConstantWhereItCannotBeFolded) {
  const Network border = padded(1, true);
  WeightMasks masks = padded_masks(border);
  std::vector<std::uint8_t>& second = masks.at("second.weight");
  std::fill(second.begin(), second.end(), 0);
  second[12] = 1;  // reads channel 1, a constant

  std::vector<std::uint8_t> expected(18, 0);
  std::fill(expected.begin(), expected.begin() + 9, 1);
  expected[12] = 1;
  EXPECT_EQ(growable_weights(border, masks).at("second.weight"), expected);
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
