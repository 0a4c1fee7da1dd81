// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/quantized_network.h"
#include "core/random.h"
#include "tests/core/networks.h"

namespace ohmweave {
namespace {

constexpr std::int64_t kWide = std::int64_t{1} << 45;

/// floor(a / b) for b > 0.
std::int64_t floor_divided(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// round half up of accumulator * p / q, exactly.
std::int64_t exact(std::int64_t accumulator, std::int64_t p, std::int64_t q) {
  return floor_divided(2 * accumulator * p + q, 2 * q);
}

TEST(CodeFormat, IsSymmetricWhenSigned) {
  const CodeFormat format{1.0, 8, true};

  EXPECT_EQ(format.low(), -127);
  EXPECT_EQ(format.high(), 127);
  EXPECT_EQ(format.magnitude_bits(), 7);
}

TEST(CodeFormat, StartsAtZeroWhenUnsigned) {
  const CodeFormat format{1.0, 8, false};

  EXPECT_EQ(format.low(), 0);
  EXPECT_EQ(format.high(), 255);
  EXPECT_EQ(format.magnitude_bits(), 8);
}

TEST(MakeRequantizer, NormalizesTheMultiplier) {
  const Requantizer one = make_requantizer(1.0, -10, 10);
  const Requantizer three_eighths = make_requantizer(0.375, -10, 10);

  EXPECT_EQ(one.multiplier, 1 << 30);
  EXPECT_EQ(one.shift, 30);
  EXPECT_EQ(three_eighths.multiplier, 3 << 29);
  EXPECT_EQ(three_eighths.shift, 32);
}

TEST(MakeRequantizer, IsWithinHalfAStepOfAnyFactor) {
  const RandomStream stream = RandomStream(5).child("factors");
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const double factor = std::exp2(61.99 * stream.uniform(i) - 32.0);  // [2^-32, 2^29.99)

    const Requantizer r = make_requantizer(factor, 0, 255);

    ASSERT_GE(r.multiplier, 1 << 30);
    ASSERT_GE(r.shift, 1);
    ASSERT_LE(r.shift, 62);
    ASSERT_LE(std::fabs(std::ldexp(r.multiplier, -r.shift) - factor), std::ldexp(0.5, -r.shift));
  }
}

TEST(MakeRequantizer, RoundsAFractionNextToOneUp) {
  const Requantizer r = make_requantizer(std::nextafter(2.0, 0.0), 0, 255);

  EXPECT_EQ(r.multiplier, 1 << 30);
  EXPECT_EQ(r.shift, 29);
}

TEST(MakeRequantizer, OfATinyFactorGivesZero) {
  const Requantizer r = make_requantizer(std::ldexp(0.99, -32), -5, 5);

  EXPECT_EQ(requantize(kAccumulatorLimit - 1, r), 0);
  EXPECT_EQ(requantize(1 - kAccumulatorLimit, r), 0);
}

TEST(MakeRequantizer, RefusesFactorsItCannotHold) {
  EXPECT_THROW(static_cast<void>(make_requantizer(0.0, 0, 1)), DataError);
  EXPECT_THROW(static_cast<void>(make_requantizer(-1.0, 0, 1)), DataError);
  EXPECT_THROW(static_cast<void>(make_requantizer(std::nan(""), 0, 1)), DataError);
  EXPECT_THROW(static_cast<void>(make_requantizer(kLargestRequantizerFactor, 0, 1)), DataError);
  EXPECT_THROW(
      static_cast<void>(make_requantizer(std::nextafter(kLargestRequantizerFactor, 0.0), 0, 1)),
      DataError);
}

TEST(Requantize, RoundsTiesUp) {
  const Requantizer half = make_requantizer(0.5, -100, 100);

  EXPECT_EQ(requantize(1, half), 1);
  EXPECT_EQ(requantize(3, half), 2);
  EXPECT_EQ(requantize(-1, half), 0);
  EXPECT_EQ(requantize(-3, half), -1);
  EXPECT_EQ(requantize(2, half), 1);
  EXPECT_EQ(requantize(0, half), 0);
}

TEST(Requantize, SaturatesAtBothEnds) {
  const Requantizer r = make_requantizer(0.5, -7, 7);

  EXPECT_EQ(requantize(13, r), 7);  // 6.5 rounds up, inside
  EXPECT_EQ(requantize(16, r), 7);
  EXPECT_EQ(requantize(kAccumulatorLimit - 1, r), 7);
  EXPECT_EQ(requantize(-14, r), -7);
  EXPECT_EQ(requantize(-16, r), -7);
  EXPECT_EQ(requantize(1 - kAccumulatorLimit, r), -7);
}

TEST(Requantize, EqualsExactRoundingForBinaryFractions) {
  const RandomStream stream = RandomStream(6).child("binary");
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const auto p = static_cast<std::int64_t>(1 + stream.below(1023, 3 * i));
    const std::int64_t q = std::int64_t{1} << stream.below(20, 3 * i + 1);
    const std::int64_t limit = kAccumulatorLimit - 1;
    const std::int64_t accumulator =
        static_cast<std::int64_t>(stream.below(2 * limit + 1, 3 * i + 2)) - limit;
    const double factor = static_cast<double>(p) / static_cast<double>(q);  // exact

    ASSERT_EQ(requantize(accumulator, make_requantizer(factor, -kWide, kWide)),
              exact(accumulator, p, q))
        << accumulator << " * " << p << " / " << q;
  }
}

// Between a product accumulator * p / q and the nearest tie lie at least 1/(2q) unless it is a tie;
// the multiplier is off by at most 2^-31 of it, so odd q and |accumulator * p / q| < 2^30 / q leave
// no doubt.
TEST(Requantize, EqualsExactRoundingForThirdsAndSevenths) {
  const RandomStream stream = RandomStream(6).child("odd");
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const std::int64_t q = i % 2 == 0 ? 3 : 7;
    const auto p = static_cast<std::int64_t>(1 + stream.below(q - 1, 2 * i));
    const std::int64_t limit = std::int64_t{1} << 26;
    const std::int64_t accumulator =
        static_cast<std::int64_t>(stream.below(2 * limit + 1, 2 * i + 1)) - limit;
    const double factor = static_cast<double>(p) / static_cast<double>(q);

    ASSERT_EQ(requantize(accumulator, make_requantizer(factor, -kWide, kWide)),
              exact(accumulator, p, q))
        << accumulator << " * " << p << " / " << q;
  }
}

