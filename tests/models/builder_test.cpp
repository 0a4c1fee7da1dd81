// SPDX-License-Identifier: Apache-2.0
#include "models/builder.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace ohmweave::models {
namespace {

TEST(Builder, ReadsTheNodeAppendedLast) {
  Builder b("chain", {2, 4, 4});
  b.conv2d("conv", 3, {3, 1, 1});
  b.relu("relu");

  const Network network = b.build();

  ASSERT_EQ(network.nodes.size(), 3U);
  EXPECT_EQ(network.nodes[1].inputs, std::vector<int>{0});
  EXPECT_EQ(network.nodes[2].inputs, std::vector<int>{1});
  EXPECT_TRUE(network.nodes[1].has_bias);
  EXPECT_EQ(network.nodes[1].padding, 1);
}

TEST(Builder, JoinsTwoBranches) {
  Builder b("residual", {2, 4, 4});
  const int trunk = b.conv2d("conv1", 2, {1});
  const int branch = b.conv2d_without_bias("conv2", 2, {3, 1, 1});
  const int side = b.from(trunk).relu("side");
  b.add("sum", branch, side);

  const Network network = b.build();

  EXPECT_EQ(network.nodes[network.index_of("side")].inputs, std::vector<int>{trunk});
  EXPECT_EQ(network.nodes.back().inputs, (std::vector<int>{branch, side}));
  EXPECT_FALSE(network.nodes[branch].has_bias);
}

TEST(Builder, RefusesAMapThatIsReadAsAVector) {
  Builder b("no_flatten", {2, 4, 4});
  b.linear("fc", 3);

  try {
    static_cast<void>(b.build());
    FAIL() << "a linear layer on a 4 x 4 map was accepted";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "network 'no_flatten', node 'fc' (linear): its input is a map of 2 x 4 x 4: must "
                 "be a vector (put a flatten before)");
  }
}

}  // namespace
}  // namespace ohmweave::models
