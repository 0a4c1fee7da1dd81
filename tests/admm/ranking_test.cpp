// SPDX-License-Identifier: Apache-2.0
#include "admm/ranking.h"

#include <gtest/gtest.h>

#include <numeric>

#include "core/error.h"
#include "core/random.h"

namespace ohmweave::admm {
namespace {

TEST(ChooseLargest, BreaksTiesByTheLowerIndex) {
  const std::vector<double> scores = {1.0, 3.0, 2.0, 3.0, 2.0, 2.0};

  EXPECT_EQ(choose_largest(scores, 1), (std::vector<char>{0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(choose_largest(scores, 3), (std::vector<char>{0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(choose_largest(scores, 4), (std::vector<char>{0, 1, 1, 1, 1, 0}));
}

TEST(ChooseLargest, ChoosesNoneAndAll) {
  EXPECT_EQ(choose_largest({1.0, 2.0}, 0), (std::vector<char>{0, 0}));
  EXPECT_EQ(choose_largest({1.0, 2.0}, 2), (std::vector<char>{1, 1}));
  EXPECT_EQ(choose_largest({1.0, 2.0}, 9), (std::vector<char>{1, 1}));
}

TEST(ChooseLargest, AgreesWithAFullSortOnManyTies) {
  const RandomStream stream(5);
  std::vector<double> scores(500);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = static_cast<double>(stream.below(20, i));
  }
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&scores](int a, int b) { return scores[a] > scores[b]; });

  for (const int count : {1, 17, 250, 499}) {
    std::vector<char> expected(scores.size(), 0);
    for (int i = 0; i < count; ++i) expected[order[i]] = 1;
    EXPECT_EQ(choose_largest(scores, count), expected) << count;
  }
}

TEST(CheckedValues, RefusesNotANumberNamingTheConstraint) {
  const torch::Tensor v = torch::tensor({1.0F, NAN});

  try {
    (void)checked_values(v, "cardinality");
    FAIL() << "NaN was taken";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("cardinality"), std::string::npos);
  }
}

}  // namespace
}  // namespace ohmweave::admm
