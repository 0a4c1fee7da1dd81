// SPDX-License-Identifier: Apache-2.0
// Hand-checked cases of the sets inside filters and kernels: n_m, pattern, quantized groups.
#include <gtest/gtest.h>

#include "admm/kernel_pattern.h"
#include "admm/n_m.h"
#include "admm/quantized_groups.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

TEST(NOfM, KeepsTheLargestOfEachRunTheLowerIndexFirst) {
  const NOfM two_of_four(6, 2, 4);
  const torch::Tensor v = torch::tensor({1.0F, -3.0F, 2.0F, 2.0F, 5.0F, 0.1F});

  const torch::Tensor projected = two_of_four.project(v);

  // Runs (1 -3 2 2) and, shorter, (5 0.1).
  EXPECT_TRUE(torch::equal(projected, torch::tensor({0.0F, -3.0F, 2.0F, 0.0F, 5.0F, 0.1F})));
  EXPECT_FALSE(two_of_four.contains(v));
}

TEST(AllPatterns, ListsEveryChoiceOfPositionsOnce) {
  EXPECT_EQ(all_patterns(9, 4).size(), 126U);
  EXPECT_EQ(all_patterns(3, 2), (std::vector<Pattern>{{1, 1, 0}, {1, 0, 1}, {0, 1, 1}}));
}

TEST(KernelPattern, TakesThePatternThatCoversMostAndThenTheStrongestKernels) {
  const std::vector<Pattern> ends = {{1, 1, 0}, {0, 1, 1}};
  const torch::Tensor v = torch::tensor({3.0F, 1.0F, 4.0F, 9.0F, 0.0F, 8.0F, 1.0F, 1.0F, 1.0F});

  const torch::Tensor all = KernelPattern(ends, 3).project(v.reshape({3, 1, 1, 3}));
  const torch::Tensor one = KernelPattern(ends, 1).project(v.reshape({3, 1, 1, 3}));

  EXPECT_TRUE(torch::equal(all.view(-1),
                           torch::tensor({0.0F, 1.0F, 4.0F, 9.0F, 0.0F, 0.0F, 1.0F, 1.0F, 0.0F})));
  EXPECT_TRUE(torch::equal(one.view(-1),
                           torch::tensor({0.0F, 0.0F, 0.0F, 9.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F})));
}

TEST(ChoosePatterns, TakesTheOnesMostKernelsVoteFor) {
  const torch::Tensor weight =
      torch::tensor({1.0F, 9.0F, 9.0F, 9.0F, 9.0F, 1.0F, 0.0F, 2.0F, 3.0F}).reshape({3, 1, 1, 3});

  EXPECT_EQ(choose_patterns(weight, 2, 1), (std::vector<Pattern>{{0, 1, 1}}));
  EXPECT_EQ(choose_patterns(weight, 2, 2), (std::vector<Pattern>{{0, 1, 1}, {1, 1, 0}}));
}

TEST(ParsePattern, RefusesAnotherLength) {
  EXPECT_EQ(parse_pattern("010", 3, "here"), (Pattern{0, 1, 0}));
  EXPECT_THROW((void)parse_pattern("0101", 3, "here"), ConfigError);
}

TEST(QuantizedGroups, KeepsWhatGainsMostNotWhatIsLargest) {
  const QuantizedGroups one(filter_groups({2, 2}), {1.0F, 30.0F}, {GroupCount::AtMost, 1}, {});
  const torch::Tensor v = torch::tensor({{-3.0F, 1.5F}, {1.0F, 1.0F}});

  const torch::Tensor projected = one.project(v);

  // Filter 0 has the larger norm, but -3 is far from every level: gains -7 + 2 = -5 against 2.
  EXPECT_TRUE(torch::equal(projected, torch::tensor({{0.0F, 0.0F}, {1.0F, 1.0F}})));
}

TEST(QuantizedGroups, ExactlyKeepsAGroupThatAtMostWouldEmpty) {
  const torch::Tensor v = torch::tensor({{0.1F, 0.1F}, {1.0F, 1.0F}});
  const std::vector<float> levels = {-1.0F, 1.0F};

  const QuantizedGroups exactly(filter_groups({2, 2}), levels, {GroupCount::Exactly, 2}, {});
  const QuantizedGroups at_most(filter_groups({2, 2}), levels, {GroupCount::AtMost, 2}, {});

  EXPECT_TRUE(torch::equal(exactly.project(v), torch::ones({2, 2})));
  EXPECT_TRUE(torch::equal(at_most.project(v), torch::tensor({{0.0F, 0.0F}, {1.0F, 1.0F}})));
  EXPECT_FALSE(exactly.contains(at_most.project(v)));
}

}  // namespace
}  // namespace ohmweave::admm
