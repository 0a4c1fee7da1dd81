// SPDX-License-Identifier: Apache-2.0
#include "crossbar/wires.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/crossbar/nodal_twin.h"
#include "tests/crossbar/random_array.h"

namespace ohmweave::crossbar {
namespace {

// Two independent solutions in 53 and 64 bits; the sweep's rounding grows with the columns.
constexpr double kWireRounding = 1e-12;

TEST(EffectiveMatrix, WithoutAnyResistanceIsTheTransposedConductances) {
  const Matrix siemens = random_siemens(5, 3, 1);

  const Matrix effective = effective_matrix(siemens, {});

  EXPECT_EQ(effective, Matrix(siemens.transpose()));
}

TEST(EffectiveMatrix, OfOneCellIsItsSeriesCircuit) {
  Matrix siemens(1, 1);
  siemens << 1.0 / 50.0;

  const Matrix effective = effective_matrix(siemens, {1.0, 2.0, 30.0, 17.0});

  EXPECT_DOUBLE_EQ(effective(0, 0), 1.0 / 100.0);
}

TEST(EffectiveMatrix, OfOneRowIsALadderSolvedByHand) {
  Matrix siemens(1, 2);  // source - 1 ohm - cell of 1 ohm, then 1 ohm - cell of 1 ohm
  siemens << 1.0, 1.0;

  const Matrix effective = effective_matrix(siemens, {1.0, 0.0, 0.0, 0.0});

  // Behind the first node: 1 ohm parallel to 2 ohm = 2/3 ohm, so its voltage is 2/5.
  EXPECT_DOUBLE_EQ(effective(0, 0), 2.0 / 5.0);
  EXPECT_DOUBLE_EQ(effective(1, 0), 1.0 / 5.0);
}

TEST(EffectiveMatrix, OfOneColumnWithoutRowWiresSharesTheSenseResistor) {
  Matrix siemens(2, 1);
  siemens << 1.0, 1.0;

  const Matrix effective = effective_matrix(siemens, {0.0, 0.0, 0.0, 1.0});

  // One volt through 1 ohm into the node of a grounded 1 ohm cell and the 1 ohm sense resistor.
  EXPECT_DOUBLE_EQ(effective(0, 0), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(effective(0, 1), 1.0 / 3.0);
}

struct Shape {
  int rows;
  int cols;
};

class AgainstTheTwin : public testing::TestWithParam<Shape> {};

TEST_P(AgainstTheTwin, AgreesForEveryKindOfWire) {
  const Matrix siemens = random_siemens(GetParam().rows, GetParam().cols, 2);

  for (const Wires& wires :
       {Wires{1.0, 1.0, 0.0, 0.0}, Wires{2.5, 0.7, 200.0, 50.0}, Wires{100.0, 80.0, 0.0, 0.0},
        Wires{1e-3, 1e-3, 1000.0, 100.0}, Wires{1e-2, 1.0, 3000.0, 1e5}}) {
    const Matrix fast = effective_matrix(siemens, wires);
    const Matrix slow = NodalTwin(siemens, wires).effective_matrix();
    EXPECT_LT(relative_error(fast, slow), kWireRounding)
        << wires.row_ohm << " " << wires.col_ohm << " " << wires.driver_ohm;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, AgainstTheTwin,
                         testing::Values(Shape{1, 1}, Shape{1, 9}, Shape{9, 1}, Shape{2, 2},
                                         Shape{7, 11}, Shape{19, 18}, Shape{21, 5}),
                         [](const auto& entry) {
                           return std::to_string(entry.param.rows) + "x" +
                                  std::to_string(entry.param.cols);
                         });

TEST(EffectiveMatrix, AgreesWithTheTwinWhenCellsAreOpen) {
  Matrix siemens = random_siemens(9, 12, 3);
  siemens.row(4).setZero();
  siemens.col(7).setZero();
  siemens(0, 0) = siemens(8, 11) = 0.0;
  const Wires wires{3.0, 4.0, 10.0, 20.0};

  const Matrix fast = effective_matrix(siemens, wires);

  EXPECT_LT(relative_error(fast, NodalTwin(siemens, wires).effective_matrix()), kWireRounding);
  EXPECT_EQ(fast.row(7).cwiseAbs().maxCoeff(), 0.0);
  EXPECT_EQ(fast.col(4).cwiseAbs().maxCoeff(), 0.0);
}

TEST(EffectiveMatrix, ZeroResistancesAreTheLimitOfSmallOnes) {
  const Matrix siemens = random_siemens(8, 6, 4);
  constexpr double kTinyOhm = 1e-9;  // times 1e-4 S and 48 cells: a change of at most 5e-12
  constexpr double kLimit = 1e-11;

  for (int zeros = 0; zeros < 16; ++zeros) {
    const auto ohm = [&](int bit, double value, double zero) {
      return (zeros >> bit) % 2 == 1 ? zero : value;
    };
    const auto wires = [&](double zero) {
      return Wires{ohm(0, 2.0, zero), ohm(1, 3.0, zero), ohm(2, 40.0, zero), ohm(3, 50.0, zero)};
    };
    const Matrix exact = effective_matrix(siemens, wires(0.0));
    EXPECT_LT(relative_error(effective_matrix(siemens, wires(kTinyOhm)), exact), kLimit) << zeros;
  }
}

TEST(EffectiveMatrix, IsReciprocal) {
  const Matrix siemens = random_siemens(14, 9, 5);

  const Matrix forward = effective_matrix(siemens, {1.5, 2.5, 30.0, 40.0});
  // Driven from the outputs: the columns become rows whose first cell is the old last row.
  const Matrix turned = siemens.transpose().reverse();
  const Matrix backward = effective_matrix(turned, {2.5, 1.5, 40.0, 30.0});

  EXPECT_LT(relative_error(backward, Matrix(forward.transpose().reverse())), kWireRounding);
}

TEST(EffectiveMatrix, SolvesColumnsAndRowsOfAnySquareAlike) {
  // rows == cols sweeps columns; one more row sweeps rows. An open row must change nothing.
  const Matrix siemens = random_siemens(12, 12, 6);
  Matrix taller = Matrix::Zero(13, 12);
  taller.bottomRows(12) = siemens;
  const Wires wires{2.0, 3.0, 10.0, 20.0};

  const Matrix effective = effective_matrix(taller, wires);

  EXPECT_LT(relative_error(effective.rightCols(12), effective_matrix(siemens, wires)),
            kWireRounding);
}

TEST(EffectiveMatrix, CurrentsFallAsWiresGrowAndStayPositive) {
  const Matrix siemens = random_siemens(10, 16, 7);
  const Vector volts = Vector::Ones(10);

  Vector before = siemens.transpose() * volts;
  for (const double ohm : {0.1, 1.0, 10.0, 100.0}) {
    const Vector now = currents(siemens, {ohm, ohm, 0.0, 0.0}, volts);
    EXPECT_LT(now.sum(), before.sum());
    EXPECT_GT(now.minCoeff(), 0.0);
    before = now;
  }
}

TEST(EffectiveMatrixOfRows, IsThatOfTheWholeArrayWithTheOtherRowsOpen) {
  const Matrix siemens = random_siemens(40, 35, 9);
  for (const bool both : {false, true}) {
    const Wires wires{3.0, 5.0, 20.0, 10.0, false, both};
    for (const auto& [first, count] : {std::pair{0, 40}, {0, 8}, {13, 9}, {36, 4}}) {
      Matrix connected = Matrix::Zero(40, 35);
      connected.middleRows(first, count) = siemens.middleRows(first, count);

      const Matrix rows = effective_matrix_of_rows(siemens, wires, first, count);

      const Matrix whole = effective_matrix(connected, wires).middleCols(first, count);
      EXPECT_LT(relative_error(rows, whole), kWireRounding) << first << ", both ends " << both;
    }
  }
}

TEST(BehindTransistors, AddsTheirResistanceToThatOfTheCells) {
  Matrix siemens(1, 2);
  siemens << 1.0 / 100.0, 0.0;

  const Matrix result = behind_transistors(siemens, 25.0);

  EXPECT_DOUBLE_EQ(result(0, 0), 1.0 / 125.0);
  EXPECT_EQ(result(0, 1), 0.0);
}

TEST(Currents, AreTheEffectiveMatrixTimesTheVoltages) {
  const Matrix siemens = random_siemens(33, 41, 10);
  const Vector volts = random_signed(33, 1, 11).col(0);
  const Wires wires{2.0, 3.0, 10.0, 20.0, true, true};

  EXPECT_LT(
      relative_error(currents(siemens, wires, volts), effective_matrix(siemens, wires) * volts),
      1e-11);
}

TEST(EffectiveMatrix, RefusesNegativeConductances) {
  Matrix siemens = random_siemens(2, 2, 8);
  siemens(1, 0) = -1e-6;

  EXPECT_THROW((void)effective_matrix(siemens, {}), std::logic_error);
}

}  // namespace
}  // namespace ohmweave::crossbar
