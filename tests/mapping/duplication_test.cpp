// SPDX-License-Identifier: Apache-2.0
#include "mapping/duplication.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace ohmweave::mapping {
namespace {

using Copies = std::vector<std::int64_t>;

/// 16 windows of 1 s, 4 of 2 s, 1 of 3 s.
const std::vector<LayerLoad> kLayers = {{"a", 16, 1.0}, {"b", 4, 2.0}, {"c", 1, 3.0}};

TEST(PeriodS, IsThatOfTheSlowestLayer) {
  EXPECT_DOUBLE_EQ(period_s(kLayers, {1, 1, 1}), 16.0);
  EXPECT_DOUBLE_EQ(period_s(kLayers, {3, 1, 1}), 8.0);  // ceil(16 / 3) = 6 windows, b takes 8 s
  EXPECT_DOUBLE_EQ(period_s(kLayers, {16, 4, 1}), 3.0);
}

TEST(CopiesForThroughput, GivesEachLayerTheFewestItNeeds) {
  EXPECT_EQ(copies_for_throughput(kLayers, 1.0 / 16.0), (Copies{1, 1, 1}));
  EXPECT_EQ(copies_for_throughput(kLayers, 1.0 / 5.0), (Copies{4, 2, 1}));
  EXPECT_EQ(copies_for_throughput(kLayers, 1.0 / 3.0), (Copies{6, 4, 1}));
}

TEST(CopiesForThroughput, TakesAPeriodOfWholeWindowsAtItsWord) {
  // 1 / (1 / 49) is not 49 to the last bit.
  const std::vector<LayerLoad> layers = {{"a", 98, 1.0 / 49.0}};

  EXPECT_EQ(copies_for_throughput(layers, 0.5), (Copies{1}));
  EXPECT_EQ(copies_for_throughput(layers, 1.0), (Copies{2}));
}

TEST(CopiesForThroughput, NamesTheLayerThatCannotBeThatFast) {
  try {
    static_cast<void>(copies_for_throughput(kLayers, 0.5));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems(),
              (std::vector<std::string>{
                  "/mapping/target_throughput_hz = 0.5: must be at most 0.3333333333333333: one "
                  "window of layer 'c' takes 3.0 s, however many copies there are"}));
  }
}

/// 10 m2, and what the copies of each layer take.
double area_m2(const Copies& copies, const std::vector<double>& per_copy_m2) {
  double area = 10.0;
  for (std::size_t i = 0; i < copies.size(); ++i)
    area += static_cast<double>(copies[i]) * per_copy_m2[i];
  return area;
}

TEST(CopiesForArea, NamesTheLeastArea) {
  try {
    static_cast<void>(copies_for_area(kLayers, 12.5, [](const Copies& copies) {
      return area_m2(copies, {1.0, 1.0, 1.0});
    }));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems(),
              (std::vector<std::string>{"/mapping/area_budget_m2 = 12.5: must be at least 13.0, "
                                        "the area of the chip with one copy of every layer"}));
  }
}

TEST(CopiesForArea, TakesAllCopiesThatHelpWhereAreaIsFree) {
  const Copies copies = copies_for_area(kLayers, 1.0, [](const Copies&) { return 0.5; });

  EXPECT_EQ(copies, (Copies{6, 4, 1}));  // period 3 s, that of layer c
}

/// The shortest period within the budget, over all numbers of copies.
double shortest_period(const std::vector<LayerLoad>& layers, const std::vector<double>& areas,
                       double budget_m2) {
  double best = std::numeric_limits<double>::infinity();
  Copies copies(layers.size(), 1);
  for (bool is_done = false; !is_done;) {
    if (area_m2(copies, areas) <= budget_m2) best = std::min(best, period_s(layers, copies));
    is_done = true;
    for (std::size_t i = 0; i < copies.size() && is_done; ++i) {
      is_done = copies[i] == layers[i].windows;
      copies[i] = is_done ? 1 : copies[i] + 1;
    }
  }
  return best;
}

TEST(CopiesForArea, AreTheOptimumOfSmallCases) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const RandomStream stream = RandomStream(seed).child("loads");
    std::vector<LayerLoad> layers;
    std::vector<double> areas;
    for (int i = 0; i < 3; ++i) {
      layers.push_back({"layer", 1 + static_cast<std::int64_t>(stream.below(12, 3 * i)),
                        0.1 + stream.uniform(3 * i + 1)});
      areas.push_back(0.2 + stream.uniform(3 * i + 2));
    }
    const double budget = 13.6 + 0.2 * static_cast<double>(seed);

    const Copies copies =
        copies_for_area(layers, budget, [&](const Copies& tried) { return area_m2(tried, areas); });

    ASSERT_LE(area_m2(copies, areas), budget);
    ASSERT_NEAR(period_s(layers, copies), shortest_period(layers, areas, budget), 1e-12);
  }
}

TEST(CopiesForThroughput, AreTheFewestOfSmallCases) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const RandomStream stream = RandomStream(seed).child("loads");
    const LayerLoad layer = {"layer", 1 + static_cast<std::int64_t>(stream.below(30, 0)),
                             0.1 + stream.uniform(1)};
    const double hz = 1.0 / (layer.seconds_per_window * (1.0 + 10.0 * stream.uniform(2)));

    const std::int64_t copies = copies_for_throughput({layer}, hz)[0];

    ASSERT_LE(period_s({layer}, {copies}), (1.0 + 1e-9) / hz);
    if (copies > 1) {
      ASSERT_GT(period_s({layer}, {copies - 1}), 1.0 / hz);
    }
  }
}

}  // namespace
}  // namespace ohmweave::mapping
