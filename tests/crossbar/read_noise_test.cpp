// SPDX-License-Identifier: Apache-2.0
#include "crossbar/read_noise.h"

#include <gtest/gtest.h>

#include "tests/crossbar/distributions.h"

namespace ohmweave::crossbar {
namespace {

DeviceOptions noisy(double fraction) {
  DeviceOptions o;
  o.read_noise.emplace();
  o.read_noise->fraction = fraction;
  return o;
}

TEST(ReadNoise, HasTheVarianceThatTheOptionsGive) {
  EXPECT_DOUBLE_EQ(read_noise_variance(noisy(0.1), 2e-5), 4e-12);
  EXPECT_EQ(read_noise_variance(DeviceOptions(), 2e-5), 0.0);
}

TEST(ReadNoise, IsNormalAroundTheConductanceAndReachesBelowZero) {
  const auto read = read_siemens(noisy(1.0), std::vector<double>(kNumDraws, 2e-5),
                                 RandomStream(41).child("read", 7));

  const Moments m = moments_of(read);
  EXPECT_NEAR(m.mean, 2e-5, kDeviations * 2e-5 / std::sqrt(kNumDraws));
  EXPECT_NEAR(m.variance, 4e-10, kDeviations * 4e-10 * std::sqrt(2.0 / kNumDraws));
  EXPECT_LT(*std::min_element(read.begin(), read.end()), 0.0);
  EXPECT_LT(scaled_distance(read, [](double g) { return normal_cdf((g - 2e-5) / 2e-5); }),
            kLargestDistance);
}

TEST(ReadNoise, IsFreshAtEachReadAndTheSameForTheSameRead) {
  const std::vector<double> siemens(8, 1e-5);
  const RandomStream array(42);

  const auto first = read_siemens(noisy(0.1), siemens, array.child("read", 0));

  EXPECT_EQ(first, read_siemens(noisy(0.1), siemens, array.child("read", 0)));
  EXPECT_NE(first, read_siemens(noisy(0.1), siemens, array.child("read", 1)));
}

TEST(ReadNoise, AddsUpInAColumnByTheSquaresOfTheVoltages) {
  Matrix siemens(2, 2);
  siemens << 1e-5, 2e-5,  //
      3e-5, 4e-5;
  const std::vector<double> voltages = {0.2, -0.1};
  const DeviceOptions device = noisy(0.1);

  const auto variance = column_noise_variance(read_noise_variance(device, siemens), voltages);

  ASSERT_EQ(variance.size(), 2U);
  EXPECT_DOUBLE_EQ(variance[0], 0.04 * 1e-12 + 0.01 * 9e-12);
  EXPECT_DOUBLE_EQ(variance[1], 0.04 * 4e-12 + 0.01 * 16e-12);
  const std::vector<double> cells = {1e-5, 2e-5, 3e-5, 4e-5};
  std::vector<double> currents;
  for (std::uint64_t n = 0; n < kNumDraws / 4; ++n) {
    const auto read = read_siemens(device, cells, RandomStream(43).child("r", n));
    currents.push_back(read[0] * 0.2 - read[2] * 0.1);
  }
  const RandomStream one_read(44);
  EXPECT_EQ(read_siemens(device, siemens, one_read)(1, 0),
            read_siemens(device, cells, one_read)[2]);
  EXPECT_NEAR(moments_of(currents).variance, variance[0],
              kDeviations * variance[0] * std::sqrt(2.0 * 4 / kNumDraws));
}

}  // namespace
}  // namespace ohmweave::crossbar
