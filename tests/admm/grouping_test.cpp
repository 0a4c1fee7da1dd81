// SPDX-License-Identifier: Apache-2.0
#include "admm/grouping.h"

#include <gtest/gtest.h>

#include "admm/group_cardinality.h"

namespace ohmweave::admm {
namespace {

using Groups = std::vector<std::int32_t>;

TEST(Grouping, ReadsAConvolutionByFilterChannelAndShape) {
  const std::vector<std::int64_t> shape = {2, 2, 1, 2};

  EXPECT_EQ(filter_groups(shape).of_entry, (Groups{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(channel_groups(shape, 1).of_entry, (Groups{0, 0, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(shape_groups(shape, 1).of_entry, (Groups{0, 1, 2, 3, 0, 1, 2, 3}));
  EXPECT_EQ(single_weights(shape).count, 8);
}

TEST(Grouping, KeepsTheInputsOfConvolutionGroupsApart) {
  const std::vector<std::int64_t> shape = {4, 1, 1, 2};  // two groups of two filters

  EXPECT_EQ(channel_groups(shape, 2).of_entry, (Groups{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(channel_groups(shape, 2).count, 2);
  EXPECT_EQ(shape_groups(shape, 2).of_entry, (Groups{0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(shape_groups(shape, 2).count, 4);
}

TEST(GroupCardinality, RanksByEnergyInTheMetric) {
  const GroupCardinality one(filter_groups({2, 2}), 1);
  const torch::Tensor v = torch::tensor({{1.0F, 1.0F}, {2.0F, 0.0F}});

  const torch::Tensor plain = one.project(v);
  const torch::Tensor weighted = one.project(v, torch::tensor({{3.0F, 2.0F}, {1.0F, 9.0F}}));

  EXPECT_TRUE(torch::equal(plain, torch::tensor({{0.0F, 0.0F}, {2.0F, 0.0F}})));
  EXPECT_TRUE(torch::equal(weighted, torch::tensor({{1.0F, 1.0F}, {0.0F, 0.0F}})));
}

}  // namespace
}  // namespace ohmweave::admm
