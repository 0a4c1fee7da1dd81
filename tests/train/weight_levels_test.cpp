// SPDX-License-Identifier: Apache-2.0
// On both engines, with weights that can be checked by hand.
#include "train/weight_levels.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "tests/train/small_training.h"

namespace ohmweave::train {
namespace {

const char* const kWeight = "a.weight";

/// The tiny network, its first layer's weights and mask as given (3 x 2), with levels for that
/// layer.
struct Fixture {
  Fixture(EngineKind engine, const std::vector<float>& weights, const std::vector<int>& present,
          const std::vector<float>& list)
      : module(tiny_network()),
        masks(masks_of(module, present)),
        learner(prepared(weights, engine)),
        levels({{kWeight, admm::LevelList(list)}}, masks, *learner) {}

  static Masks masks_of(const nn::GraphModule& module, const std::vector<int>& present) {
    Masks result = full_masks(module);
    result[kWeight] = torch::tensor(present).to(torch::kBool).view({3, 2});
    return result;
  }
  std::unique_ptr<Learner> prepared(const std::vector<float>& weights, EngineKind engine) {
    const torch::NoGradGuard no_grad;
    nn::initialize(module, RandomStream(6));
    module.parameter(kWeight).copy_(torch::tensor(weights).view({3, 2}));
    mask_weights(module.trainable(), masks);
    return make_learner(module, masks, engine);
  }

  void set_scale(float scale) { torch::Tensor(levels.scales().at("a.weight.scale")).fill_(scale); }
  void set_weights(const std::vector<float>& weights) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor full = torch::tensor(weights).view({3, 2}) * masks.at(kWeight);
    torch::Tensor(learner->tensors().at(kWeight)).copy_(learner->compacted(kWeight, full));
  }
  std::vector<float> numbers(const torch::Tensor& compact) const {
    const torch::Tensor& like = learner->tensors().at(kWeight);
    const torch::Tensor full =
        learner->expanded(kWeight, compact.detach().view(like.sizes())).contiguous();
    return {full.data_ptr<float>(), full.data_ptr<float>() + full.numel()};
  }
  std::vector<float> weights() const { return numbers(learner->tensors().at(kWeight)); }
  std::vector<float> fixed_levels() const { return numbers(levels.levels(kWeight)); }

