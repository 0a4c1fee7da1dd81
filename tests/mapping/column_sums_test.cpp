// SPDX-License-Identifier: Apache-2.0
#include "mapping/column_sums.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "core/random.h"

namespace ohmweave::mapping {
namespace {

/// A Linear layer with the given codes (out x in) and unsigned inputs.
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

QuantizedNetwork with_signed_inputs(QuantizedNetwork network) {
  network.nodes[0].output.is_signed = true;
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

TEST(LargestColumnSum, OfSignedInputsAddsLevelsOfEachSliceWithoutTheirSigns) {
  // Column 0: 13 = 1 + 4 * 3 and -6 = -(2 + 4 * 1): slices sum to 3 and 4. Column 1: 1 and 2.
  const QuantizedNetwork network = with_signed_inputs(linear_layer(2, 2, {13, -6, 5, 4}));

  EXPECT_EQ(column_sums(one_block({0, 1}, {0, 1}, 2), network, 1, 128).largest, 4);
  EXPECT_EQ(column_sums(one_block({0, 1}, {1}, 2), network, 1, 128).largest, 2);
  EXPECT_EQ(column_sums(one_block({0, 1}, {0}, 1), network, 1, 128).largest, 3);
}

TEST(LargestColumnSum, OfUnsignedInputsTakesTheLargerSignOfEachSlice) {
  // Column 0: positive levels 1 and 3, negative ones 2 and 1. Column 1: 1 and 2, none negative.
  const QuantizedNetwork network = linear_layer(2, 2, {13, -6, 5, 4});

  EXPECT_EQ(column_sums(one_block({0, 1}, {0, 1}, 2), network, 1, 128).largest, 3);
  EXPECT_EQ(column_sums(one_block({0, 1}, {1}, 2), network, 1, 128).largest, 2);
  EXPECT_EQ(column_sums(one_block({0, 1}, {0}, 1), network, 1, 128).largest, 2);
}

TEST(MeanSquareOfColumns, IsOverSlicesAndRowsReadTogether) {
  // Column 0: slices 1, -2 and 3, -1: squares 5 and 10. Column 1: 1, 0 and 1, 1: 1 and 2.
  const QuantizedNetwork network = linear_layer(2, 2, {13, -6, 5, 4});

  EXPECT_EQ(column_sums(one_block({0, 1}, {0, 1}, 2), network, 1, 128).mean_square, 4.5);
  EXPECT_EQ(column_sums(one_block({0, 1}, {0, 1}, 2), network, 1, 1).mean_square, 2.25);
  EXPECT_EQ(column_sums(one_block({1}, {0}, 2), network, 1, 128).mean_square, 2.5);
}

TEST(LargestColumnSum, CountsOnlyRowsReadTogether) {
  // Levels 3, 0, 2, 3 down one column; array rows are the block's, not the matrix's.
  const QuantizedNetwork network = with_signed_inputs(linear_layer(4, 1, {3, 0, -2, 3}));

  EXPECT_EQ(column_sums(one_block({0, 1, 2, 3}, {0}, 1), network, 1, 4).largest, 8);
  EXPECT_EQ(column_sums(one_block({0, 1, 2, 3}, {0}, 1), network, 1, 2).largest, 5);
  EXPECT_EQ(column_sums(one_block({0, 2, 3}, {0}, 1), network, 1, 2).largest, 5);
  EXPECT_EQ(column_sums(one_block({0, 1, 2, 3}, {0}, 1), network, 1, 1).largest, 3);
}

TEST(LargestColumnSum, TakesTheLargestOfTheNodesBlocks) {
  const QuantizedNetwork network = linear_layer(3, 1, {1, 2, 3});
  Placement placement = one_block({0}, {0}, 1);
  placement.blocks.push_back(placement.blocks[0]);
  placement.blocks[1].rows = {1, 2};
  placement.blocks.push_back(placement.blocks[0]);
  placement.blocks[2].rows = {0, 1, 2};
  placement.blocks[2].node = 0;  // another layer's

  EXPECT_EQ(column_sums(placement, network, 1, 128).largest, 5);
}

/// Largest magnitude of a column's product over all inputs of `low` or 1 in each of ten rows.
std::int64_t worst_product(const std::vector<std::int32_t>& codes, int outputs, int low) {
  std::int64_t worst = 0;
  for (int out = 0; out < outputs; ++out) {
    for (int pattern = 0; pattern < 1024; ++pattern) {
      std::int64_t sum = 0;
      for (int row = 0; row < 10; ++row)
        sum += codes[out * 10 + row] * (((pattern >> row) & 1) != 0 ? 1 : low);
      worst = std::max(worst, std::abs(sum));
    }
  }
  return worst;
}

TEST(LargestColumnSum, IsReachedButNeverPassedByAnyProduct) {
  const Placement placement = one_block({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 1, 2, 3}, 1);
  for (int seed = 0; seed < 20; ++seed) {
    std::vector<std::int32_t> codes;
    for (int i = 0; i < 40; ++i)
      codes.push_back(static_cast<std::int32_t>(RandomStream(seed).below(7, i)) - 3);
    const QuantizedNetwork network = linear_layer(10, 4, codes);

    const std::int64_t of_unsigned = column_sums(placement, network, 1, 10).largest;
    const std::int64_t of_signed =
        column_sums(placement, with_signed_inputs(network), 1, 10).largest;

    EXPECT_EQ(of_unsigned, worst_product(codes, 4, 0)) << seed;
    EXPECT_EQ(of_signed, worst_product(codes, 4, -1)) << seed;
    EXPECT_LT(of_unsigned, of_signed) << seed;
  }
}

TEST(LargestColumnSum, IsZeroWithoutBlocksAndRefusesNoRows) {
  const QuantizedNetwork network = linear_layer(1, 1, {3});
  Placement placement = one_block({0}, {0}, 1);
  EXPECT_THROW((void)column_sums(placement, network, 1, 0).largest, std::logic_error);

  placement.blocks.clear();
  EXPECT_EQ(column_sums(placement, network, 1, 1).largest, 0);
}

}  // namespace
}  // namespace ohmweave::mapping
