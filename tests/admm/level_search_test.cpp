// SPDX-License-Identifier: Apache-2.0
#include "admm/level_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace ohmweave::admm {
namespace {

std::vector<WeightedValue> random_values(std::uint64_t trial, int count) {
  const RandomStream stream = RandomStream(31).child("values", trial);
  std::vector<WeightedValue> values;
  for (int i = 0; i < count; ++i) {
    const double weight = trial % 2 == 0 ? 1.0 : 0.1 + stream.child("weights").uniform(i);
    values.push_back({static_cast<float>(stream.normal(i)), static_cast<float>(weight)});
  }
  return values;
}

double error_at(const std::vector<WeightedValue>& values, double scale, const LevelList& list) {
  const std::vector<std::int32_t> codes = codes_at(values, scale, list);
  double error = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double miss = values[i].value - scale * list.levels()[codes[i]];
    error += values[i].weight * miss * miss;
  }
  return error;
}

TEST(LevelList, SendsAValueHalfwayToTheLevelNearerToZero) {
  const LevelList list({2.0F, -2.0F, 1.0F, -1.0F});

  EXPECT_EQ(list.levels(), (std::vector<float>{-2.0F, -1.0F, 1.0F, 2.0F}));
  EXPECT_EQ(list.nearest(1.5), 2);
  EXPECT_EQ(list.nearest(-1.5), 1);
  EXPECT_EQ(list.nearest(0.0), 2);
  EXPECT_EQ(list.nearest(99.0), 3);
}

TEST(BestScale, IsTheMeanMagnitudeForOneLevelOfEachSign) {
  const LevelList binary({-1.0F, 1.0F});

  EXPECT_DOUBLE_EQ(best_scale({{1.0F, 1.0F}, {-3.0F, 1.0F}, {0.0F, 1.0F}}, binary), 4.0 / 3.0);
  EXPECT_DOUBLE_EQ(best_scale({{1.0F, 3.0F}, {-3.0F, 1.0F}}, binary), 1.5);
}

TEST(BestScale, IsZeroWhenEveryLevelPointsTheWrongWay) {
  EXPECT_EQ(best_scale({{-1.0F, 1.0F}, {-2.0F, 1.0F}}, LevelList({1.0F, 2.0F})), 0.0);
}

TEST(BestScale, PassesTheLastBreakPointHoweverItIsRounded) {
  const RandomStream stream(34);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto value = static_cast<float>(stream.child("values").uniform(i));
    const auto outer = static_cast<float>(1.1 + stream.child("levels").uniform(i));

    // value / outer is as good
    EXPECT_DOUBLE_EQ(best_scale({{value, 1.0F}}, LevelList({1.0F, outer})), value);
  }
}

TEST(BestScale, BeatsADenseScanForListsOfAllKinds) {
  const std::vector<std::vector<float>> lists = {{-1, 0, 1},
                                                 {-1, 1},
                                                 {-3, -2, -1, 1, 2, 3},
                                                 {-4, -2, -1, 0, 1, 2, 4},
                                                 {-1.0F, -0.05F, 0.6F, 1.3F}};
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    const LevelList list(lists[trial % lists.size()]);
    const std::vector<WeightedValue> values = random_values(trial, 60);

    const double error = error_at(values, best_scale(values, list), list);

    double best = INFINITY;
    for (int i = 1; i <= 20000; ++i) best = std::min(best, error_at(values, i * 3e-4, list));
    EXPECT_LE(error, best * (1.0 + 1e-12)) << "trial " << trial;
  }
}

struct BestSweep {
  double score = 0.0;
  double scale = 0.0;
};

/// All break points at once, from the largest down: what the bounds of the search must not lose.
BestSweep plain_sweep(const std::vector<WeightedValue>& values, const LevelList& list) {
  struct Point {
    double scale, product, squares;
  };
  std::vector<Point> points;
  points.push_back({INFINITY, 0.0, 0.0});
  for (const WeightedValue& entry : values) {
    const double weight = entry.weight;
    const double sign = entry.value < 0.0F ? -1.0 : 1.0;
    std::vector<float> levels = list.levels();
    if (sign > 0.0) std::reverse(levels.begin(), levels.end());
    double level = levels[0];
    for (std::size_t i = 1; i < levels.size(); ++i) {
      const double inner = levels[i];
      const double midpoint = 0.5 * sign * (level + inner);
      if (midpoint <= 0.0) break;
      points.push_back({sign * entry.value / midpoint, weight * entry.value * (level - inner),
                        weight * (level * level - inner * inner)});
      level = inner;
    }
    points[0].product += weight * entry.value * level;
    points[0].squares += weight * level * level;
  }
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.scale > b.scale; });
  BestSweep best;
  long double product = 0.0;
  long double squares = 0.0;
  for (const Point& point : points) {
    product += point.product;
    squares += point.squares;
    if (product <= 0.0 || point.scale == 0.0) continue;
    const auto score = static_cast<double>(product * product / squares);
    const auto scale = static_cast<double>(product / squares);
    if (score > best.score * (1.0 + 1e-12)) best.scale = scale;
    if (score > best.score * (1.0 - 1e-12)) best.scale = std::max(best.scale, scale);
    best.score = std::max(best.score, score);
  }
  return best;
}

// Scores within 1e-12 are equally good; the sums of both sides are rounded by less than that.
constexpr double kSameOptimum = 2e-12;  // of the energy

double energy_of(const std::vector<WeightedValue>& values) {
  double energy = 0.0;
  for (const WeightedValue& e : values) energy += static_cast<double>(e.weight) * e.value * e.value;
  return energy;
}

