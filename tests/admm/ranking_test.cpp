// SPDX-License-Identifier: Apache-2.0
#include "admm/ranking.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
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

// Every number of entries with ties, signs and zeros of both signs; `size` on both sides of the one
// from which entries are counted instead of sorted.
class ChooseLargestOf : public testing::TestWithParam<int> {};

TEST_P(ChooseLargestOf, AgreesWithAFullSortOnManyTies) {
  const RandomStream stream(5);
  std::vector<double> scores(static_cast<std::size_t>(GetParam()));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double magnitude = std::ldexp(1.0 + static_cast<double>(stream.below(40, i)) / 997.0,
                                        static_cast<int>(stream.below(5, scores.size() + i)));
    scores[i] = (i % 5 == 0 ? 0.0 : magnitude) * (i % 3 == 0 ? -1.0 : 1.0);
  }
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&scores](int a, int b) { return scores[a] > scores[b]; });

  const int size = GetParam();
  for (const int count : {1, 17, size / 3, size / 2, size - size / 3 + 5, size - 1}) {
    std::vector<char> expected(scores.size(), 0);
    for (int i = 0; i < count; ++i) expected[order[i]] = 1;
    EXPECT_EQ(choose_largest(scores, count), expected) << count;
  }
}

TEST_P(ChooseLargestOf, KeepsTheMagnitudesThatItsSquaresChoose) {
  torch::manual_seed(2);
  const int size = GetParam();
  const torch::Tensor rounded = torch::round(torch::randn({size}) * 50.0) / 50.0;
  const torch::Tensor fine = torch::randn({size});

  for (const torch::Tensor& v : {rounded, fine}) {
    for (const int count : {0, 1, size / 100, size / 2, size - 1, size}) {
      const torch::Tensor expected =
          zeroed_unless(v, choose_largest(weighted_squares(v, {}), count));
      EXPECT_TRUE(torch::equal(keep_largest_magnitudes(v, count), expected)) << count;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ChooseLargestOf, testing::Values(500, 16383, 16384, 60000));

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
