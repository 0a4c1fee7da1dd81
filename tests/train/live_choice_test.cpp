// SPDX-License-Identifier: Apache-2.0
#include "train/live_choice.h"

#include <gtest/gtest.h>

#include "tests/train/small_training.h"

namespace ohmweave::train {
namespace {

/// input (2) -> a (3) -> b (2).
Network two_layers() {
  Network network;
  network.name = "two";
  network.input = {2, 1, 1};
  for (const auto& [name, outputs] : {std::pair<std::string, int>{"a", 3}, {"b", 2}}) {
    if (network.nodes.empty()) {
      network.nodes.emplace_back();
      network.nodes.back().name = "input";
    }
    Node node;
    node.name = name;
    node.op = Op::Linear;
    node.out_channels = outputs;
    node.has_bias = true;
    node.inputs = {static_cast<int>(network.nodes.size()) - 1};
    network.nodes.push_back(node);
  }
  return network;
}

WeightMasks all_weights() {
  return {{"a.weight", std::vector<std::uint8_t>(6, 1)},
          {"b.weight", std::vector<std::uint8_t>(6, 1)}};
}

TEST(ChooseLive, GivesThePlacesOfDeadPathsToTheNextBest) {
  // The best four by score: a's weights into neuron 0 and 2, b's weight from neuron 1 (dead: no
  // input) and from neuron 0. The one into neuron 2 is dead too: nothing reads it.
  const WeightScores scores = {{"a.weight", {9, 1, 2, 1, 8, 0.5}},
                               {"b.weight", {7, 10, 3, 6, 0, 0}}};

  const WeightMasks chosen = choose_live(two_layers(), all_weights(), scores, {}, 4);

  // Two of them are alive: two more are taken, b10 and b02, which brings a20 to life: one too many.
  // Without b02 there would be three, so the next worst goes, b10.
  EXPECT_EQ(chosen.at("a.weight"), (std::vector<std::uint8_t>{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(chosen.at("b.weight"), (std::vector<std::uint8_t>{1, 0, 1, 0, 0, 0}));
}

TEST(ChooseLive, KeepsExactlyTheCountAndNothingDead) {
  const Network network = small_network();
  WeightMasks candidates = {{"fc1.weight", std::vector<std::uint8_t>(49 * 16, 1)},
                            {"fc2.weight", std::vector<std::uint8_t>(16 * 10, 1)}};
  WeightScores scores;
  const RandomStream stream(5);
  for (const auto& [name, mask] : candidates) {
    for (std::size_t i = 0; i < mask.size(); ++i) {
      scores[name].push_back(std::abs(stream.child(name).normal(i)));
    }
  }
  for (const std::int64_t keep : {500, 200, 77, 30}) {
    const WeightMasks chosen = choose_live(network, candidates, scores, {}, keep);

    EXPECT_EQ(count_weights(chosen), keep);
    EXPECT_EQ(live_weights(network, chosen), chosen);
    candidates = chosen;  // the next choice is made among these
  }
}

TEST(ChooseLive, HonoursTheFloorOfALayer) {
  WeightScores scores = {{"a.weight", std::vector<double>(6, 1.0)},
                         {"b.weight", std::vector<double>(6, 100.0)}};

  const WeightMasks chosen = choose_live(two_layers(), all_weights(), scores, {{"a.weight", 3}}, 8);

  const std::vector<std::uint8_t>& a = chosen.at("a.weight");
  EXPECT_GE(std::count(a.begin(), a.end(), 1), 3);
  EXPECT_EQ(count_weights(chosen), 8);
}

TEST(ChooseLive, PrefersTheEarlierAmongEquals) {
  const WeightScores scores = {{"a.weight", std::vector<double>(6, 1.0)},
                               {"b.weight", std::vector<double>(6, 1.0)}};

  const WeightMasks chosen = choose_live(two_layers(), all_weights(), scores, {}, 12);
  const WeightMasks again = choose_live(two_layers(), all_weights(), scores, {}, 9);

  EXPECT_EQ(chosen, all_weights());
  EXPECT_EQ(again.at("a.weight"), (std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(again.at("b.weight"), (std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0}));
}

}  // namespace
}  // namespace ohmweave::train
