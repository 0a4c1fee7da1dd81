// SPDX-License-Identifier: Apache-2.0
#include "crossbar/pair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "crossbar/device.h"
#include "crossbar/read_noise.h"
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

TEST(ProgramSiemens, LaysCellsOutInRowsOfTheArray) {
  DeviceOptions device;
  device.mismatch_sigma = 0.1;
  device.mismatch_correlated_fraction = 1.0;
  device.mismatch_correlation_cells = 5.0;
  const std::vector<int> levels = {0, 1, 2, 3, 2, 1};

  const Matrix siemens = program_siemens(levels, 2, 3, device, 2, RandomStream(7));

  const auto cells = make_device(device)->program_siemens(levels, 2, 3, RandomStream(7));
  EXPECT_EQ(siemens(0, 2), cells[2]);
  EXPECT_EQ(siemens(1, 0), cells[3]);
  EXPECT_EQ(siemens(1, 2), cells[5]);
}

TEST(PairReader, MeasuresMeasuredLevelsInTheirMeanStep) {
  DeviceOptions device = ideal_device();
  device.level_means = {{{2e-6, 1e-5, 3e-5, 8e-5}}};
  const ArrayOptions array = without_wires(2);
  const RandomStream stream(1);

  const PairReader pair =
      make_pair_reader(program_siemens({3, 1}, 2, 1, device, 2, stream),
                       program_siemens({0, 0}, 2, 1, device, 2, stream), array, device, {}, 8, 0);

  // Steps of 26 uS in the mean: the highest level is 3 of them, level 1 only 8 uS.
  EXPECT_FLOAT_EQ(pair.unit_gain(0, 0), 3.0F);
  EXPECT_FLOAT_EQ(pair.unit_gain(0, 1), 8.0F / 26.0F);
}

AdcOptions with_signal_to_noise(double db) {
  AdcOptions adc;
  adc.signal_to_noise_db = db;
  return adc;
}

TEST(ConverterBits, DropWhatTheSignalLeavesRoomFor) {
  const ConverterInput bits{64, 64.0, 1, false};       // 64 levels of 1: a variance of 64 / 4 = 16
  const ConverterInput digits{64, 64.0, 2, false};     // 64 * 15 / 12 = 80
  const ConverterInput with_signs{64, 64.0, 1, true};  // 64 / 2 = 32

  // Rounding: 0.5 (1 bit), 1.5 (2), 5.5 (3).
  EXPECT_EQ(converter_bits({}, bits).adc_bits, 7);
  EXPECT_EQ(converter_bits(with_signal_to_noise(20.0), bits).dropped_bits, 0);  // 0.16
  EXPECT_EQ(converter_bits(with_signal_to_noise(15.0), bits).dropped_bits, 1);  // 0.506
  EXPECT_EQ(converter_bits(with_signal_to_noise(10.0), bits).dropped_bits, 2);  // 1.6
  EXPECT_EQ(converter_bits(with_signal_to_noise(10.0), bits).adc_bits, 5);
  EXPECT_EQ(converter_bits(with_signal_to_noise(10.0), digits).dropped_bits, 3);      // 8
  EXPECT_EQ(converter_bits(with_signal_to_noise(13.0), with_signs).dropped_bits, 2);  // 1.604
  EXPECT_EQ(converter_bits(with_signal_to_noise(0.0), {1, 1e6, 1, false}).adc_bits, 1);
}

/// Variance of the sums of random digits, over the mean square of what rounding off `dropped_bits`
/// takes from them, in dB; and the mean square of a column's levels.
struct Rounded {
  double signal_to_noise_db = 0.0;
  double mean_square = 0.0;
};
Rounded round_random_sums(int dropped_bits) {
  constexpr int kRows = 100;
  constexpr int kColumns = 6;
  constexpr int kReads = 20000;
  const RandomStream stream(5);
  Rounded result;
  double signal = 0.0;
  double noise = 0.0;
  for (int column = 0; column < kColumns; ++column) {
    std::vector<int> levels;
    for (int row = 0; row < kRows; ++row) {
      levels.push_back(static_cast<int>(stream.child("level", column).below(7, row)) - 3);
      result.mean_square += static_cast<double>(levels.back() * levels.back()) / kColumns;
    }
    double sum = 0.0;
    double squares = 0.0;
    for (int read = 0; read < kReads; ++read) {
      const RandomStream digits = stream.child("digits", column, read);
      int value = 0;
      for (int row = 0; row < kRows; ++row)
        value += levels[row] * static_cast<int>(digits.below(4, row));
      sum += value;
      squares += static_cast<double>(value) * value;
      const double step = std::exp2(dropped_bits);
      const double error = std::nearbyint(value / step) * step - value;
      noise += error * error / (kReads * kColumns);
    }
    signal += (squares / kReads - sum / kReads * (sum / kReads)) / kColumns;
  }
  result.signal_to_noise_db = 10.0 * std::log10(signal / noise);
  return result;
}

