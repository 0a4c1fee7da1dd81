// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace ohmweave::train {
namespace {

void set_gradient(torch::Tensor parameter, double gradient) {
  parameter.mutable_grad() = torch::full_like(parameter, gradient);
}

TEST(Sgd, GathersMomentumOverTheSteps) {
  const torch::Tensor w = torch::tensor({1.0}, torch::kFloat64);
  Sgd sgd({{"w", w}}, {});
  set_gradient(w, 2.0);
  sgd.step(0.1);
  set_gradient(w, 1.0);

  sgd.step(0.5);

  // v = 2, then 0.9 * 2 + 1 = 2.8.
  EXPECT_NEAR(w.item<double>(), 1.0 - 0.1 * 2.0 - 0.5 * 2.8, 1e-12);
}

TEST(Sgd, AddsL2ToTheTensorsNamedOnly) {
  const torch::Tensor matrix = torch::full({1}, 2.0, torch::kFloat64);
  const torch::Tensor bias = torch::full({1}, 2.0, torch::kFloat64);
  Sgd sgd({{"bias", bias}, {"matrix", matrix}}, {0.5, {"matrix"}});
  set_gradient(matrix, 0.0);
  set_gradient(bias, 0.0);

  sgd.step(0.1);

  EXPECT_NEAR(matrix.item<double>(), 1.9, 1e-12);
  EXPECT_EQ(bias.item<double>(), 2.0);
}

TEST(Sgd, GoesOnFromItsState) {
  const torch::Tensor w = torch::tensor({1.0}, torch::kFloat64);
  Sgd first({{"w", w}}, {});
  set_gradient(w, 2.0);
  first.step(0.1);
  Sgd second({{"w", w}}, {});
  second.load_state(first.state());
  const double before = w.item<double>();

  set_gradient(w, 0.0);
  second.step(0.1);

  EXPECT_NEAR(w.item<double>(), before - 0.1 * 0.9 * 2.0, 1e-12);
  EXPECT_THROW(second.load_state({}), DataError);
}

TEST(MakeOptimizer, MakesTheKindAskedFor) {
  const torch::Tensor w = torch::zeros({1}, torch::kFloat64);
  set_gradient(w, 4.0);
  make_optimizer(admm::OptimizerKind::Sgd, {{"w", w}}, {})->step(0.1);
  EXPECT_NEAR(w.item<double>(), -0.4, 1e-12);

  w.zero_();
  make_optimizer(admm::OptimizerKind::Adam, {{"w", w}}, {})->step(0.1);

  EXPECT_NEAR(w.item<double>(), -0.1, 1e-8);  // the sign's step, whatever the gradient's size
}

}  // namespace
}  // namespace ohmweave::train
