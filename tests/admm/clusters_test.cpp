// SPDX-License-Identifier: Apache-2.0
#include "admm/clusters.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.h"

namespace ohmweave::admm {
namespace {

std::vector<ValueMass> random_values(std::uint64_t trial, int count) {
  const RandomStream stream = RandomStream(41).child("values", trial);
  std::vector<ValueMass> values;
  for (int i = 0; i < count; ++i) {
    values.push_back({static_cast<float>(stream.normal(i)), 0.1 + stream.child("mass").uniform(i)});
  }
  std::sort(values.begin(), values.end(),
            [](const ValueMass& a, const ValueMass& b) { return a.value < b.value; });
  return values;
}

double error_of(const std::vector<ValueMass>& values, const ClusterRuns& runs) {
  double error = 0.0;
  std::size_t cluster = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (cluster + 1 < runs.first.size() &&
        static_cast<std::int64_t>(i) >= runs.first[cluster + 1]) {
      ++cluster;
    }
    const double miss = values[i].value - runs.centroid[cluster];
    error += values[i].mass * miss * miss;
  }
  return error;
}

/// Best error of values [0, end) in `count` runs, by plain recursion over the last run.
double reference_error(const std::vector<ValueMass>& values, std::size_t end, int count) {
  if (end == 0) return 0.0;
  if (count == 0) return 1e300;
  double best = 1e300;
  double weight = 0.0;
  double first = 0.0;
  double second = 0.0;
  for (std::size_t begin = end; begin-- > 0;) {
    const ValueMass& v = values[begin];
    weight += v.mass;
    first += v.mass * v.value;
    second += v.mass * v.value * v.value;
    best =
        std::min(best, reference_error(values, begin, count - 1) + second - first * first / weight);
  }
  return best;
}

TEST(ExactClusters, FindsTheBestRuns) {
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const std::vector<ValueMass> values = random_values(trial, 14);
    const int count = 1 + static_cast<int>(trial % 5);

    const double error = error_of(values, exact_clusters(values, count));

    EXPECT_NEAR(error, reference_error(values, values.size(), count), 1e-12) << trial;
  }
}

TEST(ExactClusters, GivesEveryValueItsOwnWhenThereAreEnough) {
  const std::vector<ValueMass> values = random_values(1, 5);

  EXPECT_EQ(exact_clusters(values, 9).first, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(LloydClusters, IsNeverBetterThanTheExactOnes) {
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    const std::vector<ValueMass> values = random_values(trial, 500);

    const double exact = error_of(values, exact_clusters(values, 8));
    const double lloyd = error_of(values, lloyd_clusters(values, 8));

    EXPECT_GE(lloyd, exact * (1.0 - 1e-12));
    EXPECT_LE(lloyd, 1.5 * exact);  // a local optimum of a smooth density is near
  }
}

TEST(Clusters, CountsTheValuesInsideTheMaskOnly) {
  const Clusters two(2, Clustering::Exact, torch::tensor({true, true, true, false}));

  EXPECT_TRUE(two.contains(torch::tensor({1.0F, 2.0F, 1.0F, 0.0F})));
  EXPECT_FALSE(two.contains(torch::tensor({1.0F, 2.0F, 3.0F, 0.0F})));
  EXPECT_TRUE(torch::equal(two.project(torch::tensor({1.0F, 2.0F, 4.0F, 9.0F})),
                           torch::tensor({1.5F, 1.5F, 4.0F, 0.0F})));
}

TEST(Clusters, AMetricPullsTheCentroid) {
  const Clusters one(1, Clustering::Exact, {});

  const torch::Tensor projected =
      one.project(torch::tensor({0.0F, 4.0F}), torch::tensor({3.0F, 1.0F}));

  EXPECT_TRUE(torch::equal(projected, torch::tensor({1.0F, 1.0F})));
}

}  // namespace
}  // namespace ohmweave::admm
