// SPDX-License-Identifier: Apache-2.0
#include "models/line_sparsity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "models/builder.h"
#include "models/models.h"
#include "models/weights.h"

namespace ohmweave::models {
namespace {

SparsityFractions uniform(const Network& network, double fraction) {
  SparsityFractions fractions;
  for (const auto& [name, mask] : full_masks(network)) fractions[name] = fraction;
  return fractions;
}

std::int64_t num_kept(const std::vector<std::uint8_t>& mask) {
  return std::count(mask.begin(), mask.end(), 1);
}

/// Outputs of a layer with any weight, and for each the rows of its weights.
std::vector<std::set<int>> rows_by_output(const std::vector<std::uint8_t>& mask, int rows) {
  std::vector<std::set<int>> lists(mask.size() / static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0) lists[i / rows].insert(static_cast<int>(i % rows));
  }
  return lists;
}

TEST(RemoveLines, KeepsTheShareAskedForInEveryLayerOfEveryNetwork) {
  for (const ModelEntry& entry : model_table()) {
    const Network network = entry.build();
    const std::vector<Shape> shapes = infer_shapes(network);
    if (shapes[0].height > 32) continue;  // the same kinds of layers, only larger
    const WeightMasks masks = remove_lines(network, uniform(network, 0.75), 128, RandomStream(1));
    for (const int node : weight_nodes(network)) {
      const MatrixShape matrix = matrix_shape(network, shapes, node);
      const auto& mask = masks.at(network.nodes[node].name + ".weight");
      const auto kept = static_cast<double>(num_kept(mask));
      const auto all = static_cast<double>(matrix.num_weights());

      // Half a row and half a column are lost or won by rounding, at half of each that stay.
      const double rounding = 1.0 / matrix.rows + 1.0 / (matrix.columns * matrix.groups);
      EXPECT_NEAR(kept / all, 0.25, 0.25 * rounding + 0.5 / matrix.rows)
          << entry.name << " " << network.nodes[node].name;
    }
  }
}

TEST(RemoveLines, ShrinksAChainToTheSameChainWithFewerChannels) {
  const Network network = build_model("vgg16_cifar");
  const WeightMasks masks = remove_lines(network, uniform(network, 0.75), 128, RandomStream(1));

  // Half of conv1's 64 filters stay; conv2 reads these, at all nine places, and no others.
  const auto conv1 = rows_by_output(masks.at("conv1.weight"), 27);
  const auto conv2 = rows_by_output(masks.at("conv2.weight"), 576);
  std::set<int> live;
  for (int filter = 0; filter < 64; ++filter) {
    if (!conv1[filter].empty()) live.insert(filter);
  }
  EXPECT_EQ(live.size(), 32U);
  for (const std::set<int>& rows : conv2) {
    if (rows.empty()) continue;
    std::set<int> read;
    for (const int row : rows) read.insert(row / 9);
    EXPECT_EQ(read, live);
    EXPECT_EQ(rows.size(), 288U);
  }
  EXPECT_EQ(std::count_if(conv2.begin(), conv2.end(), [](const auto& r) { return !r.empty(); }),
            32);
}

TEST(RemoveLines, DrawsRowsAnewForEverySetOfColumns) {
  Builder b("one", {100, 1, 1});
  b.conv2d("conv", 64, {1});
  b.flatten("flatten");
  b.linear("fc", 2);
  const Network network = b.build();

  const WeightMasks masks = remove_lines(network, {{"conv.weight", 0.75}}, 16, RandomStream(1));

  std::vector<std::set<int>> alive;
  for (const auto& rows : rows_by_output(masks.at("conv.weight"), 100)) {
    if (!rows.empty()) alive.push_back(rows);
  }
  ASSERT_EQ(alive.size(), 32U);  // two sets of 16 columns
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(alive[i].size(), 50U);
    EXPECT_EQ(alive[i], alive[0]);
    EXPECT_EQ(alive[16 + i], alive[16]);
  }
  EXPECT_NE(alive[0], alive[16]);
  EXPECT_EQ(num_kept(masks.at("fc.weight")), 128) << "a layer that is not named keeps all";
}

TEST(RemoveLines, OfADepthwiseLayerRemovesTheChannelsThatHaveNoInput) {
  Builder b("depthwise", {4, 4, 4});
  b.conv2d("wide", 100, {1});
  b.conv2d("depthwise", 100, {3, 1, 1, 100});
  b.avg_pool2d("mean", {4});
  b.flatten("flatten");
  b.linear("fc", 3);
  const Network network = b.build();

  const WeightMasks masks = remove_lines(network, uniform(network, 0.75), 128, RandomStream(1));

  const auto wide = rows_by_output(masks.at("wide.weight"), 4);
  const auto depthwise = rows_by_output(masks.at("depthwise.weight"), 9);
  for (int channel = 0; channel < 100; ++channel)
    EXPECT_EQ(depthwise[channel].empty(), wide[channel].empty()) << "channel " << channel;
}

TEST(RemoveLines, KeepsAllOutputsOfTheLastLayerAndAWeightOfEach) {
  const Network network = build_model("lenet5");

  const WeightMasks masks = remove_lines(network, uniform(network, 0.9999), 128, RandomStream(1));

  for (const auto& [name, mask] : masks) EXPECT_GE(num_kept(mask), 1) << name;
  for (const auto& rows : rows_by_output(masks.at("fc2.weight"), 500)) EXPECT_GE(rows.size(), 1U);
}

TEST(RemoveLines, OfNothingKeepsEverything) {
  const Network network = build_model("lenet5");

  EXPECT_EQ(remove_lines(network, uniform(network, 0.0), 128, RandomStream(1)),
            full_masks(network));
}

TEST(RemoveLines, IsAFunctionOfTheSeed) {
  const Network network = build_model("lenet5");
  const SparsityFractions fractions = uniform(network, 0.5);

  EXPECT_EQ(remove_lines(network, fractions, 128, RandomStream(4)),
            remove_lines(network, fractions, 128, RandomStream(4)));
  EXPECT_NE(remove_lines(network, fractions, 128, RandomStream(4)),
            remove_lines(network, fractions, 128, RandomStream(5)));
}

}  // namespace
}  // namespace ohmweave::models
