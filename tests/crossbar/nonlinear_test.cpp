// SPDX-License-Identifier: Apache-2.0
#include "crossbar/nonlinear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/error.h"
#include "tests/crossbar/random_array.h"
#include "tests/crossbar/twin_circuits.h"

namespace ohmweave::crossbar {
namespace {

// Both stop at a step of 1e-11 of the source; where a cell's exponent is 50, that is 5e-10.
constexpr double kNewton = 1e-9;

TEST(NonlinearArray, AgreesWithNodalAnalysisFromNearlyLinearToNearlyShortedCells) {
  const Matrix siemens = random_siemens(9, 12, 1);
  const Vector volts = random_signed(9, 1, 2).col(0);
  for (const double k : {1e-3, 2.0, 10.0, 50.0}) {
    for (int ends = 0; ends < 4; ++ends) {
      const Wires wires{12.0, 7.0, 100.0, 30.0, ends % 2 == 1, ends / 2 == 1};

      const Vector amps = solve_nonlinear(siemens, SinhCurve(k), wires, volts).amps;

      EXPECT_LT(relative_error(amps, nodal_currents(siemens, wires, volts, k)), kNewton)
          << "k = " << k << ", ends " << ends;
    }
  }
}

TEST(NonlinearArray, AgreesWithNodalAnalysisWhereResistancesAreZero) {
  const Matrix siemens = random_siemens(6, 8, 3);
  const Vector volts = random_signed(6, 1, 4).col(0);
  for (int zeros = 0; zeros < 16; ++zeros) {
    const auto ohm = [&](int bit, double value) { return (zeros >> bit) % 2 == 1 ? 0.0 : value; };
    const Wires wires{ohm(0, 20.0), ohm(1, 30.0), ohm(2, 400.0), ohm(3, 50.0)};

    const Vector amps = solve_nonlinear(siemens, SinhCurve(8.0), wires, volts).amps;

    EXPECT_LT(relative_error(amps, nodal_currents(siemens, wires, volts, 8.0)), kNewton) << zeros;
  }
}

TEST(NonlinearArray, OfStraightCellsIsTheLinearArray) {
  const Matrix siemens = random_siemens(20, 15, 5);
  const Vector volts = random_signed(20, 1, 6).col(0);
  const Wires wires{3.0, 2.0, 10.0, 20.0};

  const auto solution = solve_nonlinear(siemens, SinhCurve(0.0), wires, volts);

  EXPECT_LT(relative_error(solution.amps, effective_matrix(siemens, wires) * volts), 1e-11);
  EXPECT_EQ(solution.steps, 2);
}

TEST(NonlinearArray, SettlesOnALargeArrayOfSteepCells) {
  const Matrix siemens = random_siemens(64, 64, 7);
  const SinhCurve curve(100.0);
  const Wires wires{1.0, 1.0, 10.0, 10.0};

  const auto solution = solve_nonlinear(siemens, curve, wires, Vector::Constant(64, 0.5));

  // What the columns collect is what the cells carry.
  double carried = 0.0;
  for (Eigen::Index i = 0; i < siemens.size(); ++i) {
    carried += siemens.data()[i] * curve.amps_per_siemens(solution.cell_volts.data()[i]);
  }
  EXPECT_NEAR(solution.amps.sum(), carried, kNewton * carried);
}

TEST(NonlinearArray, ATableOfAnotherCurveHasNearlyItsCurrents) {
  std::vector<TableCurve::Point> points;
  for (int i = -40; i <= 40; ++i) {
    const double v = 0.025 * i;
    points.push_back({v, std::sinh(3.0 * v) / 3.0});
  }
  const Matrix siemens = random_siemens(10, 10, 8);
  const Vector volts = random_signed(10, 1, 9).col(0);
  const Wires wires{20.0, 20.0, 0.0, 0.0};

  const Vector table = solve_nonlinear(siemens, TableCurve(points), wires, volts).amps;

  // Cubics at steps of 0.025 V: h^2 k^2 / 12 = 5e-4 of the curvature's share where slopes are
  // means.
  EXPECT_LT(relative_error(table, solve_nonlinear(siemens, SinhCurve(3.0), wires, volts).amps),
            5e-4);
}

TEST(NonlinearArray, ATableWithAFlatStretchSettles) {
  const TableCurve curve({{-1.0, -1.0}, {-0.2, 0.0}, {0.0, 0.0}, {0.2, 0.0}, {1.0, 1.0}});
  const Matrix siemens = random_siemens(8, 8, 10);

  const auto solution =
      solve_nonlinear(siemens, curve, {50.0, 50.0, 100.0, 0.0}, Vector::Constant(8, 0.6));

  EXPECT_GT(solution.amps.minCoeff(), 0.0);
  EXPECT_LT(solution.amps.sum(), siemens.sum() * 0.6);
}

TEST(NonlinearArray, SaysHowFarItCameWhenItDoesNotSettle) {
  try {
    (void)solve_nonlinear(random_siemens(4, 4, 11), SinhCurve(20.0), {10.0, 10.0, 0.0, 0.0},
                          Vector::Ones(4), {1e-11, 2});
    FAIL() << "no error";
  } catch (const NumericError& e) {
    EXPECT_NE(std::string(e.what()).find("not settled after 2 steps"), std::string::npos);
  }
}

}  // namespace
}  // namespace ohmweave::crossbar
