// SPDX-License-Identifier: Apache-2.0
#include "crossbar/pair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "crossbar/wires.h"

namespace ohmweave::crossbar {
namespace {

DeviceOptions ideal_device() {
  DeviceOptions device;
  device.kind = "ideal";
  return device;
}

ArrayOptions without_wires(int bits_per_cell) {
  ArrayOptions array;
  array.row_ohm = array.col_ohm = 0.0;
  array.bits_per_cell = bits_per_cell;
  return array;
}

/// Levels of a pair: entries of `signed_levels` split by sign.
PairReader pair_of(const std::vector<int>& signed_levels, int rows, int cols,
                   const ArrayOptions& array, const DacOptions& dac, int adc_bits,
                   int dropped_bits) {
  std::vector<int> positive;
  std::vector<int> negative;
  for (const int level : signed_levels) {
    positive.push_back(std::max(0, level));
    negative.push_back(std::max(0, -level));
  }
  const DeviceOptions device = ideal_device();
  const RandomStream stream(1);
  return make_pair_reader(
      program_siemens(positive, rows, cols, device, array.bits_per_cell, stream),
      program_siemens(negative, rows, cols, device, array.bits_per_cell, stream), array, device,
      dac, adc_bits, dropped_bits);
}

std::vector<int> random_levels(int count, int highest, std::uint64_t seed) {
  const RandomStream stream(seed);
  std::vector<int> levels;
  for (int i = 0; i < count; ++i) {
    const auto position = static_cast<std::uint64_t>(i);
    levels.push_back(
        static_cast<int>(stream.below(static_cast<std::uint64_t>(2 * highest + 1), position)) -
        highest);
  }
  return levels;
}

TEST(LosslessAdcBits, CoversTheLargestColumnSum) {
  EXPECT_EQ(lossless_adc_bits(std::int64_t{128} * 3, 1), 9);
  EXPECT_EQ(lossless_adc_bits(std::int64_t{128} * 3, 8), 17);
  EXPECT_EQ(lossless_adc_bits(1, 1), 1);
  EXPECT_EQ(lossless_adc_bits(3, 1), 2);
  EXPECT_EQ(lossless_adc_bits(4, 1), 3);
  EXPECT_EQ(lossless_adc_bits(0, 1), 0);
}

TEST(PairReader, GainsOfAnIdealPairAreTheSignedLevelsExactly) {
  const std::vector<int> levels = {3, -2, 0, 1, -3, 2};

  const PairReader pair = pair_of(levels, 2, 3, without_wires(2), {}, 4, 0);

  MatrixF expected(3, 2);  // cols x rows
  expected << 3, 1, -2, -3, 0, 2;
  EXPECT_EQ(pair.unit_gain, expected);
}

TEST(PairReader, ReadVoltageCancels) {
  const std::vector<int> levels = random_levels(12, 3, 2);
  ArrayOptions array;
  array.read_voltage_v = 0.1;
  const PairReader low = pair_of(levels, 4, 3, array, {}, 4, 0);
  array.read_voltage_v = 0.4;

  const PairReader high = pair_of(levels, 4, 3, array, {}, 4, 0);

  EXPECT_TRUE(low.unit_gain.isApprox(high.unit_gain, 1e-6F));
}

TEST(ReadArray, OfAnIdealPairIsTheIntegerProduct) {
  constexpr int kRows = 64;
  constexpr int kCols = 10;
  const DacOptions dac{3};
  const std::vector<int> levels = random_levels(kRows * kCols, 7, 3);
  const std::vector<int> digits = random_levels(kRows, 7, 4);
  const PairReader pair = pair_of(levels, kRows, kCols, without_wires(3), dac,
                                  lossless_adc_bits(kRows * 7, dac.bits), 0);

  const auto codes = read_array(pair, digits);

  for (int c = 0; c < kCols; ++c) {
    int expected = 0;
    for (int r = 0; r < kRows; ++r) {
      expected +=
          levels[static_cast<std::size_t>(r * kCols + c)] * digits[static_cast<std::size_t>(r)];
    }
    EXPECT_EQ(codes[static_cast<std::size_t>(c)], expected) << "column " << c;
  }
}

TEST(ReadArray, ClampsAtTheLargestCodeOfEitherSign) {
  const PairReader pair = pair_of({3, -3, 3, -3}, 2, 2, without_wires(2), {}, 2, 0);

  EXPECT_EQ(read_array(pair, {1, 1}), (std::vector<std::int32_t>{3, -3}));
  EXPECT_EQ(read_array(pair, {1, 0}), (std::vector<std::int32_t>{3, -3}));
  EXPECT_EQ(read_array(pair, {1, -1}), (std::vector<std::int32_t>{0, 0}));
}

TEST(ReadArray, DropsLowBitsByRoundingTiesToEven) {
  // Units 1, 2, 3, 5, 6, 7 with two bits dropped: 0.25, 0.5, 0.75, 1.25, 1.5, 1.75.
  const PairReader pair = pair_of({1, 2, 3, 5, 6, 7}, 1, 6, without_wires(3), {}, 4, 2);

  EXPECT_EQ(read_array(pair, {1}), (std::vector<std::int32_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(read_array(pair, {-1}), (std::vector<std::int32_t>{0, 0, -1, -1, -2, -2}));
}

TEST(ArrayStream, IsFrozenPerChipAndArray) {
  const RandomStream run(11);
  const std::vector<int> levels(16, 1);
  DeviceOptions device;
  device.mismatch_sigma = 0.1;
  const auto program = [&](int chip, int array) {
    return program_siemens(levels, 4, 4, device, 2, array_stream(run, chip, array));
  };

  EXPECT_EQ(program(2, 5), program(2, 5));
  EXPECT_NE(program(2, 5), program(2, 6));
  EXPECT_NE(program(2, 5), program(3, 5));
  EXPECT_NE(program(2, 5), program(5, 2));
}

TEST(EffectiveSiemens, OfRowSelectHoldsForEachGroupOfRowsByItself) {
  ArrayOptions array;
  array.topology = Topology::RowSelect;
  array.rows_active = 3;
  array.row_ohm = array.col_ohm = 5.0;
  const Matrix siemens = (Matrix::Random(7, 4).array() + 1.1) * 4e-5;

  const Matrix effective = effective_siemens(siemens, array);

  Matrix last_group = Matrix::Zero(7, 4);
  last_group.row(6) = siemens.row(6);
  const Matrix expected = effective_matrix(last_group, {5.0, 5.0, 0.0, 0.0});
  EXPECT_LT((effective.col(6) - expected.col(6)).norm(), 1e-14 * expected.col(6).norm());
  array.rows_active = 7;
  EXPECT_EQ(effective_siemens(siemens, array), effective_matrix(siemens, {5.0, 5.0, 0.0, 0.0}));
  EXPECT_GT(effective.sum(), effective_siemens(siemens, array).sum());
}

}  // namespace
}  // namespace ohmweave::crossbar
