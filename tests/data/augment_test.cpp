// SPDX-License-Identifier: Apache-2.0
#include "data/augment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ohmweave::data {
namespace {

using Pixels = std::vector<std::uint8_t>;

Pixels distorted(const Pixels& image, const Shape& shape, const Distortion& distortion) {
  Pixels result(image.size(), 99);
  distort(image.data(), shape, distortion, result.data());
  return result;
}

Distortion shift(double x, double y) {
  Distortion d;
  d.shift_x_pixels = x;
  d.shift_y_pixels = y;
  return d;
}

const Shape kSquare{1, 3, 3};
const Pixels kDigits{1, 2, 3, 4, 5, 6, 7, 8, 9};

TEST(Distort, WithoutADistortionGivesTheImage) {
  EXPECT_EQ(distorted(kDigits, kSquare, {}), kDigits);
}

TEST(Distort, ShiftsByWholePixelsWithBlackBehind) {
  EXPECT_EQ(distorted(kDigits, kSquare, shift(1, 0)), (Pixels{2, 3, 0, 5, 6, 0, 8, 9, 0}));
  EXPECT_EQ(distorted(kDigits, kSquare, shift(0, -1)), (Pixels{0, 0, 0, 1, 2, 3, 4, 5, 6}));
}

TEST(Distort, MixesNeighboursAtHalfAPixel) {
  EXPECT_EQ(distorted({10, 20, 40}, {1, 1, 3}, shift(0.5, 0)), (Pixels{15, 30, 20}));
}

TEST(Distort, TurnsByAQuarter) {
  Distortion quarter;
  quarter.angle_rad = std::acos(0.0);

  EXPECT_EQ(distorted(kDigits, kSquare, quarter), (Pixels{3, 6, 9, 2, 5, 8, 1, 4, 7}));
}

TEST(Distort, MirrorsLeftToRightInEveryChannel) {
  Distortion mirror;
  mirror.is_mirrored = true;

  EXPECT_EQ(distorted({1, 2, 3, 4, 5, 6}, {2, 1, 3}, mirror), (Pixels{3, 2, 1, 6, 5, 4}));
}

TEST(Distort, ShrinksTheContentWhenTheScaleIsAboveOne) {
  Distortion half;
  half.scale = 2.0;

  // Pixel p shows 2 (p - centre) + centre: only the middle stays inside.
  EXPECT_EQ(distorted(kDigits, kSquare, half), (Pixels{0, 0, 0, 0, 5, 0, 0, 0, 0}));
}

TEST(DrawDistortion, StaysWithinItsLimitsAndFillsThem) {
  AugmentOptions options;
  options.mirror = true;
  const RandomStream stream(5);
  constexpr int kDraws = 4000;
  double sum = 0.0;
  double squares = 0.0;
  int num_mirrored = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Distortion d = draw_distortion(options, stream, i);

    EXPECT_LE(std::abs(d.angle_rad), 10.0 * std::acos(-1.0) / 180.0);
    EXPECT_LE(std::abs(d.scale - 1.0), 0.08);
    EXPECT_LE(std::abs(d.shift_x_pixels), 2.0);
    EXPECT_LE(std::abs(d.shift_y_pixels), 2.0);
    sum += d.shift_x_pixels;
    squares += d.shift_y_pixels * d.shift_y_pixels;
    num_mirrored += d.is_mirrored ? 1 : 0;
  }
  // Uniform in +-2: variance 4/3, fourth moment 16/5; four standard errors.
  const double variance = 4.0 / 3.0;
  EXPECT_NEAR(sum / kDraws, 0.0, 4.0 * std::sqrt(variance / kDraws));
  EXPECT_NEAR(squares / kDraws, variance,
              4.0 * std::sqrt((16.0 / 5.0 - variance * variance) / kDraws));
  EXPECT_NEAR(num_mirrored, 0.5 * kDraws, 4.0 * 0.5 * std::sqrt(kDraws));
}

TEST(DrawDistortion, ShiftsByWholePixelsWhenItOnlyShifts) {
  AugmentOptions options;
  options.rotation_degrees = 0.0;
  options.scale_fraction = 0.0;
  std::vector<int> counts(5, 0);
  for (int i = 0; i < 1000; ++i) {
    const Distortion d = draw_distortion(options, RandomStream(5), i);

    ASSERT_EQ(d.shift_x_pixels, std::round(d.shift_x_pixels));
    ++counts.at(static_cast<std::size_t>(d.shift_x_pixels + 2.0));
  }
  // Five equal shares of 1000, four standard deviations.
  for (const int count : counts) EXPECT_NEAR(count, 200, 4.0 * std::sqrt(1000 * 0.2 * 0.8));
}

TEST(DrawDistortion, DependsOnStreamAndIndexOnly) {
  const AugmentOptions options;

  const Distortion a = draw_distortion(options, RandomStream(1), 7);
  const Distortion b = draw_distortion(options, RandomStream(1), 7);
  const Distortion c = draw_distortion(options, RandomStream(1), 8);

  EXPECT_EQ(a.angle_rad, b.angle_rad);
  EXPECT_NE(a.angle_rad, c.angle_rad);
}

}  // namespace
}  // namespace ohmweave::data
