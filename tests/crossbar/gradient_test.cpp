// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gradient.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/crossbar/nodal_twin.h"
#include "tests/crossbar/random_array.h"

namespace ohmweave::crossbar {
namespace {

// Central differences in double: the step is a power of two near the cube root of rounding; what is
// left are its square and rounding over it, both below 1e-9 of the largest derivative.
constexpr double kStep = 1.0 / 4096.0;  // of the conductance
constexpr double kDifferences = 1e-7;

/// d(sum of weights . currents) / d(siemens(r, c)) by differences of the twin's matrix.
Matrix differences(const Matrix& siemens, const Wires& wires, const Matrix& weights) {
  Matrix result(siemens.rows(), siemens.cols());
  for (Eigen::Index i = 0; i < siemens.size(); ++i) {
    const double step = siemens.data()[i] * kStep;
    Matrix more = siemens;
    Matrix less = siemens;
    more.data()[i] += step;
    less.data()[i] -= step;
    const Matrix change =
        NodalTwin(more, wires).effective_matrix() - NodalTwin(less, wires).effective_matrix();
    result.data()[i] = change.cwiseProduct(weights).sum() / (2.0 * step);
  }
  return result;
}

TEST(CurrentsGradient, OfOneCellIsKnownByHand) {
  // I = V / (R + 1/G), so dI/dG = V / (1 + G R)^2.
  const Matrix siemens = Matrix::Constant(1, 1, 0.02);

  const Matrix gradient = currents_gradient(
      siemens, {1.0, 2.0, 30.0, 17.0}, Matrix::Constant(1, 1, 0.5), Matrix::Constant(1, 1, 3.0));

  EXPECT_NEAR(gradient(0, 0), 3.0 * 0.5 / (2.0 * 2.0), 1e-14);
}

TEST(CurrentsGradient, WithoutWiresIsInputTimesWeight) {
  const Matrix siemens = random_siemens(4, 3, 1);
  const Matrix volts = random_signed(4, 5, 2);
  const Matrix weights = random_signed(3, 5, 3);

  const Matrix gradient = currents_gradient(siemens, {}, volts, weights);

  EXPECT_LT(relative_error(gradient, volts * weights.transpose()), 1e-15);
}

TEST(CurrentsGradient, AgreesWithDifferencesOfTheTwin) {
  const Matrix siemens = random_siemens(5, 7, 4);
  const Matrix volts = random_signed(5, 3, 5);
  const Matrix weights = random_signed(7, 3, 6);
  for (int ends = 0; ends < 4; ++ends) {
    const Wires wires{300.0, 200.0, 500.0, 100.0, ends % 2 == 1, ends / 2 == 1};

    const Matrix gradient = currents_gradient(siemens, wires, volts, weights);

    EXPECT_LT(relative_error(gradient, differences(siemens, wires, weights * volts.transpose())),
              kDifferences)
        << ends;
  }
}

TEST(EffectiveMatrixGradient, AgreesWithDifferencesOfTheTwin) {
  const Wires wires{250.0, 150.0, 400.0, 300.0};
  for (const auto& [rows, cols] : {std::pair{4, 6}, {6, 4}}) {
    const Matrix siemens = random_siemens(rows, cols, 7);
    const Matrix weights = random_signed(cols, rows, 8);

    const Matrix gradient = effective_matrix_gradient(siemens, wires, weights);

    EXPECT_LT(relative_error(gradient, differences(siemens, wires, weights)), kDifferences) << rows;
  }
}

TEST(EffectiveMatrixGradient, AgreesWithDifferencesOfALargeArray) {
  const Matrix siemens = random_siemens(64, 48, 9);
  const Wires wires{5.0, 5.0, 20.0, 10.0};
  const Matrix weights = random_signed(48, 64, 10);
  const Matrix direction = siemens.cwiseProduct(random_signed(64, 48, 11));

  const Matrix gradient = effective_matrix_gradient(siemens, wires, weights);

  const Matrix change = effective_matrix(siemens + kStep * direction, wires) -
                        effective_matrix(siemens - kStep * direction, wires);
  const double expected = change.cwiseProduct(weights).sum() / (2.0 * kStep);
  EXPECT_NEAR(gradient.cwiseProduct(direction).sum(), expected,
              kDifferences * gradient.cwiseProduct(direction).cwiseAbs().sum());
}

TEST(CurrentsGradient, GrowsNoCellWithoutVoltage) {
  const Matrix gradient = currents_gradient(random_siemens(3, 3, 12), {1.0, 1.0, 0.0, 0.0},
                                            Matrix::Zero(3, 2), Matrix::Ones(3, 2));

  EXPECT_EQ(gradient, Matrix(Matrix::Zero(3, 3)));
}

}  // namespace
}  // namespace ohmweave::crossbar