TEST(Requantize, RefusesAnAccumulatorBeyond31Bits) {
  const Requantizer r = make_requantizer(1.0, -kWide, kWide);

  EXPECT_EQ(requantize(kAccumulatorLimit - 1, r), kAccumulatorLimit - 1);
  EXPECT_THROW(static_cast<void>(requantize(kAccumulatorLimit, r)), std::logic_error);
  EXPECT_THROW(static_cast<void>(requantize(-kAccumulatorLimit, r)), std::logic_error);
}

TEST(RequantizeSum, RoundsOnceAfterAdding) {
  const Requantizer quarter{1 << 30, 32, -100, 100};
  const Requantizer half{1 << 30, 31, -100, 100};

  EXPECT_EQ(requantize_sum({1, 1}, {quarter, quarter}), 1);    // 0.25 + 0.25 = 0.5, up
  EXPECT_EQ(requantize_sum({1, 0}, {quarter, quarter}), 0);    // 0.25
  EXPECT_EQ(requantize_sum({-1, -1}, {quarter, quarter}), 0);  // -0.5, up
  EXPECT_EQ(requantize_sum({-3, -3}, {quarter, quarter}), -1);
  EXPECT_EQ(requantize_sum({300, 300}, {quarter, quarter}), 100);
  EXPECT_EQ(requantize_sum({-300, -300}, {quarter, quarter}), -100);
  EXPECT_THROW(static_cast<void>(requantize_sum({1, 1}, {quarter, half})), std::logic_error);
}

}  // namespace
}  // namespace ohmweave
