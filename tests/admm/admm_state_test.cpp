// SPDX-License-Identifier: Apache-2.0
#include "admm/admm_state.h"

#include <gtest/gtest.h>

#include "admm/cardinality.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// {w : w <= 1}, convex: ADMM must find the constrained minimum exactly.
class AtMostOne final : public Constraint {
 public:
  [[nodiscard]] torch::Tensor project(const torch::Tensor& v) const override {
    return v.clamp_max(1.0);
  }
  [[nodiscard]] bool contains(const torch::Tensor& v) const override {
    return (v <= 1.0).all().item<bool>();
  }
  [[nodiscard]] Json describe() const override { return {{"kind", "at_most_one"}}; }
};

/// {w : sum w = 1}, convex.
class SumsToOne final : public Constraint {
 public:
  [[nodiscard]] torch::Tensor project(const torch::Tensor& v) const override {
    return v - (v.sum() - 1.0) / v.numel();
  }
  [[nodiscard]] bool contains(const torch::Tensor& v) const override {
    return std::abs(v.sum().item<double>() - 1.0) < 1e-6;
  }
  [[nodiscard]] Json describe() const override { return {{"kind", "sums_to_one"}}; }
};

AdmmState state_of(torch::Tensor weight, std::shared_ptr<const Constraint> constraint,
                   const RhoSchedule& schedule) {
  return AdmmState({{"w", std::move(weight), std::move(constraint)}}, schedule);
}

/// Exact W step of f(w) = 1/2 ||w - target||^2: w = (target + rho (z - u)) / (1 + rho).
void minimize_quadratic(torch::Tensor weight, const torch::Tensor& target, const AdmmState& state) {
  const double rho = state.rho();
  weight.copy_((target + rho * (state.auxiliary("w") - state.scaled_dual("w"))) / (1.0 + rho));
}

TEST(AdmmState, StartsAtTheProjectionWithNoDual) {
  const AdmmState state =
      state_of(torch::tensor({1.0F, -3.0F}), std::make_shared<Cardinality>(1), {});

  EXPECT_TRUE(torch::equal(state.auxiliary("w"), torch::tensor({0.0F, -3.0F})));
  EXPECT_TRUE(torch::equal(state.scaled_dual("w"), torch::zeros({2})));
}

TEST(AdmmState, FollowsTheHandComputedIterationsOfAOneDimensionalProblem) {
  // f = 1/2 (w - 3)^2, w <= 1, rho = 1. From z = 1, u = 0: w = (3 + 1) / 2 = 2;
  // z = min(1, 2 + 0) = 1; u = 2 - 1 = 1. Then w = (3 + 1 - 1) / 2 = 1.5; z = 1; u = 1.5.
  const torch::Tensor weight = torch::tensor({3.0}, torch::kFloat64);
  const torch::Tensor target = torch::tensor({3.0}, torch::kFloat64);
  AdmmState state = state_of(weight, std::make_shared<AtMostOne>(), {1.0, 1.0, true});

  minimize_quadratic(weight, target, state);
  const std::vector<AdmmTrace> first = state.update();

  EXPECT_DOUBLE_EQ(weight.item<double>(), 2.0);
  EXPECT_DOUBLE_EQ(state.auxiliary("w").item<double>(), 1.0);
  EXPECT_DOUBLE_EQ(state.scaled_dual("w").item<double>(), 1.0);
  EXPECT_DOUBLE_EQ(first[0].primal_residual, 1.0);
  EXPECT_DOUBLE_EQ(first[0].dual_residual, 0.0);
  EXPECT_DOUBLE_EQ(first[0].violation, 0.5);

  minimize_quadratic(weight, target, state);
  (void)state.update();

  EXPECT_DOUBLE_EQ(weight.item<double>(), 1.5);
  EXPECT_DOUBLE_EQ(state.scaled_dual("w").item<double>(), 1.5);
}

TEST(AdmmState, ReachesTheConstrainedMinimumAndItsMultiplier) {
  const torch::Tensor weight = torch::tensor({3.0}, torch::kFloat64);
  const torch::Tensor target = torch::tensor({3.0}, torch::kFloat64);
  AdmmState state = state_of(weight, std::make_shared<AtMostOne>(), {1.0, 1.0, true});

  for (int i = 0; i < 60; ++i) {
    minimize_quadratic(weight, target, state);
    (void)state.update();
  }

  // w - 3 + multiplier = 0 at w = 1: rho * u = 2. The error halves in every iteration.
  EXPECT_NEAR(weight.item<double>(), 1.0, 1e-12);
  EXPECT_NEAR(state.rho() * state.scaled_dual("w").item<double>(), 2.0, 1e-12);
}

