// SPDX-License-Identifier: Apache-2.0
#include "admm/conductance_levels.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace ohmweave::admm {
namespace {

double squared_error(const torch::Tensor& v, const torch::Tensor& w) {
  return (v - w).to(torch::kFloat64).square().sum().item<double>();
}

TEST(ConductanceLevels, RecoversAGridAndItsCodes) {
  const ConductanceLevels levels(2, {});
  const torch::Tensor v = torch::tensor({0.5F, -1.0F, 1.5F, 0.0F});

  const LevelFit fit = levels.fit(v);

  EXPECT_EQ(fit.scale, 0.5F);
  EXPECT_EQ(fit.codes, (std::vector<std::int32_t>{1, -2, 3, 0}));
}

TEST(ConductanceLevels, RefitsTheScaleByLeastSquares) {
  const ConductanceLevels levels(1, {});
  const torch::Tensor v = torch::tensor({1.0F, -2.0F});

  const LevelFit fit = levels.fit(v);

  // Codes 1 and -1: scale (1 + 2) / 2, error 0.5; code 0 for the first: scale 2, error 1.
  EXPECT_EQ(fit.codes, (std::vector<std::int32_t>{1, -1}));
  EXPECT_EQ(fit.scale, 1.5F);
}

TEST(ConductanceLevels, LetsASmallWeightFallToLevelZero) {
  const ConductanceLevels levels(1, {});

  const torch::Tensor projected = levels.project(torch::tensor({4.0F, -4.0F, 0.5F}));

  EXPECT_TRUE(torch::equal(projected, torch::tensor({4.0F, -4.0F, 0.0F})));
}

TEST(ConductanceLevels, ZeroesWhatTheMaskExcludes) {
  const ConductanceLevels levels(2, torch::tensor({true, false, true}));

  const torch::Tensor projected = levels.project(torch::tensor({1.0F, 9.0F, 3.0F}));

  EXPECT_TRUE(torch::equal(projected, torch::tensor({1.0F, 0.0F, 3.0F})));
  EXPECT_FALSE(levels.contains(torch::tensor({1.0F, 1.0F, 3.0F})));
}

TEST(ConductanceLevels, FindsTheGlobalScaleThatADenseScanFinds) {
  const RandomStream stream(11);
  for (int trial = 0; trial < 10; ++trial) {
    const int bits = 1 + trial % 4;
    const ConductanceLevels levels(bits, {});
    torch::Tensor v = torch::empty({40});
    for (int i = 0; i < 40; ++i) v[i] = stream.child("values", trial).normal(i);

    const double error = squared_error(v, levels.project(v));

    double best = 1e300;
    for (int i = 1; i <= 20000; ++i) {
      LevelFit scan{4.0F * static_cast<float>(i) / 20000.0F, {}};
      scan.codes = nearest_codes(v, scan.scale, bits);
      best = std::min(best, squared_error(v, level_values(scan, v.sizes())));
    }
    // The scan cannot beat the exact optimum but by the float32 rounding of 40 products.
    EXPECT_LE(error, best * (1.0 + 1e-5)) << "trial " << trial;
  }
}

TEST(ConductanceLevels, ExactFitGivesBackTheTensorBitForBit) {
  const RandomStream stream(12);
  for (int trial = 0; trial < 50; ++trial) {
    LevelFit made{static_cast<float>(0.01 + stream.uniform(trial)), {}};
    for (int i = 0; i < 30; ++i) {
      const auto code = stream.child("codes", trial).below(31, i);
      made.codes.push_back(static_cast<std::int32_t>(code) - 15);
    }
    const torch::Tensor v = level_values(made, {30});

    const auto found = ConductanceLevels(4, {}).exact_fit(v);

    ASSERT_TRUE(found.has_value()) << "trial " << trial;
    EXPECT_TRUE(torch::equal(level_values(*found, {30}), v));
  }
}

TEST(ConductanceLevels, RefusesAWeightOffItsGrid) {
  const ConductanceLevels levels(4, {});

  EXPECT_TRUE(levels.contains(torch::tensor({0.25F, 0.5F, -3.75F})));
  EXPECT_FALSE(levels.contains(torch::tensor({0.25F, 0.5001F, -3.75F})));
  EXPECT_FALSE(levels.contains(torch::tensor({0.25F, 4.0F})));  // 16 steps; 15 is the highest
}

TEST(ConductanceLevels, TakesAnAllZeroTensorAsItIs) {
  const ConductanceLevels levels(4, {});

  EXPECT_TRUE(levels.contains(torch::zeros({3})));
  EXPECT_TRUE(torch::equal(levels.project(torch::zeros({3})), torch::zeros({3})));
}

}  // namespace
}  // namespace ohmweave::admm
