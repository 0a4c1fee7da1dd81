// SPDX-License-Identifier: Apache-2.0
#include "data/synthetic_digits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ohmweave::data {
namespace {

DataOptions counts(int train, int test) {
  DataOptions options;
  options.num_train_images = train;
  options.num_test_images = test;
  return options;
}

double mean_ink(const std::array<std::uint8_t, 28 * 28>& image) {
  double sum = 0.0;
  for (const std::uint8_t pixel : image) sum += pixel / 255.0;
  return sum / static_cast<double>(image.size());
}

TEST(SyntheticDigits, AreTheSameWhateverIsDrawnBefore) {
  // Image 7 does not depend on how many images the set has.
  const Images few = load_synthetic_digits(counts(8, 1), Part::Train, 5);
  const Images many = load_synthetic_digits(counts(40, 1), Part::Train, 5);

  EXPECT_TRUE(std::equal(few.pixels.begin(), few.pixels.end(), many.pixels.begin()));
}

TEST(SyntheticDigits, KeepTheirBytesFromVersionToVersion) {
  // A change here changes every stored accuracy: raise kSyntheticDigitsVersion with it.
  const Images images = load_synthetic_digits(counts(200, 1), Part::Train, 1);

  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < images.pixels.size(); ++i) sum += (i % 251 + 1) * images.pixels[i];

  EXPECT_EQ(sum, 528350848U);
}

TEST(SyntheticDigits, StayInsideThePicture) {
  // The outermost ring of pixels holds noise, hardly ever ink: the drawing fits.
  const Images images = load_synthetic_digits(counts(1000, 1), Part::Train, 2);
  int num_touching = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint8_t* image = images.pixels.data() + static_cast<std::ptrdiff_t>(i) * 784;
    int brightest = 0;
    for (int k = 0; k < 28; ++k) {
      brightest = std::max({brightest, static_cast<int>(image[k]), static_cast<int>(image[756 + k]),
                            static_cast<int>(image[28 * k]), static_cast<int>(image[28 * k + 27])});
    }
    if (brightest > 128) ++num_touching;
  }
  constexpr int kMostTouching = 20;  // 2 %: as scanned digits, a few are cut
  EXPECT_LE(num_touching, kMostTouching);
}

TEST(SyntheticDigits, HaveInkForEveryDigit) {
  for (int digit = 0; digit < kNumDigits; ++digit) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      const double ink = mean_ink(draw_digit(digit, RandomStream(3).child("x", i)));
      EXPECT_GT(ink, 0.015) << digit;
      EXPECT_LT(ink, 0.35) << digit;
    }
  }
}

TEST(SyntheticDigits, HaveTheInkTheyWereDesignedFor) {
  // Measured on 20,000 images; MNIST has 0.131 and 0.308.
  constexpr double kMean = 0.108970;
  constexpr double kStd = 0.241816;
  constexpr int kCount = 4000;
  const Images images = load_synthetic_digits(counts(kCount, 1), Part::Train, 1);
  double sum = 0.0;
  double sum_of_squares = 0.0;
  double sum_of_squared_means = 0.0;
  for (int i = 0; i < kCount; ++i) {
    double image_sum = 0.0;
    for (int p = 0; p < 784; ++p) {
      const double x = images.pixels[static_cast<std::size_t>(i * 784 + p)] / 255.0;
      image_sum += x;
      sum_of_squares += x * x;
    }
    sum += image_sum / 784;
    sum_of_squared_means += image_sum / 784 * (image_sum / 784);
  }
  const double mean = sum / kCount;
  const double std = std::sqrt(sum_of_squares / (784.0 * kCount) - mean * mean);
  // Standard error of a mean over images; the table was measured on five times as many.
  const double error = std::sqrt((sum_of_squared_means / kCount - mean * mean) / kCount);

  EXPECT_NEAR(mean, kMean, 4 * error);
  EXPECT_NEAR(std, kStd, 4 * error);
}

}  // namespace
}  // namespace ohmweave::data
