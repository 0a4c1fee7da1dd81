// SPDX-License-Identifier: Apache-2.0
// Philox against its published vectors, and the distributions drawn from it. Every statistical
// bound is kSigmas standard errors of the quantity tested; seeds are fixed.
#include "core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace ohmweave {
namespace {

constexpr double kSigmas = 4.0;
constexpr std::uint64_t kNumDraws = 200000;

using Block = std::array<std::uint32_t, 4>;

TEST(Philox4x32, GivesThePublishedVectors) {  // file kat_vectors of the authors' library
  constexpr std::uint32_t kOnes = 0xffffffffU;

  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  EXPECT_EQ(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
  EXPECT_EQ(
      philox4x32({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, {0xa4093822U, 0x299f31d0U}),
      (Block{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST(RandomStream, ReadsPhiloxAtKeySeedAndCounterPosition) {
  const RandomStream stream(0x299f31d0a4093822ULL);
  const Block block = philox4x32({7, 1, 0, 0}, {0xa4093822U, 0x299f31d0U});

  const std::uint64_t bits = stream.bits((1ULL << 32U) + 7);

  EXPECT_EQ(bits, static_cast<std::uint64_t>(block[1]) << 32U | block[0]);
}

TEST(RandomStream, DependsOnlyOnSeedPurposeIndicesAndPosition) {
  const RandomStream first(42);
  const RandomStream second(42);

  static_cast<void>(first.bits(3));  // reading leaves no trace

  EXPECT_EQ(first.bits(9), second.bits(9));
  EXPECT_EQ(first.child("noise", 1, 2).bits(9), second.child("noise", 1, 2).bits(9));
}

TEST(RandomStream, ChangesWithEveryPartOfItsKey) {
  const RandomStream run(42);
  const std::vector<RandomStream> streams{run,
                                          RandomStream(43),
                                          run.child("a"),
                                          run.child("b"),
                                          run.child("a", 1),
                                          run.child("a", 0, 1),
                                          run.child("a", 1, 1),
                                          run.child("a", 1ULL << 32U),
                                          run.child("a").child("a"),
                                          run.child("a").child("b"),
                                          run.child("b").child("a")};
  std::set<std::uint64_t> seen;

  for (const RandomStream& stream : streams) {
    seen.insert(stream.bits(0));
    seen.insert(stream.bits(1));
  }

  EXPECT_EQ(seen.size(), 2 * streams.size());
}

/// Largest distance of the empirical distribution from the true one. `draws` as cumulative
/// probabilities; sqrt(n) times it exceeds 1.95 with probability 0.001.
double kolmogorov_smirnov(std::vector<double> probabilities) {
  std::sort(probabilities.begin(), probabilities.end());
  const auto n = static_cast<double>(probabilities.size());
  double worst = 0.0;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    worst = std::max({worst, probabilities[i] - static_cast<double>(i) / n,
                      static_cast<double>(i + 1) / n - probabilities[i]});
  }
  return worst;
}
constexpr double kKolmogorovLimit = 1.95;

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

Moments moments_of(const std::vector<double>& draws) {
  Moments m;
  for (const double x : draws) m.mean += x / static_cast<double>(draws.size());
  for (const double x : draws) {
    m.variance += (x - m.mean) * (x - m.mean) / static_cast<double>(draws.size() - 1);
  }
  return m;
}

TEST(RandomStream, UniformIsUniformInTheUnitInterval) {
  const RandomStream stream = RandomStream(1).child("uniform");
  std::vector<double> draws;
  for (std::uint64_t i = 0; i < kNumDraws; ++i) draws.push_back(stream.uniform(i));
  const auto n = static_cast<double>(kNumDraws);

  const Moments m = moments_of(draws);

  EXPECT_GE(*std::min_element(draws.begin(), draws.end()), 0.0);
  EXPECT_LT(*std::max_element(draws.begin(), draws.end()), 1.0);
  EXPECT_NEAR(m.mean, 0.5, kSigmas * std::sqrt(1.0 / 12.0 / n));
  // variance of the sample variance: (mu4 - sigma^4) / n with mu4 = 1/80, sigma^4 = 1/144
  EXPECT_NEAR(m.variance, 1.0 / 12.0, kSigmas * std::sqrt((1.0 / 80.0 - 1.0 / 144.0) / n));
  EXPECT_LT(kolmogorov_smirnov(draws) * std::sqrt(n), kKolmogorovLimit);
}

TEST(RandomStream, NormalIsStandardNormal) {
  const RandomStream stream = RandomStream(1).child("normal");
  std::vector<double> draws;
  for (std::uint64_t i = 0; i < kNumDraws; ++i) draws.push_back(stream.normal(i));
  const auto n = static_cast<double>(kNumDraws);

  const Moments m = moments_of(draws);
  double fourth = 0.0;
  std::vector<double> probabilities;
  for (const double x : draws) {
    fourth += x * x * x * x / n;
    probabilities.push_back(0.5 * std::erfc(-x / std::sqrt(2.0)));
  }

  EXPECT_NEAR(m.mean, 0.0, kSigmas * std::sqrt(1.0 / n));
  EXPECT_NEAR(m.variance, 1.0, kSigmas * std::sqrt(2.0 / n));  // mu4 - sigma^4 = 3 - 1
  EXPECT_NEAR(fourth, 3.0, kSigmas * std::sqrt(96.0 / n));     // mu8 - mu4^2 = 105 - 9
  EXPECT_LT(kolmogorov_smirnov(probabilities) * std::sqrt(n), kKolmogorovLimit);
}

TEST(RandomStream, NormalReachesTheTails) {
  const RandomStream stream = RandomStream(2).child("tails");
  double num_beyond_three = 0.0;
  for (std::uint64_t i = 0; i < kNumDraws; ++i) {
    num_beyond_three += std::fabs(stream.normal(i)) > 3.0 ? 1.0 : 0.0;
  }

  const double expected = static_cast<double>(kNumDraws) * std::erfc(3.0 / std::sqrt(2.0));
  EXPECT_NEAR(num_beyond_three, expected, kSigmas * std::sqrt(expected));  // Poisson
}

TEST(RandomStream, BelowHitsEveryValueEquallyOften) {
  constexpr std::uint64_t kCount = 7;
  const RandomStream stream = RandomStream(3).child("below");
  std::vector<double> hits(kCount, 0.0);

  for (std::uint64_t i = 0; i < kNumDraws; ++i) {
    const std::uint64_t value = stream.below(kCount, i);
    ASSERT_LT(value, kCount);
    hits[value] += 1.0;
  }

  const double expected = static_cast<double>(kNumDraws) / kCount;
  double chi_square = 0.0;
  for (const double h : hits) chi_square += (h - expected) * (h - expected) / expected;
  EXPECT_LT(chi_square, 22.46);  // 6 degrees of freedom, probability 0.001
  EXPECT_EQ(stream.below(1, 5), 0U);
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const Moments ma = moments_of(a);
  const Moments mb = moments_of(b);
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - ma.mean) * (b[i] - mb.mean);
  return sum / (static_cast<double>(a.size() - 1) * std::sqrt(ma.variance * mb.variance));
}

TEST(RandomStream, ChildrenAreIndependentOfParentAndSiblings) {
  const RandomStream run(4);
  const std::vector<RandomStream> streams{run, run.child("chip", 0), run.child("chip", 1),
                                          run.child("chip", 0, 1), run.child("chip", 0).child("x")};
  std::vector<std::vector<double>> draws(streams.size());
  for (std::size_t s = 0; s < streams.size(); ++s) {
    for (std::uint64_t i = 0; i < kNumDraws; ++i) draws[s].push_back(streams[s].normal(i));
  }

  const double limit = kSigmas / std::sqrt(static_cast<double>(kNumDraws));
  for (std::size_t s = 0; s < streams.size(); ++s) {
    for (std::size_t t = 0; t < s; ++t) {
      EXPECT_LT(std::fabs(correlation(draws[s], draws[t])), limit) << s << " and " << t;
    }
    const std::vector<double> shifted(draws[s].begin() + 1, draws[s].end());
    const std::vector<double> kept(draws[s].begin(), draws[s].end() - 1);
    EXPECT_LT(std::fabs(correlation(shifted, kept)), limit) << "serial, stream " << s;
  }
}

TEST(RandomStream, ManyNormalsAreBoxMullerOfTheirBlocks) {
  const std::uint64_t seed = 77;
  constexpr std::uint64_t kFirst = 0xfffffff0U;  // the counter's low word overflows on the way
  std::vector<float> found(1001);
  RandomStream(seed).normals(kFirst, found.size(), found.data());

  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::uint64_t position = kFirst + i / 4;
    const auto block = philox4x32(
        {static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(position >> 32U), 0, 0},
        {77, 0});
    const std::uint32_t radius_bits = block[i % 4 < 2 ? 0 : 2] >> 8U;
    const std::uint32_t angle_bits = block[i % 4 < 2 ? 1 : 3] >> 8U;
    // Pairs lie one after the other: cosine, sine, cosine, sine.
    const double radius = std::sqrt(-2.0 * std::log((radius_bits + 0.5) * 0x1p-24));
    const double angle = 2.0 * 3.14159265358979323846 * angle_bits * 0x1p-24;
    const double expected = radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
    // Uniforms next to 1 are rounded to float, which the root of their small logarithm magnifies.
    EXPECT_NEAR(found[i], expected, radius < 0.01 ? 1e-3 : 2e-6) << i;
  }
}

TEST(RandomStream, ManyNormalsGoOnWhereTheyWereCut) {
  const RandomStream stream = RandomStream(5).child("noise", 3);
  std::vector<float> whole(403);
  stream.normals(10, whole.size(), whole.data());

  std::vector<float> pieces(403);
  stream.normals(10, 44, pieces.data());
  stream.normals(21, 359, pieces.data() + 44);

  EXPECT_EQ(whole, pieces);
}

TEST(RandomStream, ManyNormalsAreNormal) {
  std::vector<float> draws(1'000'000);
  RandomStream(6).normals(0, draws.size(), draws.data());
  std::sort(draws.begin(), draws.end());
  double distance = 0.0;  // Kolmogorov and Smirnov's
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double expected = 0.5 * std::erfc(-static_cast<double>(draws[i]) / std::sqrt(2.0));
    const double below = static_cast<double>(i) / static_cast<double>(draws.size());
    distance = std::max(distance, std::fabs(expected - below));
  }
  EXPECT_LT(distance, 1.95e-3);  // probability 0.001: 1.95 / sqrt(n)
  EXPECT_LT(draws.front(), -4.3F);
  EXPECT_GT(draws.back(), 4.3F);
}

}  // namespace
}  // namespace ohmweave
