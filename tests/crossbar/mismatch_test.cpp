// SPDX-License-Identifier: Apache-2.0
#include "crossbar/mismatch.h"

#include <gtest/gtest.h>

#include "tests/crossbar/distributions.h"

namespace ohmweave::crossbar {
namespace {

DeviceOptions device(double sigma, MismatchShape shape) {
  DeviceOptions o;
  o.mismatch_sigma = sigma;
  o.mismatch_shape = shape;
  return o;
}

std::vector<double> logarithms(const std::vector<double>& factors, double sigma) {
  std::vector<double> z;
  z.reserve(factors.size());
  for (const double factor : factors) z.push_back(std::log(factor) / sigma);
  return z;
}

TEST(Mismatch, LognormalFactorsHaveANormalLogarithm) {
  const auto factors =
      mismatch_factors(device(0.3, MismatchShape::Lognormal), kNumDraws, 1000, RandomStream(31));

  EXPECT_LT(scaled_distance(logarithms(factors, 0.3), normal_cdf), kLargestDistance);
}

TEST(Mismatch, NormalFactorsAreTruncatedAtZero) {
  const auto factors =
      mismatch_factors(device(1.0, MismatchShape::Normal), kNumDraws, 1000, RandomStream(32));

  EXPECT_LT(scaled_distance(factors, [](double x) { return positive_normal_cdf(x, 1.0, 1.0); }),
            kLargestDistance);
}

TEST(Mismatch, WithoutSigmaIsOne) {
  EXPECT_EQ(mismatch_factors(device(0.0, MismatchShape::Normal), 3, 2, RandomStream(1)),
            (std::vector<double>{1.0, 1.0, 1.0}));
}

// All 78 covariances of the cells of a 4 x 3 field, corners and borders among them.
TEST(CorrelatedNormals, HaveTheSeparableExponentialCovarianceEverywhere) {
  constexpr int kRows = 4;
  constexpr int kCols = 3;
  constexpr int kCells = kRows * kCols;
  constexpr int kFields = kNumDraws / kCells;
  constexpr double kLength = 2.0;
  std::vector<double> products(kCells * kCells, 0.0);

  for (int n = 0; n < kFields; ++n) {
    const auto z = correlated_normals(
        kCells, kCols, kLength, RandomStream(33).child("field", static_cast<std::uint64_t>(n)));
    for (std::size_t i = 0; i < kCells; ++i)
      for (std::size_t j = 0; j < kCells; ++j) products[i * kCells + j] += z[i] * z[j];
  }

  for (int i = 0; i < kCells; ++i) {
    for (int j = 0; j <= i; ++j) {
      const int distance = std::abs(i / kCols - j / kCols) + std::abs(i % kCols - j % kCols);
      const double covariance = std::exp(-distance / kLength);
      // A product of two unit normals has variance 1 + covariance^2; 5.3 deviations for 78 of them.
      EXPECT_NEAR(products[static_cast<std::size_t>(i * kCells + j)] / kFields, covariance,
                  5.3 * std::sqrt((1.0 + covariance * covariance) / kFields))
          << "cells " << i << " and " << j;
    }
  }
}

TEST(CorrelatedNormals, AreNormalFarFromTheFirstCell) {
  constexpr int kFields = 20000;
  std::vector<double> last;
  for (int n = 0; n < kFields; ++n)
    last.push_back(correlated_normals(
                       50, 5, 3.0, RandomStream(34).child("field", static_cast<std::uint64_t>(n)))
                       .back());

  EXPECT_LT(scaled_distance(last, normal_cdf), kLargestDistance);
}

TEST(Mismatch, SharesTheGivenFractionOfVarianceAmongNeighbours) {
  constexpr int kSide = 1000;
  constexpr double kShare = 0.6;
  constexpr double kLength = 4.0;
  DeviceOptions o = device(0.2, MismatchShape::Lognormal);
  o.mismatch_correlated_fraction = kShare;
  o.mismatch_correlation_cells = kLength;

  const auto z = logarithms(mismatch_factors(o, kSide * kSide, kSide, RandomStream(35)), 0.2);

  // The mean of products of a stationary field has a variance of at most 2 / N * sum over lags of
  // covariance^2 = 2 / N * (1 + (share^2 ((1 + rho^2) / (1 - rho^2))^2)).
  const double rho2 = std::exp(-2.0 / kLength);
  const double sum = 1.0 + kShare * kShare * std::pow((1.0 + rho2) / (1.0 - rho2), 2);
  const double tolerance = kDeviations * std::sqrt(2.0 * sum / kNumDraws);
  const auto mean_product = [&](int dr, int dc) {
    double total = 0.0;
    for (int r = dr; r < kSide; ++r)
      for (int c = dc; c < kSide; ++c)
        total += z[static_cast<std::size_t>(r * kSide + c)] *
                 z[static_cast<std::size_t>((r - dr) * kSide + c - dc)];
    return total / ((kSide - dr) * (kSide - dc));
  };
  EXPECT_NEAR(mean_product(0, 0), 1.0, tolerance);
  EXPECT_NEAR(mean_product(0, 1), kShare * std::exp(-1.0 / kLength), tolerance);
  EXPECT_NEAR(mean_product(3, 0), kShare * std::exp(-3.0 / kLength), tolerance);
  EXPECT_NEAR(mean_product(2, 2), kShare * std::exp(-4.0 / kLength), tolerance);
}

}  // namespace
}  // namespace ohmweave::crossbar
