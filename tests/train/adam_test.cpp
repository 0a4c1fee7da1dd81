// SPDX-License-Identifier: Apache-2.0
#include "train/adam.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace ohmweave::train {
namespace {

void set_gradient(torch::Tensor parameter, const torch::Tensor& gradient) {
  parameter.mutable_grad() = gradient;
}

TEST(Adam, FirstStepMovesByTheLearningRateAgainstTheGradientsSign) {
  const torch::Tensor w = torch::tensor({1.0, -2.0}, torch::kFloat64);
  Adam adam({{"w", w}}, {});
  set_gradient(w, torch::tensor({0.5, -40.0}, torch::kFloat64));

  adam.step(0.1);

  // m / (1 - b1) = g and v / (1 - b2) = g^2, so the step is lr * g / |g|.
  EXPECT_NEAR(w[0].item<double>(), 0.9, 1e-8);
  EXPECT_NEAR(w[1].item<double>(), -1.9, 1e-8);
}

TEST(Adam, SecondStepFollowsTheFormula) {
  const torch::Tensor w = torch::tensor({0.0}, torch::kFloat64);
  Adam adam({{"w", w}}, {});
  set_gradient(w, torch::tensor({1.0}, torch::kFloat64));
  adam.step(0.1);
  const double before = w.item<double>();
  set_gradient(w, torch::tensor({3.0}, torch::kFloat64));

  adam.step(0.2);

  const double m = 0.9 * 0.1 + 0.1 * 3.0;
  const double v = 0.999 * 0.001 + 0.001 * 9.0;
  const double m_hat = m / (1.0 - 0.81);
  const double v_hat = v / (1.0 - 0.999 * 0.999);
  EXPECT_NEAR(w.item<double>(), before - 0.2 * m_hat / (std::sqrt(v_hat) + 1e-8), 1e-12);
}

TEST(Adam, AddsL2ToTheTensorsNamedOnly) {
  const torch::Tensor matrix = torch::full({1, 1}, 2.0, torch::kFloat64);
  const torch::Tensor bias = torch::full({1}, 2.0, torch::kFloat64);
  DecayOptions options;
  options.l2 = 0.5;
  options.decayed = {"matrix"};
  Adam adam({{"bias", bias}, {"matrix", matrix}}, options);
  set_gradient(matrix, torch::zeros({1, 1}, torch::kFloat64));
  set_gradient(bias, torch::zeros({1}, torch::kFloat64));

  adam.step(0.1);

  EXPECT_NEAR(matrix.item<double>(), 1.9, 1e-7);
  EXPECT_EQ(bias.item<double>(), 2.0);
}

TEST(Adam, GoesOnFromItsSavedStateWithTheSameBits) {
  const torch::Tensor straight = torch::tensor({1.0F, 2.0F});
  const torch::Tensor resumed = torch::tensor({1.0F, 2.0F});
  Adam a({{"w", straight}}, {});
  set_gradient(straight, torch::tensor({0.3F, -0.7F}));
  a.step(0.01);
  resumed.copy_(straight);
  Adam b({{"w", resumed}}, {});
  b.load_state(a.state());

  for (const torch::Tensor& w : {straight, resumed}) set_gradient(w, torch::tensor({-0.1F, 0.9F}));
  a.step(0.01);
  b.step(0.01);

  EXPECT_TRUE(torch::equal(straight, resumed));
}

TEST(Adam, RefusesAStateThatLacksATensor) {
  const torch::Tensor w = torch::ones({2});
  Adam adam({{"w", w}}, {});
  nn::TensorMap state = adam.state();
  state.erase("w.v");

  EXPECT_THROW(adam.load_state(state), DataError);
}

}  // namespace
}  // namespace ohmweave::train
