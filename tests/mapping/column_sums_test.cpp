// SPDX-License-Identifier: Apache-2.0
#include "mapping/column_sums.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "core/random.h"

namespace ohmweave::mapping {
namespace {

/// A Linear layer with the given codes (out x in).
QuantizedNetwork linear_layer(int inputs, int outputs, std::vector<std::int32_t> codes) {
  QuantizedNetwork network;
  network.network.input = {inputs, 1, 1};
  network.network.nodes.resize(2);
  network.network.nodes[0].name = "input";
  network.network.nodes[1].name = "fc";
  network.network.nodes[1].op = Op::Linear;
  network.network.nodes[1].inputs = {0};
  network.network.nodes[1].out_channels = outputs;
  network.nodes.resize(2);
  network.nodes[1].weights.emplace();
  network.nodes[1].weights->codes = std::move(codes);
  return network;
}

/// One block of the rows and columns given, in slices of two bits.
Placement one_block(std::vector<int> rows, std::vector<int> columns, int num_slices) {
  Placement placement;
  placement.geometry = {128, 128, num_slices, 2};
  Block block;
  block.node = 1;
  block.rows = std::move(rows);
  block.columns = std::move(columns);
  placement.blocks = {block};
  return placement;
}

TEST(MaxColumnSum, AddsLevelsOfEachSliceWithoutTheirSigns) {
  // Column 0: 13 = 1 + 4 * 3 and -6 = -(2 + 4 * 1): slices sum to 3 and 4. Column 1: 1 and 2.
  const QuantizedNetwork network = linear_layer(2, 2, {13, -6, 5, 4});

  EXPECT_EQ(max_column_sum(one_block({0, 1}, {0, 1}, 2), network, 1, 128), 4);
  EXPECT_EQ(max_column_sum(one_block({0, 1}, {1}, 2), network, 1, 128), 2);
  EXPECT_EQ(max_column_sum(one_block({0, 1}, {0}, 1), network, 1, 128), 3);
}

TEST(MaxColumnSum, CountsOnlyRowsReadTogether) {
  // Levels 3, 0, 2, 3 down one column; array rows are the block's, not the matrix's.
  const QuantizedNetwork network = linear_layer(4, 1, {3, 0, -2, 3});

  EXPECT_EQ(max_column_sum(one_block({0, 1, 2, 3}, {0}, 1), network, 1, 4), 8);
  EXPECT_EQ(max_column_sum(one_block({0, 1, 2, 3}, {0}, 1), network, 1, 2), 5);
  EXPECT_EQ(max_column_sum(one_block({0, 2, 3}, {0}, 1), network, 1, 2), 5);
  EXPECT_EQ(max_column_sum(one_block({0, 1, 2, 3}, {0}, 1), network, 1, 1), 3);
}

TEST(MaxColumnSum, TakesTheLargestOfTheNodesBlocks) {
  const QuantizedNetwork network = linear_layer(3, 1, {1, 2, 3});
  Placement placement = one_block({0}, {0}, 1);
  placement.blocks.push_back(placement.blocks[0]);
  placement.blocks[1].rows = {1, 2};
  placement.blocks.push_back(placement.blocks[0]);
  placement.blocks[2].rows = {0, 1, 2};
  placement.blocks[2].node = 0;  // another layer's

  EXPECT_EQ(max_column_sum(placement, network, 1, 128), 5);
}

TEST(MaxColumnSum, BoundsEveryProductWithSignedDigitsAndIsReached) {
  // The converter must take whatever signs the digits have: the worst pattern follows the weights'.
  std::vector<std::int32_t> codes;
  for (int i = 0; i < 40; ++i)
    codes.push_back(static_cast<std::int32_t>(RandomStream(4).below(7, i)) - 3);
  const QuantizedNetwork network = linear_layer(10, 4, codes);
  std::int64_t worst = 0;
  for (int out = 0; out < 4; ++out) {
    for (int signs = 0; signs < 1024; ++signs) {
      std::int64_t sum = 0;
      for (int row = 0; row < 10; ++row)
        sum += ((signs >> row) & 1) != 0 ? codes[out * 10 + row] : -codes[out * 10 + row];
      worst = std::max(worst, std::abs(sum));
    }
  }

  const Placement placement = one_block({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 1, 2, 3}, 1);

  EXPECT_EQ(max_column_sum(placement, network, 1, 10), worst);
}

TEST(MaxColumnSum, IsZeroWithoutBlocksAndRefusesNoRows) {
  const QuantizedNetwork network = linear_layer(1, 1, {3});
  Placement placement = one_block({0}, {0}, 1);
  EXPECT_THROW((void)max_column_sum(placement, network, 1, 0), std::logic_error);

  placement.blocks.clear();
  EXPECT_EQ(max_column_sum(placement, network, 1, 1), 0);
}

}  // namespace
}  // namespace ohmweave::mapping
