// SPDX-License-Identifier: Apache-2.0
#include "inference/effective_matrix_op.h"

#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include <cmath>

namespace ohmweave::inference {
namespace {

constexpr double kScale = 1e-5;  // siemens of a typical cell

/// Uniform conductances from 1 to 100 microsiemens.
torch::Tensor random_siemens(int rows, int cols) {
  torch::manual_seed(3);
  return torch::rand({rows, cols}, torch::kFloat64) * 9.9e-5 + 1e-6;
}

/// A loss that every entry of the matrix has a weight of its own in, and not linearly.
torch::Tensor loss_of(const torch::Tensor& siemens, const crossbar::Wires& wires) {
  const torch::Tensor effective = effective_matrix(siemens, wires) / kScale;
  torch::manual_seed(5);
  const torch::Tensor weights = torch::randn(effective.sizes(), torch::kFloat64);
  return (weights * effective).sum() + 0.1 * effective.square().sum();
}

TEST(EffectiveMatrixOp, HasTheGradientOfFiniteDifferences) {
  const std::vector<crossbar::Wires> all_wires = {{2.0, 3.0, 0.0, 0.0},
                                                  {200.0, 100.0, 500.0, 50.0},
                                                  {0.0, 40.0, 10.0, 0.0},
                                                  {20.0, 30.0, 5.0, 7.0, true, true}};
  for (const crossbar::Wires& wires : all_wires) {
    torch::Tensor siemens = random_siemens(6, 4).requires_grad_(true);
    loss_of(siemens, wires).backward();
    const torch::Tensor gradient = siemens.grad();
    const double largest = gradient.abs().max().item<double>();
    for (int r = 0; r < 6; ++r) {
      for (int c = 0; c < 4; ++c) {
        const double step = 1e-4 * kScale;
        const auto shifted = [&](double by) {
          torch::Tensor moved = siemens.detach().clone();
          moved[r][c] += by;
          return loss_of(moved, wires).item<double>();
        };
        // The truncation of central differences is 1e-8 of the curvature, rounding about 1e-10.
        EXPECT_NEAR(gradient[r][c].item<double>(), (shifted(step) - shifted(-step)) / (2.0 * step),
                    1e-6 * largest)
            << r << ", " << c;
      }
    }
  }
}

TEST(EffectiveMatrixOp, WithoutWiresIsTheTranspose) {
  torch::Tensor siemens = random_siemens(5, 3).requires_grad_(true);

  const torch::Tensor effective = effective_matrix(siemens, {});
  effective[1][2].backward();

  EXPECT_TRUE(torch::allclose(effective, siemens.t(), 1e-12, 0.0));
  torch::Tensor expected = torch::zeros({5, 3}, torch::kFloat64);
  expected[2][1] = 1.0;
  EXPECT_TRUE(torch::allclose(siemens.grad(), expected, 1e-9, 1e-12));
}

TEST(EffectiveMatrixOp, TrainsConductancesForTheirWires) {
  const crossbar::Wires wires{30.0, 30.0, 0.0, 0.0};
  const torch::Tensor wanted = random_siemens(8, 8).t();
  // Starts at the wanted conductances, whose currents the wires lower.
  torch::Tensor logits = (wanted.t() / kScale).log().requires_grad_(true);
  torch::optim::Adam optimizer({logits}, torch::optim::AdamOptions(0.02));
  double first = 0.0;
  double last = 0.0;
  for (int step = 0; step < 200; ++step) {
    optimizer.zero_grad();
    const torch::Tensor loss =
        ((effective_matrix(kScale * logits.exp(), wires) - wanted) / kScale).square().mean();
    loss.backward();
    optimizer.step();
    last = loss.item<double>();
    if (step == 0) first = last;
  }
  EXPECT_LT(last, first / 100.0);
}

TEST(EffectiveMatrixOp, RefusesWhatIsNoMatrix) {
  EXPECT_THROW((void)effective_matrix(torch::zeros({2, 2, 2}), {}), std::logic_error);
  EXPECT_THROW((void)effective_matrix(torch::zeros({2, 2}, torch::kInt32), {}), std::logic_error);
}

}  // namespace
}  // namespace ohmweave::inference
