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

/// All break points at once, sorted: what the bounds of the search must not lose.
double plain_sweep_score(const std::vector<WeightedValue>& values, int highest) {
  struct Point {
    double scale, product, squares;
  };
  std::vector<Point> points;
  double product = 0.0;
  double squares = 0.0;
  for (const WeightedValue& entry : values) {
    const double magnitude = std::fabs(entry.value);
    product += entry.weight * magnitude * highest;
    squares += static_cast<double>(entry.weight) * highest * highest;
    for (int code = 1; code <= highest; ++code) {
      points.push_back(
          {magnitude / (code - 0.5), entry.weight * magnitude, entry.weight * (2.0 * code - 1.0)});
    }
  }
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.scale < b.scale; });
  double best = 0.0;
  for (const Point& point : points) {
    best = std::max(best, product * product / squares);
    product -= point.product;
    squares -= point.squares;
  }
  return best;
}

TEST(BestScale, FindsTheOptimumOfAMillionBreakPointsThatAPlainSweepFinds) {
  constexpr int kHighest = 15;
  std::vector<float> levels;
  for (int code = -kHighest; code <= kHighest; ++code) levels.push_back(static_cast<float>(code));
  const LevelList list(levels);
  for (std::uint64_t trial = 0; trial < 4; ++trial) {
    const std::vector<WeightedValue> values = random_values(trial, 80000);
    double energy = 0.0;
    for (const WeightedValue& e : values) {
      energy += static_cast<double>(e.weight) * e.value * e.value;
    }

    const double error = error_at(values, best_scale(values, list), list);

    // The sweep subtracts 1.2 million times, each rounded by at most 1e-16 of the sums, in both
    // directions alike: sqrt(1.2e6) 1e-16, times 50 to be safe.
    EXPECT_NEAR(error, energy - plain_sweep_score(values, kHighest), 5e-12 * energy) << trial;
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
