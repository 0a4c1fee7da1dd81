// SPDX-License-Identifier: Apache-2.0
#include "mapping/partition.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

CutRules small_array() {
  CutRules rules;
  rules.geometry.rows = 4;
  rules.geometry.cols = 2;
  rules.geometry.num_slices = 1;
  rules.geometry.bits_per_cell = 2;
  return rules;
}
const CutRules kSmallArray = small_array();

/// The pattern of an 8 x 4 matrix that is non-zero where `is_alive` says so.
NonzeroPattern pattern_of(int rows, int columns, const std::function<bool(int, int)>& is_alive) {
  QuantizedNetwork network = one_layer(rows, columns);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) code_at(network, r, c) = is_alive(r, c) ? -3 : 0;
  return {*network.nodes[1].weights, {rows, columns, 1, 1}, 0};
}

TEST(NonzeroPattern, KnowsRowsAndColumnsThatAreAlive) {
  const NonzeroPattern pattern =
      pattern_of(3, 70, [](int r, int c) { return (r == 1 && c == 69) || (r == 2 && c == 0); });

  EXPECT_TRUE(pattern.contains(1, 69));
  EXPECT_FALSE(pattern.contains(1, 68));
  EXPECT_EQ(pattern.alive_rows({0, 1, 2}, {64, 69}), (std::vector<int>{1}));
  EXPECT_EQ(pattern.alive_columns({0, 1, 2}, {0, 1, 69}), (std::vector<int>{0, 69}));
  EXPECT_EQ(pattern.alive_columns({0}, {0, 1, 69}), std::vector<int>{});
  EXPECT_EQ(pattern.column_bits(69), (std::vector<std::uint64_t>{2}));
}

TEST(NonzeroPattern, ReadsOnlyItsGroup) {
  QuantizedWeights weights;
  weights.codes = {1, 0, 0, 0, 0, 7};  // 3 groups of 1 output x 2 rows

  const NonzeroPattern second(weights, {2, 1, 3, 1}, 1);
  const NonzeroPattern third(weights, {2, 1, 3, 1}, 2);

  EXPECT_TRUE(second.alive_rows({0, 1}, {0}).empty());
  EXPECT_EQ(third.alive_rows({0, 1}, {0}), (std::vector<int>{1}));
}

TEST(Partition, OfADenseMatrixTakesTheCeilingOfBothRatios) {
  const NonzeroPattern pattern = pattern_of(9, 5, [](int, int) { return true; });

  const Partition cut = partition(pattern, kSmallArray);

  EXPECT_EQ(cut.pieces.size(), 3u * 3u);
  EXPECT_EQ(num_cells(cut.pieces), 9 * 5);
  EXPECT_EQ(cut.layout, "column_blocks");
}

TEST(Partition, OfZerosHasNoPieces) {
  EXPECT_TRUE(
      partition(pattern_of(8, 4, [](int, int) { return false; }), kSmallArray).pieces.empty());
}

TEST(Partition, RemovesWholeRowsAndColumns) {
  const NonzeroPattern pattern =
      pattern_of(8, 4, [](int r, int c) { return r % 2 == 0 && c >= 1 && c <= 2; });

  const Partition cut = partition(pattern, kSmallArray);

  ASSERT_EQ(cut.pieces.size(), 1u);
  EXPECT_EQ(cut.pieces[0].rows, (std::vector<int>{0, 2, 4, 6}));
  EXPECT_EQ(cut.pieces[0].columns, (std::vector<int>{1, 2}));
}

TEST(Partition, ProfitsFromPrunedRowSegmentsOfAColumnBlock) {
  // Columns 0-1 keep the even rows, columns 2-3 the odd ones: no row of the matrix is dead.
  const NonzeroPattern pattern = pattern_of(8, 4, [](int r, int c) { return r % 2 == c / 2; });

  EXPECT_EQ(partition(pattern, kSmallArray).pieces.size(), 2u);  // dense: 4
}

TEST(Partition, ProfitsFromPrunedColumnSegmentsOfARowBlock) {
  // Rows 0-3 keep columns 0 and 2, rows 4-7 columns 1 and 3: no column of the matrix is dead.
  const NonzeroPattern pattern = pattern_of(8, 4, [](int r, int c) { return c % 2 == r / 4; });

  EXPECT_EQ(partition(pattern, kSmallArray).pieces.size(), 2u);  // dense: 4
}

TEST(Partition, ProfitsFromPrunedBlocks) {
  const NonzeroPattern pattern = pattern_of(8, 4, [](int r, int c) { return (r / 4) == (c / 2); });

  const Partition cut = partition(pattern, kSmallArray);

  ASSERT_EQ(cut.pieces.size(), 2u);
  EXPECT_EQ(num_cells(cut.pieces), 2 * 8);
}

TEST(Partition, PutsColumnsWithTheSameRowsTogether) {
  // Even columns live in the upper half, odd ones in the lower: any two neighbours fill all rows.
  const NonzeroPattern pattern = pattern_of(8, 8, [](int r, int c) { return r / 4 == c % 2; });

  const Partition cut = partition(pattern, {{4, 4, 1, 2}});

  EXPECT_EQ(cut.pieces.size(), 2u);
}

TEST(Partition, DropsColumnsThatAreZeroWithinAPiece) {
  // Row 4 falls into a second piece, where only column 1 is alive.
  const NonzeroPattern pattern = pattern_of(5, 2, [](int r, int c) { return r < 4 || c == 1; });

  const Partition cut = partition(pattern, kSmallArray);

  ASSERT_EQ(cut.pieces.size(), 2u);
  EXPECT_EQ(num_cells(cut.pieces), 4 * 2 + 1);
}

}  // namespace
}  // namespace ohmweave::mapping