TEST(AdmmState, SolvesAConvexProblemWhoseRhoRises) {
  // min 1/2 ||w - (3, 0, 0)||^2 with sum w = 1: w = (3, 0, 0) - 2/3, multiplier 2/3.
  const torch::Tensor target = torch::tensor({3.0, 0.0, 0.0}, torch::kFloat64);
  const torch::Tensor weight = target.clone();
  AdmmState state = state_of(weight, std::make_shared<SumsToOne>(), {0.1, 1.05, true});

  for (int i = 0; i < 100; ++i) {
    minimize_quadratic(weight, target, state);
    (void)state.update();
  }

  EXPECT_TRUE(torch::allclose(weight, target - 2.0 / 3.0, 0.0, 1e-9));
  EXPECT_TRUE(torch::allclose(state.rho() * state.scaled_dual("w"),
                              torch::full({3}, 2.0 / 3.0, torch::kFloat64), 0.0, 1e-9));
}

TEST(AdmmState, RescalingKeepsTheDualVariableWhenRhoGrows) {
  const torch::Tensor weight = torch::tensor({3.0F, 2.0F});
  AdmmState kept = state_of(weight, std::make_shared<Cardinality>(1), {0.5, 2.0, true});
  AdmmState plain = state_of(weight, std::make_shared<Cardinality>(1), {0.5, 2.0, false});

  (void)kept.update();
  (void)plain.update();

  // u = w - z = (0, 2) before rescaling.
  EXPECT_DOUBLE_EQ(kept.rho(), 1.0);
  EXPECT_TRUE(torch::equal(kept.scaled_dual("w"), torch::tensor({0.0F, 1.0F})));
  EXPECT_TRUE(torch::equal(plain.scaled_dual("w"), torch::tensor({0.0F, 2.0F})));
}

TEST(AdmmState, PenaltyGradientIsTheDerivativeOfTheSquaredPenalty) {
  torch::manual_seed(3);
  torch::Tensor weight = torch::randn({4, 5}, torch::kFloat64);
  AdmmState state = state_of(weight, std::make_shared<AtMostOne>(), {0.3, 1.0, true});
  weight.add_(torch::randn({4, 5}, torch::kFloat64));
  (void)state.update();
  weight.add_(torch::randn({4, 5}, torch::kFloat64));
  weight.mutable_grad() = torch::ones({4, 5}, torch::kFloat64);

  state.add_penalty_gradient();

  constexpr double kStep = 1e-5;
  for (int i = 0; i < 20; ++i) {
    torch::Tensor entry = weight.view(-1)[i];
    entry.add_(kStep);
    const double above = state.penalty();
    entry.sub_(2.0 * kStep);
    const double below = state.penalty();
    entry.add_(kStep);
    const double slope = (above - below) / (2.0 * kStep);
    EXPECT_NEAR(weight.grad().view(-1)[i].item<double>(), 1.0 + slope, 1e-8) << i;
  }
}

TEST(AdmmState, CheckpointGoesOnExactlyWhereItStopped) {
  const torch::Tensor target = torch::tensor({3.0F, -1.0F, 2.0F});
  const torch::Tensor straight = target.clone();
  const torch::Tensor resumed = target.clone();
  const auto constraint = std::make_shared<Cardinality>(1);
  AdmmState a = state_of(straight, constraint, {0.2, 1.3, true});
  for (int i = 0; i < 3; ++i) {
    minimize_quadratic(straight, target, a);
    (void)a.update();
  }
  resumed.copy_(straight);
  AdmmState b = state_of(resumed, constraint, {0.2, 1.3, true});
  b.load_state(a.state());

  for (int i = 0; i < 3; ++i) {
    minimize_quadratic(straight, target, a);
    minimize_quadratic(resumed, target, b);
    (void)a.update();
    (void)b.update();
  }

  EXPECT_TRUE(torch::equal(straight, resumed));
  EXPECT_TRUE(torch::equal(a.scaled_dual("w"), b.scaled_dual("w")));
  EXPECT_EQ(a.rho(), b.rho());
}

TEST(AdmmState, RefusesACheckpointThatLacksATensor) {
  AdmmState state = state_of(torch::ones({2}), std::make_shared<Cardinality>(1), {});
  std::map<std::string, torch::Tensor> checkpoint = state.state();
  checkpoint.erase("w.u");

  EXPECT_THROW(state.load_state(checkpoint), DataError);
}

}  // namespace
}  // namespace ohmweave::admm
