// SPDX-License-Identifier: Apache-2.0
#include "core/code_levels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/quantized_network.h"
#include "core/random.h"

namespace ohmweave {
namespace {

TEST(CodeLevels, WithoutValuesReadCodesAsThemselves) {
  const CodeLevels levels(2);

  EXPECT_EQ(levels.largest_value(), 3.0);
  EXPECT_EQ(levels.value(2), 2.0);
  EXPECT_EQ(levels.nearest_code(0.49), 0);
  EXPECT_EQ(levels.nearest_code(0.5), 1);
  EXPECT_EQ(levels.nearest_code(9.0), 3);
}

TEST(CodeLevels, FindTheNearestOfValuesThatNeitherRiseNorDiffer) {
  const CodeLevels levels(3, {0.0, 1.5, 1.5, 1.0, 4.0, 0.0, 6.0, 5.0});

  EXPECT_EQ(levels.largest_value(), 6.0);
  EXPECT_EQ(levels.largest_code(), 7);
  EXPECT_EQ(levels.nearest_code(0.4), 0);
  EXPECT_EQ(levels.nearest_code(0.5), 3);
  EXPECT_EQ(levels.nearest_code(1.3), 1) << "the lesser of two codes with one value";
  EXPECT_EQ(levels.nearest_code(5.4), 7);
  EXPECT_EQ(levels.nearest_code(100.0), 6);
}

TEST(CodeLevels, RefuseValuesThatAreNone) {
  EXPECT_THROW(CodeLevels(2, {0.0, 1.0, 2.0}), std::logic_error);
  EXPECT_THROW(CodeLevels(1, {0.0, -1.0}), std::logic_error);
  EXPECT_THROW(CodeLevels(1, {0.5, 1.0}), std::logic_error);
  EXPECT_THROW(CodeLevels(1, {0.0, 0.0}), std::logic_error);
}

TEST(BestWeightScale, OnUnevenLevelsIsAsGoodAsAnExhaustiveScan) {
  constexpr double kAllowedExcess = 1.01;  // the search is not exhaustive
  const CodeLevels levels(3, {0.0, 0.3, 1.1, 2.5, 3.1, 5.2, 6.0, 7.0});
  const RandomStream stream = RandomStream(5).child("weights");
  std::vector<float> weights;
  double largest = 0.0;
  for (std::uint64_t i = 0; i < 400; ++i) {
    weights.push_back(static_cast<float>(stream.normal(i)));
    largest = std::max(largest, std::fabs(static_cast<double>(weights.back())));
  }
  const auto squared_error = [&](double scale) {
    double sum = 0.0;
    for (const float w : weights) {
      const double magnitude = std::fabs(static_cast<double>(w));
      double nearest = magnitude * magnitude;
      for (int code = 1; code <= 7; ++code) {
        nearest = std::min(nearest, std::pow(magnitude - scale * levels.value(code), 2));
      }
      sum += nearest;
    }
    return sum;
  };
  double least = squared_error(largest);
  for (int i = 1; i <= 20000; ++i) least = std::min(least, squared_error(largest * i / 20000.0));

  EXPECT_LE(squared_error(best_weight_scale(weights, levels)), kAllowedExcess * least);
}

}  // namespace
}  // namespace ohmweave
