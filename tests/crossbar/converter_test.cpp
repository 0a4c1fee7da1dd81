// SPDX-License-Identifier: Apache-2.0
#include "crossbar/converter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

AdcOptions with_mismatch(AdcKind kind, double sigma) {
  AdcOptions options;
  options.kind = kind;
  options.mismatch_sigma = sigma;
  return options;
}

/// The search of a converter, bit by bit, that edges_of_sar() puts into a table.
int searched_code(double magnitude, int bits, double sigma, const RandomStream& stream) {
  int code = 0;
  double held = -0.5;
  for (int bit = bits - 1; bit >= 0; --bit) {
    const double units = std::exp2(bit);
    const double weight =
        units + sigma * std::sqrt(units) * stream.normal(static_cast<std::uint64_t>(bit));
    if (magnitude < held + weight) continue;
    held += weight;
    code += 1 << bit;
  }
  return code;
}

TEST(Converter, OfEveryKindRoundsToNearestWhenNothingSpreads) {
  for (const ConverterKind& kind : converter_kinds()) {
    const std::vector<double> edges = kind.edges(4, 0.0, RandomStream(1));
    ASSERT_EQ(edges.size(), 30U) << kind.name;
    for (int code = 1; code <= 15; ++code) {
      EXPECT_DOUBLE_EQ(edges[static_cast<std::size_t>(code - 1)], code - 0.5) << kind.name;
      EXPECT_DOUBLE_EQ(edges[static_cast<std::size_t>(code + 14)], 0.5 - code) << kind.name;
    }
  }
  const Converter ideal({}, 4, RandomStream(1));
  EXPECT_EQ(ideal.code(3.4), 3);
  EXPECT_EQ(ideal.code(-3.6), -4);
  EXPECT_EQ(ideal.code(99.0), 15);
  EXPECT_EQ(ideal.code(-99.0), -15);
}

TEST(Converter, OfASarSearchesBitByBit) {
  constexpr int kBits = 6;
  constexpr double kSigma = 0.2;  // large enough that codes are missing
  const RandomStream stream(3);
  const Converter converter(with_mismatch(AdcKind::Sar, kSigma), kBits, stream);
  int num_unlike_ideal = 0;

  for (int i = -1300; i <= 1300; ++i) {
    const double value = i * 0.0507;
    const int magnitude = searched_code(std::abs(value), kBits, kSigma, stream.child("elements"));
    ASSERT_EQ(converter.code(value), value < 0.0 ? -magnitude : magnitude) << value;
    const double ideal = std::clamp(std::nearbyint(value), -63.0, 63.0);
    num_unlike_ideal += converter.code(value) != ideal ? 1 : 0;
  }
  EXPECT_GT(num_unlike_ideal, 100);
}

TEST(Converter, NeverFallsWhileItsInputRises) {
  for (const ConverterKind& kind : converter_kinds()) {
    const Converter converter(with_mismatch(kind.kind, 0.4), 5, RandomStream(4));
    int last = -31;
    for (int i = -1000; i <= 1000; ++i) {
      const int code = converter.code(i * 0.04);
      ASSERT_GE(code, last) << kind.name;
      last = code;
    }
  }
}

/// Sample standard deviation.
double deviation(const std::vector<double>& values) {
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

TEST(Converter, HasTheSpreadOfItsKind) {
  constexpr int kChips = 4000;
  constexpr double kSigma = 0.01;
  // Of a deviation from n draws, 4 standard errors.
  const double tolerance = 4.0 / std::sqrt(2.0 * kChips);
  for (const ConverterKind& kind : converter_kinds()) {
    std::vector<double> middle_edges;
    for (std::uint64_t chip = 0; chip < kChips; ++chip)
      middle_edges.push_back(kind.edges(8, kSigma, RandomStream(chip))[127]);  // code 128
    // A sar's code 128 is one capacitor of 128 units; a ramp has made 127 steps from 1/2 on; a
    // flash converter has a comparator there.
    const double expected = kind.kind == AdcKind::Flash ? kSigma
                            : kind.kind == AdcKind::Sar ? kSigma * std::sqrt(128.0)
                                                        : kSigma * std::sqrt(127.0);
    EXPECT_NEAR(deviation(middle_edges) / expected, 1.0, tolerance) << kind.name;
  }
}

TEST(Converter, HasGainAndOffsetOfItsOwn) {
  AdcOptions options;
  options.gain_sigma = 0.02;
  options.offset_sigma_lsb = 0.7;
  constexpr int kConverters = 4000;
  std::vector<double> gains;
  std::vector<double> offsets;
  for (int i = 0; i < kConverters; ++i) {
    const Converter converter(options, 8, converter_stream(RandomStream(1), 0, i, 0));
    gains.push_back(converter.gain());
    offsets.push_back(converter.offset());
  }
  const double tolerance = 4.0 / std::sqrt(2.0 * kConverters);
  EXPECT_NEAR(deviation(gains) / 0.02, 1.0, tolerance);
  EXPECT_NEAR(deviation(offsets) / 0.7, 1.0, tolerance);
  EXPECT_NEAR(std::accumulate(gains.begin(), gains.end(), 0.0) / kConverters, 1.0,
              4.0 * 0.02 / std::sqrt(kConverters));
  const Converter again(options, 8, converter_stream(RandomStream(1), 0, 3, 0));
  EXPECT_EQ(again.gain(), gains[3]);
}

TEST(Converter, TakesTheCyclesOfItsKind) {
  EXPECT_EQ(find_converter(AdcKind::Sar).conversion_cycles(9), 9);
  EXPECT_EQ(find_converter(AdcKind::Flash).conversion_cycles(9), 1);
  EXPECT_EQ(find_converter(AdcKind::Ramp).conversion_cycles(9), 512);
}

TEST(Converter, RefusesATableThatIsTooLarge) {
  try {
    const Converter converter(with_mismatch(AdcKind::Ramp, 0.1), 13, RandomStream(1));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems(),
              (std::vector<std::string>{"/adc/mismatch_sigma = 0.1: goes with converters of at "
                                        "most 12 bits; a layer's have 13"}));
  }
}

TEST(DriverLevels, AreTheDigitsUnlessTheDriversSpread) {
  EXPECT_EQ(driver_levels({2}, RandomStream(1)), (std::vector<double>{0.0, 1.0, 2.0, 3.0}));
  DacOptions dac{3};
  dac.mismatch_sigma = 0.05;
  dac.gain_sigma = 0.1;
  constexpr int kDrivers = 4000;
  std::vector<double> largest;
  for (std::uint64_t i = 0; i < kDrivers; ++i) {
    const std::vector<double> levels = driver_levels(dac, RandomStream(i));
    EXPECT_EQ(levels[0], 0.0);
    largest.push_back(levels[7]);
  }
  // Seven steps of 5 % each and a gain of 10 %.
  const double expected =
      std::sqrt(7.0 * 0.05 * 0.05 + 49.0 * 0.1 * 0.1 + 7.0 * 0.05 * 0.05 * 0.01);
  EXPECT_NEAR(deviation(largest) / expected, 1.0, 4.0 / std::sqrt(2.0 * kDrivers));
}

}  // namespace
}  // namespace ohmweave::crossbar
