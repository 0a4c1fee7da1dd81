// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/quantized_network.h"
#include "core/random.h"

namespace ohmweave {
namespace {

double squared_error(const std::vector<float>& weights, double scale, int weight_bits) {
  const double highest = std::ldexp(1.0, weight_bits) - 1.0;
  double sum = 0.0;
  for (const float w : weights) {
    const double code = std::min(std::round(std::fabs(w) / scale), highest);
    const double error = std::fabs(w) - scale * code;
    sum += error * error;
  }
  return sum;
}

/// The least error over 20,000 scales: the slow twin of the search.
double least_squared_error(const std::vector<float>& weights, int weight_bits) {
  double largest = 0.0;
  for (const float w : weights) largest = std::max(largest, std::fabs(static_cast<double>(w)));
  double least = squared_error(weights, largest, weight_bits);
  for (int i = 1; i <= 20000; ++i) {
    least = std::min(least, squared_error(weights, largest * i / 20000.0, weight_bits));
  }
  return least;
}

TEST(BestWeightScale, IsExactForWeightsOnAGrid) {
  const double scale = best_weight_scale({0.0F, 0.25F, -0.5F, 3.75F, 0.75F}, CodeLevels(4));

  EXPECT_DOUBLE_EQ(scale, 0.25);
}

TEST(BestWeightScale, OfOneBitIsTheMeanOfTheMagnitudesThatRoundUp) {
  // Codes 0, 1, 1: the squared error is least at (0.8 + 1.2) / 2.
  EXPECT_NEAR(best_weight_scale({0.1F, -0.8F, 1.2F}, CodeLevels(1)), 1.0, 1e-7);  // float32 inputs
}

TEST(BestWeightScale, IsZeroForZeros) {
  EXPECT_EQ(best_weight_scale({0.0F, -0.0F}, CodeLevels(4)), 0.0);
}

TEST(BestWeightScale, ScalesWithTheWeights) {
  const std::vector<float> weights{0.3F, -0.9F, 0.45F, 1.3F, -0.02F, 0.66F};
  std::vector<float> larger = weights;
  for (float& w : larger) w *= 1024.0F;

  const CodeLevels levels(3);
  EXPECT_NEAR(best_weight_scale(larger, levels) / best_weight_scale(weights, levels), 1024.0, 1e-6);
}

TEST(BestWeightScale, IsAsGoodAsAnExhaustiveScan) {
  const RandomStream stream = RandomStream(7).child("weights");
  constexpr double kAllowedExcess = 1.01;  // of the squared error; the search is not exhaustive
  for (const int bits : {1, 2, 3, 4, 6}) {
    std::vector<float> weights;
    for (std::uint64_t i = 0; i < 400; ++i) {
      const bool is_heavy = i % 3 == 0;  // a mixture, so that the largest is far out
      weights.push_back(
          static_cast<float>(stream.normal(1000 * bits + i) * (is_heavy ? 1.0 : 0.2)));
    }

    const double error = squared_error(weights, best_weight_scale(weights, CodeLevels(bits)), bits);

    EXPECT_LE(error, kAllowedExcess * least_squared_error(weights, bits)) << bits << " bits";
  }
}

TEST(BestWeightScale, OfALargeLayerIsAsGoodAsThatOfASmallOneOfItsKind) {
  // 2^20 weights are searched in bins, 2^14 of the same distribution one by one.
  const RandomStream stream = RandomStream(11).child("weights");
  std::vector<float> large(std::size_t{1} << 20U);
  stream.normals(0, large.size(), large.data());
  large.front() = 5.0F;  // the same largest magnitude in both
  const std::vector<float> small(large.begin(), large.begin() + (1 << 14));
  constexpr double kAllowedExcess = 1.003;  // the samples differ by less than 2 / sqrt(2^14)

  for (const int bits : {1, 2, 4, 8}) {
    const double binned = squared_error(large, best_weight_scale(large, CodeLevels(bits)), bits);
    const double single = squared_error(large, best_weight_scale(small, CodeLevels(bits)), bits);

    EXPECT_LE(binned, kAllowedExcess * single) << bits << " bits";
  }
}

TEST(BestWeightScale, OfALargeLayerOnAGridIsTheGrid) {
  std::vector<float> weights(std::size_t{1} << 20U);
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = 0.125F * static_cast<float>(static_cast<int>(i % 31) - 15);

  EXPECT_NEAR(best_weight_scale(weights, CodeLevels(4)), 0.125, 1e-12);
}

}  // namespace
}  // namespace ohmweave