  nn::GraphModule module;
  Masks masks;
  std::unique_ptr<Learner> learner;
  WeightLevels levels;
};

class WeightLevelsOnBoth : public ::testing::TestWithParam<EngineKind> {};
INSTANTIATE_TEST_SUITE_P(Engines, WeightLevelsOnBoth,
                         ::testing::Values(EngineKind::Dense, EngineKind::Sparse),
                         [](const auto& engine) {
                           return engine.param == EngineKind::Dense ? "Dense" : "Sparse";
                         });

TEST_P(WeightLevelsOnBoth, FitTheScaleOfTheWeightsThatCount) {
  Fixture f(GetParam(), {1.0F, -3.0F, 9.0F, 2.0F, 0.0F, 9.0F}, {1, 1, 0, 1, 1, 0}, {-1.0F, 1.0F});

  f.levels.fit();

  EXPECT_EQ(f.levels.scales().at("a.weight.scale").item<float>(), 1.5F);  // the mean of |w|
}

TEST_P(WeightLevelsOnBoth, FitTheScaleInTheMetric) {
  Fixture f(GetParam(), {1.0F, -3.0F, 9.0F, 2.0F, 0.0F, 9.0F}, {1, 1, 0, 1, 1, 0}, {-1.0F, 1.0F});
  const torch::Tensor metric =
      torch::tensor({{1.0F, 5.0F}, {7.0F, 1.0F}, {1.0F, 7.0F}});  // 7 where nothing counts

  f.levels.fit({{kWeight, metric}});

  // (1 + 5 x 3 + 2 + 0) / (1 + 5 + 1 + 1)
  EXPECT_EQ(f.levels.scales().at("a.weight.scale").item<float>(), 18.0F / 8.0F);
}

TEST_P(WeightLevelsOnBoth, OfATensorOfZerosTheScaleIsOne) {
  Fixture f(GetParam(), {0, 0, 0, 0, 0, 0}, {1, 1, 0, 1, 1, 0}, {-1.0F, 1.0F});

  f.levels.fit();

  EXPECT_EQ(f.levels.scales().at("a.weight.scale").item<float>(), 1.0F);
}

TEST_P(WeightLevelsOnBoth, FixTheNearestOfEveryLevelFirst) {
  // Distances on level 1: 1/4, 1/4, 3/8; level -1 and level 2 have one weight each.
  const std::vector<float> weights = {1.375F, 1.25F, 0.0F, 0.75F, -1.0F, 1.875F};
  Fixture f(GetParam(), weights, {1, 1, 0, 1, 1, 1}, {-2.0F, -1.0F, 1.0F, 2.0F});
  f.set_scale(1.0F);

  f.levels.fix_nearest(0.3);  // ceil(0.9) = 1; of equals the first
  EXPECT_EQ(f.fixed_levels(), (std::vector<float>{0, 1, 0, 0, -1, 2}));
  f.levels.fix_nearest(0.6);  // ceil(1.8) = 2
  EXPECT_EQ(f.fixed_levels(), (std::vector<float>{0, 1, 0, 1, -1, 2}));
  f.levels.fix_nearest(1.0);
  EXPECT_EQ(f.fixed_levels(), (std::vector<float>{1, 1, 0, 1, -1, 2}));
  EXPECT_EQ(f.weights(), weights);  // nothing has moved yet
}

TEST_P(WeightLevelsOnBoth, AFixedWeightKeepsItsLevelWhereverItsNumberGoes) {
  Fixture f(GetParam(), {1.0F, 1.25F, 0.0F, 2.0F, 0.0F, 0.0F}, {1, 1, 0, 1, 0, 0}, {1.0F, 2.0F});
  f.set_scale(1.0F);
  f.levels.fix_nearest(0.5);  // the first of two, and the only one on 2

  f.set_weights({2.0F, 1.75F, 0.0F, 2.0F, 0.0F, 0.0F});  // the free one is on 2 now
  f.levels.fix_nearest(0.5);  // ceil(0.5 * 2) = 1 of those on 2: it is there
  EXPECT_EQ(f.fixed_levels(), (std::vector<float>{1, 0, 0, 2, 0, 0}));
  f.levels.fix_nearest(0.6);

  EXPECT_EQ(f.fixed_levels(), (std::vector<float>{1, 2, 0, 2, 0, 0}));
}

TEST_P(WeightLevelsOnBoth, FixAsASlowTwinDoes) {
  const std::vector<float> list = {-3, -1, 1, 2};
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    const RandomStream stream = RandomStream(5).child("trial", trial);
    std::vector<float> weights;
    std::vector<int> present;
    for (std::uint64_t i = 0; i < 6; ++i) {
      present.push_back(stream.uniform(i) < 0.8 ? 1 : 0);
      // Odd sixteenths: never halfway between two levels, often equally far from one.
      const double eighths = std::floor(stream.normal(10 + i) * 8.0);
      weights.push_back(static_cast<float>((2.0 * eighths + 1.0) / 16.0));
    }
    Fixture f(GetParam(), weights, present, list);
    f.set_scale(0.5F);
    std::vector<float> expected(6, 0.0F);
    for (const double share : {0.25, 0.5, 0.75}) {
      f.levels.fix_nearest(share);

      const admm::LevelList levels(list);
      for (const float level : list) {
        std::vector<std::pair<float, int>> free;
        int count = 0;
        int num_fixed = 0;
        for (int i = 0; i < 6; ++i) {
          const float nearest =
              expected[i] != 0.0F ? expected[i] : list[levels.nearest(weights[i] / 0.5F)];
          if (present[i] == 0 || nearest != level) continue;
          ++count;
          if (expected[i] != 0.0F)
            ++num_fixed;
          else
            free.emplace_back(std::fabs(weights[i] - level * 0.5F), i);
        }
        std::sort(free.begin(), free.end());
        const int wanted = static_cast<int>(std::ceil(share * count)) - num_fixed;
        for (int k = 0; k < wanted; ++k) expected[free[k].second] = level;
      }
      EXPECT_EQ(f.fixed_levels(), expected) << trial << " " << share;
    }
  }
}