TEST(ConverterBits, KeepTheSignalToNoiseThatRandomDigitsThenHave) {
  // Variances of 20,000 reads of six columns are good to sqrt(2 / 120,000) = 0.4 %: 0.02 dB.
  for (const int dropped : {1, 2, 3, 4}) {
    const Rounded rounded = round_random_sums(dropped);
    const ConverterInput input{1 << 10, rounded.mean_square, 2, false};
    const double margin_db = 0.1;

    const auto just_enough =
        converter_bits(with_signal_to_noise(rounded.signal_to_noise_db - margin_db), input);
    const auto just_not =
        converter_bits(with_signal_to_noise(rounded.signal_to_noise_db + margin_db), input);

    EXPECT_EQ(just_enough.dropped_bits, dropped);
    EXPECT_EQ(just_not.dropped_bits, dropped - 1);
  }
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

struct Sampled {
  double mean = 0.0;
  double variance = 0.0;
};

// Current of every column, in units, over many reads whose cells are all drawn anew.
std::vector<Sampled> sample_reads(const Matrix& positive, const Matrix& negative,
                                  const ArrayOptions& array, const DeviceOptions& noisy,
                                  const std::vector<std::int32_t>& digits, int num_reads) {
  DeviceOptions quiet = noisy;
  quiet.read_noise.reset();
  const auto drawn = [&](const Matrix& siemens, const RandomStream& stream) -> Matrix {
    const std::vector<double> cells(siemens.data(), siemens.data() + siemens.size());
    const std::vector<double> read = read_siemens(noisy, cells, stream);
    return Eigen::Map<const Matrix>(read.data(), siemens.rows(), siemens.cols());
  };
  std::vector<Sampled> columns(static_cast<std::size_t>(positive.cols()));
  for (int read = 0; read < num_reads; ++read) {
    const auto index = static_cast<std::uint64_t>(read);
    const PairReader pair = make_pair_reader(drawn(positive, RandomStream(1).child("p", index)),
                                             drawn(negative, RandomStream(1).child("n", index)),
                                             array, quiet, {}, 8, 0);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      double units = 0.0;
      for (std::size_t r = 0; r < digits.size(); ++r)
        units += static_cast<double>(
                     pair.unit_gain(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(r))) *
                 digits[r];
      columns[c].mean += units / num_reads;
      columns[c].variance += units * units / num_reads;
    }
  }
  for (Sampled& column : columns) column.variance -= column.mean * column.mean;
  return columns;
}

// Largest relative difference of the variance at the output from that of sampled cells.
double largest_variance_error(double wire_ohm, int num_reads) {
  constexpr int kRows = 12;
  constexpr int kCols = 5;
  ArrayOptions array = without_wires(2);
  array.row_ohm = array.col_ohm = wire_ohm;
  DeviceOptions device;
  device.read_noise.emplace();
  device.read_noise->fraction = 0.05;
  const RandomStream stream(3);
  const std::vector<int> levels = random_levels(kRows * kCols, 3, 9);
  std::vector<int> positive_levels;
  std::vector<int> negative_levels;
  for (const int level : levels) {
    positive_levels.push_back(std::max(0, level));
    negative_levels.push_back(std::max(0, -level));
  }
  const Matrix positive = program_siemens(positive_levels, kRows, kCols, device, 2, stream);
  const Matrix negative = program_siemens(negative_levels, kRows, kCols, device, 2, stream);
  const std::vector<std::int32_t> digits = {1, 0, 1, 1, -1, 1, 0, 1, 1, 1, -1, 1};
  const PairReader pair = make_pair_reader(positive, negative, array, device, {}, 8, 0);
  const std::vector<Sampled> sampled =
      sample_reads(positive, negative, array, device, digits, num_reads);
  double largest = 0.0;
  for (int c = 0; c < kCols; ++c) {
    double variance = 0.0;
    double units = 0.0;
    for (int r = 0; r < kRows; ++r) {
      variance += static_cast<double>(pair.unit_variance(c, r)) * digits[r] * digits[r];
      units += static_cast<double>(pair.unit_gain(c, r)) * digits[r];
    }
    EXPECT_NEAR(sampled[c].mean, units, 5.0 * std::sqrt(variance / num_reads));
    largest = std::max(largest, std::abs(sampled[c].variance / variance - 1.0));
  }
  return largest;
}

TEST(ReadNoise, AtTheOutputHasTheVarianceOfSampledCells) {
  // The standard error of a variance of n normals is sqrt(2 / n) of it: 1 % here.
  EXPECT_LT(largest_variance_error(0.0, 20000), 0.04);
}

TEST(ReadNoise, WithWiresIsAnEstimateFromTheSharesOfTheCurrents) {
  // Statistical error 2 %; what the estimate leaves out grows with the drop (0.4 at 200 ohm).
  EXPECT_LT(largest_variance_error(20.0, 5000), 0.12);
}

TEST(ReadNoise, MovesTheCodesByItsNormals) {
  PairReader pair;
  pair.unit_gain = MatrixF::Constant(2, 3, 10.0F);
  pair.unit_variance = MatrixF::Constant(2, 3, 4.0F);
  pair.adc_bits = 10;

  // sqrt(4 (1 + 4 + 0)) = 4.47
  EXPECT_EQ(read_array(pair, {1, -2, 0}, {1.0F, -2.0F}), (std::vector<std::int32_t>{-6, -19}));
}

TEST(PairCompensation, IsTheRatioOfWhatWasToWhatIsLeft) {
  const Matrix positive = Matrix::Constant(4, 3, 5e-5);
  const Matrix negative = Matrix::Constant(4, 3, 1e-5);

  EXPECT_NEAR(
      pair_compensation(positive, negative, positive * 0.5, negative * 0.5, without_wires(2)), 2.0,
      1e-12);
}

}  // namespace
}  // namespace ohmweave::crossbar
