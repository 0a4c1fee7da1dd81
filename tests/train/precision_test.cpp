// SPDX-License-Identifier: Apache-2.0
#include "train/precision.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace ohmweave::train {
namespace {

LayerWeights layer(const std::vector<float>& values, float fisher) {
  return {torch::tensor(values), torch::full({static_cast<std::int64_t>(values.size())}, fisher)};
}

TEST(LevelChoices, CostBitsAndHalfTheFisherTimesTheSquaredError) {
  const std::vector<LevelChoice> choices = level_choices(layer({1.0F, -3.0F}, 2.0F), 4);

  ASSERT_EQ(choices.size(), 3U);
  EXPECT_EQ(choices[0].bits, 2.0);  // +-1: one bit a weight
  EXPECT_EQ(choices[1].bits, 4.0);
  EXPECT_EQ(choices[2].bits, 6.0);
  // One level: the scale is 2, both errors are 1. Two levels: codes 1 and 2 at the scale
  // (1 + 6) / (1 + 4) = 1.4, errors 0.4 and 0.2. Four levels reach 1 and 3.
  EXPECT_NEAR(choices[0].loss, 0.5 * 2.0 * (1.0 + 1.0), 1e-6);
  EXPECT_NEAR(choices[1].loss, 0.5 * 2.0 * (0.16 + 0.04), 1e-6);
  EXPECT_NEAR(choices[2].loss, 0.0, 1e-9);
}

TEST(LevelsWithin, TakesBitsFromTheLayerThatMindsLeast) {
  const std::map<std::string, LayerWeights> layers = {{"a", layer({1.0F, -3.0F}, 1.0F)},
                                                      {"b", layer({1.0F, -3.0F}, 100.0F)}};

  EXPECT_EQ(levels_within(layers, 4, 12.0), (std::map<std::string, int>{{"a", 4}, {"b", 4}}));
  EXPECT_EQ(levels_within(layers, 4, 11.0), (std::map<std::string, int>{{"a", 2}, {"b", 4}}));
  EXPECT_EQ(levels_within(layers, 4, 8.0), (std::map<std::string, int>{{"a", 1}, {"b", 4}}));
  EXPECT_EQ(levels_within(layers, 4, 4.0), (std::map<std::string, int>{{"a", 1}, {"b", 1}}));
}

TEST(LevelsWithin, RefusesLessThanABitAWeight) {
  EXPECT_THROW((void)levels_within({{"a", layer({1.0F, -3.0F}, 1.0F)}}, 4, 1.0), ConfigError);
}

}  // namespace
}  // namespace ohmweave::train
