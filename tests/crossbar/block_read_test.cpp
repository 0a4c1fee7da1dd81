// SPDX-License-Identifier: Apache-2.0
#include "crossbar/block_read.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace ohmweave::crossbar {
namespace {

/// 2 slices of 2 bits: codes of up to 15.
ReadCircuits circuits() {
  ReadCircuits reads;
  reads.array.rows = 4;
  reads.array.cols = 4;
  reads.array.row_ohm = 0.0;
  reads.array.col_ohm = 0.0;
  reads.adc_bits = 4;
  reads.input_bits = 3;
  return reads;
}

/// Signed codes, rows x columns, in the slices of 4 x 4 arrays, from (first_row, first_column) on.
BlockSite site_of(const std::vector<int>& codes, int rows, int columns, int first_row = 0,
                  int first_column = 0) {
  BlockSite site;
  site.rows = rows;
  site.columns = columns;
  site.first_row = first_row;
  site.first_column = first_column;
  for (int array = 0; array < 4; ++array) {
    std::vector<int> levels(4 * 4, 0);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) {
        const int code = codes[r * columns + c];
        const int magnitude = array % 2 == 0 ? std::max(0, code) : std::max(0, -code);
        levels[(first_row + r) * 4 + first_column + c] = magnitude >> (2 * (array / 2)) & 3;
      }
    site.levels.push_back(levels);
  }
  return site;
}

// Rows of codes 7 -12 / -1 3 / 15 0.
const std::vector<int> kCodes = {7, -12, -1, 3, 15, 0};

TEST(ReadBlock, OfIdealArraysIsTheIntegerProductWithTheSignOfTheInputs) {
  const BlockReader block =
      make_block_reader(site_of(kCodes, 3, 2), circuits(), RandomStream(1), 0);

  // 5 * 7 + (-6) * (-1) + 7 * 15 and 5 * (-12) + (-6) * 3.
  EXPECT_EQ(read_block(block, {5, -6, 7}), (std::vector<std::int64_t>{146, -78}));
}

TEST(ReadBlock, OfRowPairsIsTheIntegerProductToo) {
  ReadCircuits reads = circuits();
  reads.array.encoding = Encoding::RowPair;
  reads.array.rows = 8;  // for four inputs
  for (const int rows_active : {8, 4}) {
    reads.array.rows_active = rows_active;
    const BlockSite in_arrays = site_of(kCodes, 3, 2, 1, 2);
    BlockSite in_rows = in_arrays;
    in_rows.levels.clear();
    for (int slice = 0; slice < 2; ++slice) {
      std::vector<int> levels;
      for (int r = 0; r < 4; ++r)
        for (int sign = 0; sign < 2; ++sign)
          for (int c = 0; c < 4; ++c)
            levels.push_back(in_arrays.levels[2 * slice + sign][4 * r + c]);
      in_rows.levels.push_back(levels);
    }

    const BlockReader block = make_block_reader(in_rows, reads, RandomStream(1), 0);

    EXPECT_EQ(block.rows_at_once, rows_active / 2);
    EXPECT_EQ(read_block(block, {5, -6, 7}), (std::vector<std::int64_t>{146, -78}));
  }
}

TEST(ReadBlock, ABlockInTheMiddleOfItsArraysReadsTheSame) {
  const BlockReader block =
      make_block_reader(site_of(kCodes, 3, 2, 1, 2), circuits(), RandomStream(1), 0);

  EXPECT_EQ(read_block(block, {5, -6, 7}), (std::vector<std::int64_t>{146, -78}));
}

TEST(ReadBlock, RowGroupsAreReadOneAfterTheOtherAndAddUp) {
  ReadCircuits reads = circuits();
  reads.array.rows_active = 2;
  const BlockReader block = make_block_reader(site_of(kCodes, 3, 2), reads, RandomStream(1), 0);

  EXPECT_EQ(read_block(block, {5, -6, 7}), (std::vector<std::int64_t>{146, -78}));
}

TEST(ReadBlock, VisitsDigitsThenRowGroupsThenSlices) {
  ReadCircuits reads = circuits();
  reads.array.rows_active = 2;
  const BlockReader block = make_block_reader(site_of(kCodes, 3, 2), reads, RandomStream(1), 0);
  std::vector<std::vector<std::int32_t>> seen;

  (void)read_block(block, {5, -6, 7},
                   [&seen](const std::vector<std::int32_t>& codes) { seen.push_back(codes); });

  // Least bits of 5, -6, 7: 1, 0, 1. 7 = 3 + 4 * 1, -12 = -4 * 3, 15 = 3 + 4 * 3.
  ASSERT_EQ(seen.size(), 3U * 2U * 2U);
  EXPECT_EQ(seen[0], (std::vector<std::int32_t>{3, 0}));
  EXPECT_EQ(seen[1], (std::vector<std::int32_t>{1, -3}));
  EXPECT_EQ(seen[2], (std::vector<std::int32_t>{3, 0}));
  EXPECT_EQ(seen[3], (std::vector<std::int32_t>{3, 0}));
  // The next bits, 0, -1, 1, of the first two rows: 1 and -3 in the first slice.
  EXPECT_EQ(seen[4], (std::vector<std::int32_t>{1, -3}));
  EXPECT_EQ(seen[5], (std::vector<std::int32_t>{0, 0}));
}

TEST(ReadBlock, WeighsCodesOfCoarserConvertersWithTheBitsTheyDrop) {
  ReadCircuits reads = circuits();
  reads.adc_bits = 2;
  reads.dropped_bits = 1;
  reads.input_bits = 1;
  const BlockReader block =
      make_block_reader(site_of({3, 0, 3, 0}, 2, 2), reads, RandomStream(1), 0);

  // 6 units: a code of 3 that stands for 2 each; ties and slices of 0 are not in play.
  EXPECT_EQ(read_block(block, {1, 1}), (std::vector<std::int64_t>{6, 0}));
}

TEST(ReadBlock, UsesTheFrozenDevicesOfItsArrays) {
  ReadCircuits reads = circuits();
  reads.device.mismatch_sigma = 0.3;
  reads.adc_bits = 8;
  BlockSite site = site_of(kCodes, 3, 2);
  const auto gain = [&](int first_array, int chip) {
    site.first_array = first_array;
    return make_block_reader(site, reads, RandomStream(1), chip).slices[0].unit_gain;
  };

  EXPECT_TRUE(gain(0, 0) == gain(0, 0));
  EXPECT_FALSE(gain(0, 0) == gain(4, 0));
  EXPECT_FALSE(gain(0, 0) == gain(0, 1));
}

TEST(ReadBlock, RefusesNoisyPairs) {
  ReadCircuits reads = circuits();
  reads.device.read_noise.emplace();
  const BlockReader block = make_block_reader(site_of(kCodes, 3, 2), reads, RandomStream(1), 0);

  EXPECT_THROW((void)read_block(block, {5, -6, 7}), std::logic_error);
}

}  // namespace
}  // namespace ohmweave::crossbar
