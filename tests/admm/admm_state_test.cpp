// SPDX-License-Identifier: Apache-2.0
#include "admm/admm_state.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "admm/cardinality.h"
#include "admm/global_cardinality.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// {w : w <= 1}, convex: ADMM must find the constrained minimum exactly.
class AtMostOne final : public Constraint {
 public:
  [[nodiscard]] bool contains(const torch::Tensor& v) const override {
    return (v <= 1.0).all().item<bool>();
  }
  [[nodiscard]] Json describe() const override { return {{"kind", "at_most_one"}}; }

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& /*metric*/) const override {
    return v.clamp_max(1.0);  // in every metric
  }
};

/// {w : sum w = 1}, convex.
class SumsToOne final : public Constraint {
 public:
  [[nodiscard]] bool contains(const torch::Tensor& v) const override {
    return std::abs(v.sum().item<double>() - 1.0) < 1e-6;
  }
  [[nodiscard]] Json describe() const override { return {{"kind", "sums_to_one"}}; }

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override {
    const torch::Tensor shares = metric.defined() ? 1.0 / metric : torch::ones_like(v);
    return v - shares * (v.sum() - 1.0) / shares.sum();
  }
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

AdmmState joint_state(const torch::Tensor& a, const torch::Tensor& b, double multiplier_of_b) {
  const auto two = std::make_shared<GlobalCardinality>(
      std::vector<CountedPart>{{"a", a.numel(), 0}, {"b", b.numel(), 0}}, 2);
  return AdmmState({AdmmTarget({{"a", a, 1.0}, {"b", b, multiplier_of_b}}, two)}, {0.5, 2.0, true});
}

TEST(AdmmState, ProjectsTheTensorsOfOneTargetTogether) {
  const torch::Tensor a = torch::tensor({{3.0F, 1.0F}});
  const torch::Tensor b = torch::tensor({2.0F, 4.0F, 0.5F});
  AdmmState state = joint_state(a, b, 1.0);

  const std::vector<AdmmTrace> trace = state.update();
  state.project_weights();

  ASSERT_EQ(trace.size(), 2U);
  EXPECT_EQ(trace[1].name, "b");
  // b = (2 4 0.5) keeps 4: sqrt(2^2 + 0.5^2) of sqrt(20.25) is cut.
  EXPECT_NEAR(trace[1].violation, std::sqrt(4.25 / 20.25), 1e-6);
  EXPECT_TRUE(torch::equal(a, torch::tensor({{3.0F, 0.0F}})));
  EXPECT_TRUE(torch::equal(b, torch::tensor({0.0F, 4.0F, 0.0F})));
  EXPECT_TRUE(torch::equal(state.scaled_dual("a"), torch::tensor({{0.0F, 0.5F}})));
}

TEST(AdmmState, ARhoOfItsOwnWeighsATensorInAJointSet) {
  const torch::Tensor a = torch::tensor({{3.0F, 1.0F}});
  const torch::Tensor b = torch::tensor({2.0F, 4.0F, 0.5F});

  const AdmmState state = joint_state(a, b, 9.0);

  // 9 * 2^2 beats 3^2.
  EXPECT_TRUE(torch::equal(state.auxiliary("a"), torch::zeros({1, 2})));
  EXPECT_TRUE(torch::equal(state.auxiliary("b"), torch::tensor({2.0F, 4.0F, 0.0F})));
  EXPECT_DOUBLE_EQ(state.rho("b"), 4.5);
  EXPECT_DOUBLE_EQ(state.rho("a"), 0.5);
}

TEST(AdmmState, ProjectsInTheMetricOnceItIsSet) {
  const torch::Tensor weight = torch::tensor({3.0F, 2.0F});
  AdmmState state = state_of(weight, std::make_shared<Cardinality>(1), {});

  state.set_metric("w", torch::tensor({1.0F, 4.0F}));
  (void)state.update();

  EXPECT_TRUE(torch::equal(state.auxiliary("w"), torch::tensor({0.0F, 2.0F})));
}

TEST(AdmmState, PenaltyGradientFollowsMetricAndOwnRho) {
  torch::manual_seed(4);
  torch::Tensor weight = torch::randn({6}, torch::kFloat64);
  AdmmState state({{"w", weight, std::make_shared<AtMostOne>(), 2.5}}, {0.3, 1.0, true});
  state.set_metric("w", torch::rand({6}, torch::kFloat64) + 0.1);
  weight.add_(torch::randn({6}, torch::kFloat64));
  (void)state.update();

  state.add_penalty_gradient();

  constexpr double kStep = 1e-5;
  for (int i = 0; i < 6; ++i) {
    torch::Tensor entry = weight[i];
    entry.add_(kStep);
    const double above = state.penalty();
    entry.sub_(2.0 * kStep);
    const double below = state.penalty();
    entry.add_(kStep);
    const double slope = (above - below) / (2.0 * kStep);
    EXPECT_NEAR(weight.grad()[i].item<double>(), slope, 1e-8) << i;
  }
}

TEST(AdmmState, FindsTheConstrainedMinimumInAMetricThatChanges) {
  // min 1/2 ||w - (3, 0, 0)||^2 with sum w = 1, whatever the metric: w = (3, 0, 0) - 2/3.
  const torch::Tensor target = torch::tensor({3.0, 0.0, 0.0}, torch::kFloat64);
  const torch::Tensor weight = target.clone();
  AdmmState state = state_of(weight, std::make_shared<SumsToOne>(), {0.5, 1.0, true});
  torch::Tensor metric = torch::tensor({1.0, 2.0, 0.5}, torch::kFloat64);

  for (int i = 0; i < 200; ++i) {
    if (i == 50) metric = torch::tensor({0.7, 1.0, 3.0}, torch::kFloat64);
    if (i == 0 || i == 50) state.set_metric("w", metric);
    const torch::Tensor pull = state.rho() * metric;
    weight.copy_((target + pull * (state.auxiliary("w") - state.scaled_dual("w"))) / (1.0 + pull));
    (void)state.update();
  }

  EXPECT_TRUE(torch::allclose(weight, target - 2.0 / 3.0, 0.0, 1e-9)) << weight;
}

TEST(AdmmState, AChangeOfMetricKeepsTheDualVariable) {
  const torch::Tensor weight = torch::tensor({3.0F, 2.0F});
  AdmmState kept = state_of(weight, std::make_shared<Cardinality>(1), {0.5, 1.0, true});
  AdmmState plain = state_of(weight, std::make_shared<Cardinality>(1), {0.5, 1.0, false});
  for (AdmmState* state : {&kept, &plain}) {
    (void)state->update();  // u = (0, 2)
    state->set_metric("w", torch::tensor({1.0F, 4.0F}));
  }

  EXPECT_TRUE(torch::equal(kept.scaled_dual("w"), torch::tensor({0.0F, 0.5F})));
  EXPECT_TRUE(torch::equal(plain.scaled_dual("w"), torch::tensor({0.0F, 2.0F})));
  kept.set_metric("w", torch::tensor({1.0F, 8.0F}));
  EXPECT_TRUE(torch::equal(kept.scaled_dual("w"), torch::tensor({0.0F, 0.25F})));
  kept.set_metric("w", {});
  EXPECT_TRUE(torch::equal(kept.scaled_dual("w"), torch::tensor({0.0F, 2.0F})));
}

TEST(AdmmState, CheckpointHoldsTheMetric) {
  const torch::Tensor weight = torch::tensor({3.0F, 2.0F});
  AdmmState a = state_of(weight, std::make_shared<Cardinality>(1), {0.5, 1.0, true});
  a.set_metric("w", torch::tensor({1.0F, 4.0F}));
  AdmmState b = state_of(weight, std::make_shared<Cardinality>(1), {0.5, 1.0, true});

  b.load_state(a.state());
  (void)a.update();
  (void)b.update();

  EXPECT_TRUE(torch::equal(b.auxiliary("w"), torch::tensor({0.0F, 2.0F})));
  EXPECT_TRUE(torch::equal(a.scaled_dual("w"), b.scaled_dual("w")));
}

TEST(AdmmState, RestartsFromItsWeightsInItsMetric) {
  const torch::Tensor weight = torch::tensor({3.0F, 2.0F});
  AdmmState state = state_of(weight, std::make_shared<Cardinality>(1), {0.5, 2.0, true});
  (void)state.update();  // z = (3, 0), u = (0, 1)
  const torch::Tensor metric = torch::tensor({1.0F, 9.0F});
  EXPECT_FALSE(state.metric("w").defined());
  state.set_metric("w", metric);
  weight[0] = 5.0;

  state.restart();

  EXPECT_TRUE(torch::equal(state.metric("w"), metric));
  EXPECT_TRUE(torch::equal(state.auxiliary("w"), torch::tensor({0.0F, 2.0F})));  // 9 * 2^2 > 5^2
  EXPECT_TRUE(torch::equal(state.scaled_dual("w"), torch::zeros({2})));
  EXPECT_TRUE(torch::equal(weight, torch::tensor({5.0F, 2.0F})));
  EXPECT_DOUBLE_EQ(state.rho(), 1.0);
}

TEST(AdmmState, RestartsEveryTensorOfAJointSet) {
  const torch::Tensor a = torch::tensor({{3.0F, 1.0F}});
  const torch::Tensor b = torch::tensor({2.0F, 4.0F, 0.5F});
  AdmmState state = joint_state(a, b, 1.0);
  (void)state.update();
  state.set_metric("b", torch::tensor({4.0F, 1.0F, 1.0F}));

  state.restart();

  // 4 * 2^2 = 16 and 4^2 beat 3^2.
  EXPECT_TRUE(torch::equal(state.auxiliary("a"), torch::zeros({1, 2})));
  EXPECT_TRUE(torch::equal(state.auxiliary("b"), torch::tensor({2.0F, 4.0F, 0.0F})));
  EXPECT_TRUE(torch::equal(state.scaled_dual("a"), torch::zeros({1, 2})));
  EXPECT_TRUE(torch::equal(state.scaled_dual("b"), torch::zeros({3})));
}

TEST(AdmmState, NamesTheTensorThatBreaksOrDiverges) {
  torch::Tensor weight = torch::tensor({3.0F, 2.0F});
  AdmmState state = state_of(weight, std::make_shared<Cardinality>(1), {});
  const auto problem = [&state] {
    try {
      (void)state.update();
    } catch (const NumericError& error) {
      return std::string(error.what());
    }
    return std::string();
  };

  weight.mul_(1e7);
  EXPECT_NE(problem().find("'w' diverges"), std::string::npos);
  weight[0] = NAN;
  EXPECT_NE(problem().find("'w' holds NaN"), std::string::npos);
}

TEST(HasConverged, ComparesBothResidualsWithBothTolerances) {
  AdmmTrace trace;
  trace.primal_residual = 0.5;
  trace.primal_size = 10.0;
  trace.dual_residual = 0.2;
  trace.dual_size = 2.0;
  trace.entries = 4;

  EXPECT_TRUE(has_converged({trace}, {0.0, 0.05, 0.1}));
  EXPECT_FALSE(has_converged({trace}, {0.0, 0.04, 0.1}));
  EXPECT_FALSE(has_converged({trace}, {0.0, 0.05, 0.09}));
  EXPECT_TRUE(has_converged({trace}, {0.25, 0.0, 0.0}));  // sqrt(4) * 0.25
  EXPECT_FALSE(has_converged({trace}, {0.24, 0.0, 0.0}));
  AdmmTrace worse = trace;
  worse.primal_residual = 5.0;
  EXPECT_FALSE(has_converged({trace, worse}, {0.0, 0.05, 0.1}));
}

TEST(HasConverged, HoldsAtTheEndOfAConvexProblem) {
  const torch::Tensor weight = torch::tensor({3.0}, torch::kFloat64);
  const torch::Tensor target = torch::tensor({3.0}, torch::kFloat64);
  AdmmState state = state_of(weight, std::make_shared<AtMostOne>(), {1.0, 1.0, true});
  int iterations = 0;
  bool is_done = false;

  while (!is_done && iterations < 100) {
    minimize_quadratic(weight, target, state);
    is_done = has_converged(state.update(), {0.0, 1e-3, 1e-3});
    ++iterations;
  }

  // The residual halves each time: w - 1 = 2^-k <= 1e-3 * w at k = 10, after k + 1 iterations.
  EXPECT_EQ(iterations, 11);
}

}  // namespace
}  // namespace ohmweave::admm
