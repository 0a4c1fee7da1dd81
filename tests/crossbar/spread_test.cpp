// SPDX-License-Identifier: Apache-2.0
#include "crossbar/spread.h"

#include <gtest/gtest.h>

#include "tests/crossbar/distributions.h"

namespace ohmweave::crossbar {
namespace {

constexpr ConductanceRange kRange{1e-6, 5e-6};

SpreadOptions read_spread(const char* text) {
  return read_config<SpreadOptions>(parse_json(text, "test"));
}

TEST(Spread, IsAFractionOfTheRangeOrOfTheConductance) {
  const auto of_range = read_spread(R"({"model": "fraction_of_range", "fraction": 0.25})");
  const auto of_value = read_spread(R"({"model": "proportional", "fraction": 0.25})");

  EXPECT_DOUBLE_EQ(spread_sigma_siemens(of_range, kRange, 2e-6), 1e-6);
  EXPECT_DOUBLE_EQ(spread_sigma_siemens(of_value, kRange, 2e-6), 0.5e-6);
}

TEST(Spread, IsThePolynomialInsideTheRangeAndThatOfTheNearerEndBeyond) {
  const auto spread = read_spread(
      R"({"model": "polynomial", "coefficients_siemens": [1e-7, 2e-7, 4e-7],
          "reference_siemens": 4e-6})");

  EXPECT_DOUBLE_EQ(spread_sigma_siemens(spread, kRange, 2e-6), 1e-7 + 1e-7 + 1e-7);
  EXPECT_DOUBLE_EQ(spread_sigma_siemens(spread, kRange, 9e-6), 1e-7 + 2.5e-7 + 6.25e-7);
  EXPECT_DOUBLE_EQ(spread_sigma_siemens(spread, kRange, 0.0), 1e-7 + 0.5e-7 + 0.25e-7);
}

TEST(Spread, RunsStraightBetweenMeasuredPointsAndFlatBeyond) {
  const auto spread = read_spread(
      R"({"model": "table", "at_siemens": [1e-6, 2e-6, 4e-6],
          "sigma_siemens": [1e-8, 3e-8, 1e-8]})");

  EXPECT_DOUBLE_EQ(spread_sigma_siemens(spread, kRange, 2e-6), 3e-8);
  EXPECT_DOUBLE_EQ(spread_sigma_siemens(spread, kRange, 3.5e-6), 1.5e-8);
  EXPECT_DOUBLE_EQ(spread_sigma_siemens(spread, kRange, 1e-9), 1e-8);
  EXPECT_DOUBLE_EQ(spread_sigma_siemens(spread, kRange, 1e-3), 1e-8);
}

TEST(Spread, RefusesWhatBelongsToAnotherModel) {
  EXPECT_EQ(
      problems_of<SpreadOptions>(
          R"({"model": "table", "fraction": 0.1, "at_siemens": [1e-6, 1e-6],
                    "sigma_siemens": [1e-8]})",
          "/device/programming"),
      (std::vector<std::string>{
          "/device/programming/fraction = 0.1: belongs to the models fraction_of_range and "
          "proportional",
          "/device/programming/at_siemens = [1e-06,1e-06]: must rise from each number to the next",
          "/device/programming/sigma_siemens = [1e-08]: must have as many numbers as at_siemens, "
          "2"}));
  EXPECT_EQ(
      problems_of<SpreadOptions>(
          R"({"model": "proportional", "coefficients_siemens": [1e-8],
                    "reference_siemens": 1e-6, "at_siemens": [1e-6], "sigma_siemens": [1e-8]})",
          "/p"),
      (std::vector<std::string>{"/p/coefficients_siemens = [1e-08]: belongs to the polynomial",
                                "/p/reference_siemens = 1e-06: belongs to the polynomial",
                                "/p/at_siemens = [1e-06]: belongs to the table"}));
  EXPECT_EQ(problems_of<SpreadOptions>(R"({"model": "polynomial"})", "/p"),
            (std::vector<std::string>{
                "/p/coefficients_siemens: the model polynomial needs at least one",
                "/p/reference_siemens: the model polynomial needs it, greater than 0"}));
}

TEST(Spread, ThrowsWhereAPolynomialIsNegative) {
  const auto spread = read_spread(
      R"({"model": "polynomial", "coefficients_siemens": [1e-7, -1e-7],
          "reference_siemens": 2e-6})");

  EXPECT_FALSE(is_spread_never_negative(spread, kRange));
  EXPECT_TRUE(is_spread_never_negative(spread, {1e-6, 2e-6}));
  EXPECT_THROW((void)spread_sigma_siemens(spread, kRange, 4e-6), NumericError);
}

TEST(PositiveNormal, IsANormalDistributionTruncatedAtZero) {
  constexpr double kMean = 0.5;
  constexpr double kSigma = 1.0;  // 31 % of first draws fall below 0
  const PositiveNormal draws(RandomStream(21), "test");

  std::vector<double> x(kNumDraws);
  for (int i = 0; i < kNumDraws; ++i)
    x[static_cast<std::size_t>(i)] = draws.draw(kMean, kSigma, static_cast<std::uint64_t>(i));

  // Mean and variance of the truncated distribution, with h = phi(0.5) / Phi(0.5).
  const double h = std::exp(-0.125) / std::sqrt(2.0 * 3.14159265358979) / normal_cdf(0.5);
  const double mean = kMean + h;
  const double variance = 1.0 - h * (h + kMean);
  EXPECT_NEAR(moments_of(x).mean, mean, kDeviations * std::sqrt(variance / kNumDraws));
  EXPECT_GT(*std::min_element(x.begin(), x.end()), 0.0);
  EXPECT_LT(scaled_distance(x, [&](double v) { return positive_normal_cdf(v, kMean, kSigma); }),
            kLargestDistance);
}

TEST(PositiveNormal, WithoutSpreadIsItsMean) {
  EXPECT_EQ(PositiveNormal(RandomStream(1), "test").draw(3e-6, 0.0, 5), 3e-6);
  EXPECT_EQ(PositiveNormal(RandomStream(1), "test").draw(0.0, 0.0, 5), 0.0);
}

}  // namespace
}  // namespace ohmweave::crossbar