TEST_P(WeightLevelsOnBoth, SettlingMovesTheFixedOnly) {
  Fixture f(GetParam(), {1.25F, 1.0F, 0.0F, -2.0F, 0.75F, 0.0F}, {1, 1, 0, 1, 1, 0},
            {-2.0F, -1.0F, 1.0F, 2.0F});
  f.set_scale(1.0F);
  f.levels.fix_nearest(0.3);  // 1 of the three on 1, the one on -2

  f.set_scale(0.5F);
  f.levels.settle_fixed();

  EXPECT_EQ(f.weights(), (std::vector<float>{1.25F, 0.5F, 0.0F, -1.0F, 0.75F, 0.0F}));
  EXPECT_FALSE(f.levels.hold());
  f.levels.fix_nearest(1.0);
  f.levels.settle_fixed();
  EXPECT_TRUE(f.levels.hold());
}

TEST_P(WeightLevelsOnBoth, SettlingAllPutsEveryWeightOnItsNearestLevel) {
  Fixture f(GetParam(), {1.25F, 0.25F, 0.0F, -9.0F, -0.625F, 0.0F}, {1, 1, 0, 1, 1, 0},
            {-2.0F, -1.0F, 1.0F, 2.0F});
  f.set_scale(0.5F);
  EXPECT_FALSE(f.levels.hold());

  f.levels.settle_all();

  // Outside the mask there is still no weight, though 0 is no level.
  EXPECT_EQ(f.weights(), (std::vector<float>{1.0F, 0.5F, 0.0F, -1.0F, -0.5F, 0.0F}));
  EXPECT_EQ(f.fixed_levels(), (std::vector<float>{2, 1, 0, -2, -1, 0}));
  EXPECT_TRUE(f.levels.hold());
  f.set_weights({1.0F, 0.5F, 0.0F, -1.0F, std::nextafter(-0.5F, 0.0F), 0.0F});
  EXPECT_FALSE(f.levels.hold());
}

TEST_P(WeightLevelsOnBoth, ScaleGradientIsTheDerivativeByTheScaleOfTheFixedWeights) {
  Batch batch{torch::tensor({255, 0, 128, 255, 60, 200}, torch::kUInt8).view({3, 2, 1, 1}),
              torch::tensor({0, 1, 1}, torch::kInt64),
              {}};
  for (const double share : {0.3, 1.0}) {
    Fixture f(GetParam(), {1.25F, 1.0F, 0.0F, 2.5F, 0.75F, -1.0F}, {1, 1, 0, 1, 1, 1},
              {-2.0F, -1.0F, 1.0F, 2.0F});
    f.set_scale(0.7F);
    f.levels.fix_nearest(share);
    f.levels.settle_fixed();
    const torch::Tensor codes = torch::tensor(f.fixed_levels()).view({3, 2});
    const torch::Tensor free = torch::tensor(f.weights()).view({3, 2}) * codes.eq(0);

    (void)f.learner->compute_gradients(batch, std::nullopt, RandomStream(1));
    f.levels.set_scale_gradients();

    const torch::Tensor scale = torch::tensor({0.7F}).requires_grad_(true);
    const torch::Tensor weight = scale * codes + free;
    const torch::Tensor hidden = torch::relu(torch::linear(batch.images.flatten(1) / 255.0, weight,
                                                           f.module.parameter("a.bias").detach()));
    const torch::Tensor logits = torch::linear(hidden, f.module.parameter("b.weight").detach(),
                                               f.module.parameter("b.bias").detach());
    torch::cross_entropy_loss(logits, batch.labels).backward();
    const auto expected = scale.grad().item<double>();
    EXPECT_GT(std::abs(expected), 1e-3);
    EXPECT_NEAR(f.levels.scales().at("a.weight.scale").grad().item<double>(), expected,
                1e-5 * std::abs(expected));
  }
}

}  // namespace
}  // namespace ohmweave::train
