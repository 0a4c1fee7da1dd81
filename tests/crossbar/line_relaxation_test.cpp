// SPDX-License-Identifier: Apache-2.0
#include "crossbar/line_relaxation.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"
#include "tests/crossbar/random_array.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kAccuracy = 1e-11;  // of the largest current

Wires wires_of(int zeros, bool drive_both, bool sense_both) {
  const auto ohm = [&](int bit, double value) { return (zeros >> bit) % 2 == 1 ? 0.0 : value; };
  return {ohm(0, 2.0), ohm(1, 3.0), ohm(2, 40.0), ohm(3, 50.0), drive_both, sense_both};
}

TEST(LineRelaxation, OfOneCellIsItsSeriesCircuit) {
  const Matrix siemens = Matrix::Constant(1, 1, 1.0 / 50.0);

  const auto solution =
      LineRelaxation(siemens, {1.0, 2.0, 30.0, 17.0}).solve({Vector::Constant(1, 2.0), {}, {}});

  EXPECT_NEAR(solution.amps(0), 2.0 / 100.0, 1e-16);
  EXPECT_NEAR(solution.row_volts(0, 0), 2.0 - 31.0 * 0.02, 1e-14);
  EXPECT_NEAR(solution.column_volts(0, 0), 19.0 * 0.02, 1e-14);
}

TEST(LineRelaxation, AgreesWithTheEffectiveMatrixForEveryKindOfWire) {
  for (const auto& [rows, cols] : {std::pair{1, 1}, {1, 7}, {9, 1}, {13, 22}, {40, 33}}) {
    const Matrix siemens = random_siemens(rows, cols, 1);
    const Vector volts = random_signed(rows, 1, 2).col(0);
    for (int kind = 0; kind < 64; ++kind) {
      const Wires wires = wires_of(kind % 16, (kind & 16) != 0, (kind & 32) != 0);
      const Vector expected = effective_matrix(siemens, wires) * volts;
      const auto solution = LineRelaxation(siemens, wires).solve({volts, {}, {}});
      EXPECT_LT(relative_error(solution.amps, expected), kAccuracy)
          << rows << " x " << cols << " kind " << kind;
    }
  }
}

TEST(LineRelaxation, TakesFewIterationsAtHeavyDrop) {
  const Matrix siemens = random_siemens(128, 128, 3);
  const Vector volts = Vector::Ones(128);
  for (const double ohm : {1.0, 5.0, 20.0}) {
    const Wires wires{ohm, ohm, 0.0, 0.0};

    const auto solution = LineRelaxation(siemens, wires).solve({volts, {}, {}});

    EXPECT_LE(solution.iterations, 20) << ohm;
    EXPECT_LT(relative_error(solution.amps, effective_matrix(siemens, wires) * volts), kAccuracy);
  }
}

TEST(LineRelaxation, CurrentsOfACellSourceReturnThroughTheCircuit) {
  // Reciprocity: the current that 1 A injected into a cell sends to ground c is the voltage that
  // 1 V in place of ground c leaves across the cell, with its sign turned.
  const Matrix siemens = random_siemens(6, 5, 4);
  const LineRelaxation relaxation(siemens, {30.0, 20.0, 10.0, 40.0, true, true});
  Matrix injected = Matrix::Zero(6, 5);
  injected(2, 3) = 1.0;

  const Vector amps = relaxation.solve({{}, {}, injected}).amps;

  for (Eigen::Index c = 0; c < 5; ++c) {
    const Matrix cell_volts = relaxation.solve({{}, Vector::Unit(5, c), {}}).cell_volts();
    EXPECT_NEAR(amps(c), -cell_volts(2, 3), kAccuracy) << c;
  }
}

TEST(LineRelaxation, OpenCellsCarryNothing) {
  Matrix siemens = random_siemens(9, 11, 5);
  siemens.row(3).setZero();
  siemens.col(6).setZero();
  const Wires wires{3.0, 4.0, 10.0, 20.0};
  const Vector volts = Vector::Ones(9);

  const auto solution = LineRelaxation(siemens, wires).solve({volts, {}, {}});

  EXPECT_LT(relative_error(solution.amps, effective_matrix(siemens, wires) * volts), kAccuracy);
  EXPECT_EQ(solution.amps(6), 0.0);
  EXPECT_EQ(solution.row_volts.row(3), Eigen::RowVectorXd(Eigen::RowVectorXd::Ones(11)));
}

TEST(LineRelaxation, WithoutInputsIsAtRest) {
  const auto solution = LineRelaxation(random_siemens(5, 5, 6), {1.0, 1.0, 0.0, 0.0}).solve({});

  EXPECT_EQ(solution.amps, Vector(Vector::Zero(5)));
  EXPECT_EQ(solution.iterations, 0);
}

TEST(LineRelaxation, SaysHowFarItCameWhenItDoesNotConverge) {
  const LineRelaxation relaxation(random_siemens(20, 20, 7), {100.0, 100.0, 0.0, 0.0});
  try {
    (void)relaxation.solve({Vector::Ones(20), {}, {}}, {1e-12, 2});
    FAIL() << "no error";
  } catch (const NumericError& e) {
    EXPECT_NE(std::string(e.what()).find("not converged after 2 iterations, residual"),
              std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace ohmweave::crossbar