void expect_optimum_of_plain_sweep(const std::vector<WeightedValue>& values,
                                   const LevelList& list) {
  const double energy = energy_of(values);

  const double error = error_at(values, best_scale(values, list), list);

  EXPECT_NEAR(error, energy - plain_sweep(values, list).score, kSameOptimum * energy);
}

std::vector<float> integers_to(int highest) {
  std::vector<float> levels;
  for (int code = -highest; code <= highest; ++code) levels.push_back(static_cast<float>(code));
  return levels;
}

/// As a device's: neither evenly spaced nor the same for both signs.
std::vector<float> uneven_levels(int highest) {
  std::vector<float> levels;
  const RandomStream stream(33);
  for (int code = -highest; code <= highest; ++code) {
    levels.push_back(static_cast<float>(code + 0.9 * stream.uniform(code + highest)));
  }
  return levels;
}

std::vector<std::vector<float>> lists_of_many_kinds() {
  std::vector<std::vector<float>> lists = {integers_to(1), integers_to(31), integers_to(255),
                                           uneven_levels(7), uneven_levels(255)};
  std::vector<float> powers;
  for (int power = -20; power <= 10; ++power) {
    powers.push_back(std::ldexp(1.0F, power));
    powers.push_back(-std::ldexp(1.0F, power));
  }
  lists.push_back(powers);
  lists.push_back({0.5F, 1.0F, 3.0F});
  lists.push_back({-1.0F, -0.05F, 0.6F, 1.3F});
  return lists;
}

TEST(BestScale, FindsTheOptimumThatAPlainSweepFindsForListsOfManyLevels) {
  for (const std::vector<float>& levels : lists_of_many_kinds()) {
    const LevelList list(levels);
    for (std::uint64_t trial = 0; trial < 4; ++trial) {
      SCOPED_TRACE(testing::Message() << levels.size() << " levels, trial " << trial);
      std::vector<WeightedValue> values = random_values(trial, 600);
      expect_optimum_of_plain_sweep(values, list);
      for (WeightedValue& entry : values) entry.value *= entry.value * entry.value;  // heavy tails
      expect_optimum_of_plain_sweep(values, list);
      for (WeightedValue& entry : values) entry.value = std::round(4.0F * entry.value) / 64.0F;
      expect_optimum_of_plain_sweep(values, list);
    }
  }
}

TEST(BestScale, FindsTheOptimumOfAMillionBreakPointsThatAPlainSweepFinds) {
  for (std::uint64_t trial = 0; trial < 4; ++trial) {
    SCOPED_TRACE(trial);
    expect_optimum_of_plain_sweep(random_values(trial, 80000), LevelList(integers_to(15)));
    expect_optimum_of_plain_sweep(random_values(trial, 4000), LevelList(integers_to(255)));
  }
}

TEST(BestScale, BeatsItsNeighboursForAWholeNetworkOnEightBits) {
  const LevelList list(integers_to(255));
  const std::vector<WeightedValue> values = random_values(0, 430500);
  const double scale = best_scale(values, list);

  const double error = error_at(values, scale, list) - kSameOptimum * energy_of(values);

  for (const double away : {1e-6, 1e-5, 1e-4, 1e-3, 1e-2}) {
    EXPECT_LE(error, error_at(values, scale * (1.0 - away), list)) << away;
    EXPECT_LE(error, error_at(values, scale * (1.0 + away), list)) << away;
  }
}

TEST(BestScale, IsTheLargestOfThoseThatGiveTheValuesExactly) {
  const LevelList list(integers_to(255));
  std::vector<WeightedValue> even(120);
  for (int i = 0; i < 120; ++i) even[i].value = static_cast<float>(i % 3 == 0 ? -2 * i : 2 * i);
  const std::vector<WeightedValue> equal(10000, {0.7F, 0.3F});

  EXPECT_DOUBLE_EQ(best_scale(even, list), 2.0);  // 1 gives them too
  EXPECT_NEAR(best_scale(equal, list), 0.7F, 1e-12);
}

TEST(BestScale, IsTheLargestOfEquallyGoodOnes) {
  for (std::uint64_t trial = 0; trial < 4; ++trial) {
    const std::vector<WeightedValue> values = random_values(trial, 4000);
    const LevelList list(integers_to(127));

    EXPECT_NEAR(best_scale(values, list) / plain_sweep(values, list).scale, 1.0, 1e-12) << trial;
  }
}

TEST(ExactScale, GivesBackEveryTensorMadeOfLevels) {
  const RandomStream stream(32);
  const LevelList list({-4, -2, -1, 1, 2, 4});
  for (int trial = 0; trial < 200; ++trial) {
    const auto scale = static_cast<float>(0.01 + stream.uniform(trial));
    std::vector<WeightedValue> values;
    for (int i = 0; i < 20; ++i) {
      values.push_back({scale * list.levels()[stream.child("codes", trial).below(6, i)], 1.0F});
    }

    const auto fit = exact_scale(values, list);

    ASSERT_TRUE(fit.has_value()) << "trial " << trial;
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(fit->scale * list.levels()[fit->codes[i]], values[i].value);
    }
  }
}

TEST(ExactScale, RefusesAValueOneRoundingOff) {
  const LevelList list({-2, -1, 1, 2});
  const float off = std::nextafter(0.3F, 1.0F);

  EXPECT_TRUE(exact_scale({{0.3F, 1.0F}, {-0.6F, 1.0F}}, list).has_value());
  EXPECT_FALSE(exact_scale({{off, 1.0F}, {-0.6F, 1.0F}}, list).has_value());
  EXPECT_FALSE(exact_scale({{0.0F, 1.0F}, {-0.6F, 1.0F}}, list).has_value());
}

}  // namespace
}  // namespace ohmweave::admm
