// SPDX-License-Identifier: Apache-2.0
#include "crossbar/device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "tests/crossbar/distributions.h"

namespace ohmweave::crossbar {
namespace {

DeviceOptions options(double sigma, double on, double off) {
  DeviceOptions o;
  o.mismatch_sigma = sigma;
  o.stuck_on_fraction = on;
  o.stuck_off_fraction = off;
  return o;
}

TEST(LevelGridDevice, SpacesLevelsEvenlyBetweenTheEnds) {
  const auto device = make_device(options(0.0, 0.0, 0.0));

  EXPECT_EQ(device->target_siemens(0, 2), 1e-6);
  EXPECT_DOUBLE_EQ(device->target_siemens(1, 2), 34e-6);
  EXPECT_DOUBLE_EQ(device->target_siemens(2, 2), 67e-6);
  EXPECT_EQ(device->target_siemens(3, 2), 1e-4);
}

TEST(LevelGridDevice, RefusesALevelOutsideTheGrid) {
  const auto device = make_device(options(0.0, 0.0, 0.0));

  EXPECT_THROW((void)device->target_siemens(4, 2), std::logic_error);
  EXPECT_THROW((void)device->target_siemens(-1, 2), std::logic_error);
}

TEST(LevelGridDevice, LogarithmOfMismatchIsNormalWithTheGivenSigma) {
  constexpr double kSigma = 0.05;
  const std::vector<int> levels(kNumDraws, 2);

  const auto siemens =
      make_device(options(kSigma, 0.0, 0.0))->program_siemens(levels, 2, 1000, RandomStream(7));

  double sum = 0.0;
  double squares = 0.0;
  double fourths = 0.0;
  int above = 0;
  for (const double g : siemens) {
    const double z = std::log(g / 67e-6) / kSigma;
    sum += z;
    squares += z * z;
    fourths += z * z * z * z;
    above += g > 67e-6 ? 1 : 0;
  }
  // Of n draws: mean has variance 1/n, mean square 2/n, mean fourth power (105 - 9)/n, and the
  // share above the median 1/(4n).
  const double root_n = std::sqrt(static_cast<double>(kNumDraws));
  EXPECT_NEAR(sum / kNumDraws, 0.0, kDeviations / root_n);
  EXPECT_NEAR(squares / kNumDraws, 1.0, kDeviations * std::sqrt(2.0) / root_n);
  EXPECT_NEAR(fourths / kNumDraws, 3.0, kDeviations * std::sqrt(96.0) / root_n);
  EXPECT_NEAR(static_cast<double>(above) / kNumDraws, 0.5, kDeviations * 0.5 / root_n);
}

TEST(LevelGridDevice, SticksTheGivenFractionsOfCellsAtTheEnds) {
  constexpr double kOn = 0.002;
  constexpr double kOff = 0.01;
  const std::vector<int> levels(kNumDraws, 1);

  const auto siemens =
      make_device(options(0.05, kOn, kOff))->program_siemens(levels, 2, 1000, RandomStream(8));

  int num_on = 0;
  int num_off = 0;
  for (const double g : siemens) {
    num_on += g == 1e-4 ? 1 : 0;
    num_off += g == 1e-6 ? 1 : 0;
  }
  const auto tolerance = [](double p) { return kDeviations * std::sqrt(p * (1 - p) / kNumDraws); };
  EXPECT_NEAR(static_cast<double>(num_on) / kNumDraws, kOn, tolerance(kOn));
  EXPECT_NEAR(static_cast<double>(num_off) / kNumDraws, kOff, tolerance(kOff));
}

TEST(LevelGridDevice, NeighbouringCellsAreUncorrelated) {
  const std::vector<int> levels(kNumDraws, 2);

  const auto siemens =
      make_device(options(0.1, 0.0, 0.0))->program_siemens(levels, 2, 1000, RandomStream(9));

  double products = 0.0;
  for (std::size_t i = 1; i < siemens.size(); ++i) {
    products += std::log(siemens[i] / 67e-6) * std::log(siemens[i - 1] / 67e-6) / 0.01;
  }
  EXPECT_NEAR(products / kNumDraws, 0.0, kDeviations / std::sqrt(static_cast<double>(kNumDraws)));
}

TEST(LevelGridDevice, ProgrammingErrorIsNormalAroundAMeasuredLevelAndTruncatedAtZero) {
  auto o = options(0.0, 0.0, 0.0);
  o.level_means = {{{1e-6, 1e-5, 2e-5, 8e-5}}};
  o.programming.emplace();
  o.programming->model = SpreadModel::Table;
  o.programming->at_siemens = {1e-6, 2e-5};
  o.programming->sigma_siemens = {2e-6, 3e-6};
  const auto device = make_device(o);

  const auto low =
      device->program_siemens(std::vector<int>(kNumDraws, 0), 2, 1000, RandomStream(10));
  const auto high =
      device->program_siemens(std::vector<int>(kNumDraws, 2), 2, 1000, RandomStream(10));

  EXPECT_LT(scaled_distance(low, [](double g) { return positive_normal_cdf(g, 1e-6, 2e-6); }),
            kLargestDistance);
  EXPECT_LT(scaled_distance(high, [](double g) { return positive_normal_cdf(g, 2e-5, 3e-6); }),
            kLargestDistance);
}

TEST(LevelGridDevice, AddsProgrammingErrorToMismatch) {
  auto o = options(0.1, 0.0, 0.0);
  o.programming.emplace();
  o.programming->model = SpreadModel::FractionOfRange;
  o.programming->fraction = 0.05;
  const double target = 67e-6;

  const auto siemens =
      make_device(o)->program_siemens(std::vector<int>(kNumDraws, 2), 2, 1000, RandomStream(11));

  // Independent parts: target * lognormal and 0.05 * 99 uS. The fourth central moment is less than
  // 4 variances^2, so the variance's own deviation is less than sqrt(3 / n) of it.
  const double mean = target * std::exp(0.005);
  const double variance = mean * mean * std::expm1(0.01) + std::pow(0.05 * 99e-6, 2);
  const Moments m = moments_of(siemens);
  EXPECT_NEAR(m.mean, mean, kDeviations * std::sqrt(variance / kNumDraws));
  EXPECT_NEAR(m.variance, variance, kDeviations * variance * std::sqrt(3.0 / kNumDraws));
}

TEST(LevelGrid, StepIsTheMeanDistanceOfLevels) {
  DeviceOptions o;
  EXPECT_EQ(level_step_siemens(o, 2), (1e-4 - 1e-6) / 3);

  o.level_means = {{{2e-6, 1e-5, 3e-5, 8e-5}}};
  EXPECT_DOUBLE_EQ(level_step_siemens(o, 2), 26e-6);
  EXPECT_EQ(level_grid_siemens(o, 2), o.level_means[0].siemens);
}

TEST(LevelGrid, CodesOfPairsAreReadAsTheirCellsConduct) {
  DeviceOptions o;
  const WeightCells one_slice(Encoding::OneSidedPair, {2});
  EXPECT_TRUE(code_values(o, one_slice).empty()) << "evenly spaced";
  o.level_means = {{{2e-6, 1e-5, 3e-5, 8e-5}}};  // 0, 8, 28, 78 above the lowest; a step is 26

  const auto expect = [&](const WeightCells& cells, const std::vector<double>& steps) {
    const std::vector<double> values = code_values(o, cells);
    ASSERT_EQ(values.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_NEAR(values[i], steps[i] / 26.0, 1e-12);
  };
  expect(one_slice, {0, 8, 28, 78});
  expect(WeightCells(Encoding::TwoSidedPair, {2}), {0, 28 - 8, 78 - 8, 78});
  std::vector<double> two_slices;
  for (const double high : {0.0, 8.0, 28.0, 78.0}) {
    for (const double low : {0.0, 8.0, 28.0, 78.0}) two_slices.push_back(4 * high + low);
  }
  expect(WeightCells(Encoding::OneSidedPair, {2, 2}), two_slices);
  EXPECT_TRUE(code_values(o, WeightCells(Encoding::UnitColumn, {2})).empty());
}

TEST(LevelGrid, NamesTheListsThereAreWhenOneIsMissing) {
  DeviceOptions o;
  EXPECT_EQ(level_problem(o, 3), "");
  o.level_means = {{{1e-6, 8e-5}}, {{1e-6, 1e-5, 2e-5, 8e-5}}};

  EXPECT_EQ(level_problem(o, 2), "");
  try {
    (void)level_siemens(o, 0, 3);
    FAIL() << "no error";
  } catch (const ConfigError& e) {
    EXPECT_EQ(e.problems().front(),
              "/device/level_means: has no list of 8 levels, which cells of 3 bits need; has lists "
              "of: 2, 4");
  }
}

TEST(Devices, UnknownKindListsTheTable) {
  DeviceOptions o;
  o.kind = "flash";

  try {
    (void)make_device(o);
    FAIL() << "no error";
  } catch (const ConfigError& e) {
    EXPECT_EQ(e.problems().front(),
              "/device/kind = \"flash\": must be one of level_grid, write_verify, ideal");
  }
}

}  // namespace
}  // namespace ohmweave::crossbar
