// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_column.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/crossbar/random_array.h"
#include "tests/crossbar/random_reads.h"
#include "tests/crossbar/twin_circuits.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kColumnRounding = 1e-11;
constexpr double kColumnReadRounding = 1e-13;

TEST(GateColumn, OfOneCellIsASeriesCircuit) {
  EXPECT_DOUBLE_EQ(gate_column_current(Vector::Constant(1, 1.0 / 90.0), {1.0, 2.0, 3.0, 4.0, 0.5}),
                   0.5 / 100.0);
}

TEST(GateColumn, OfTwoCellsWithoutSourceLineIsALadderSolvedByHand) {
  // 1 ohm - (cell of 1 ohm) parallel to (1 ohm + cell of 1 ohm): 1 + 2/3 ohm.
  EXPECT_DOUBLE_EQ(gate_column_current(Vector::Ones(2), {1.0, 0.0, 0.0, 0.0, 1.0}), 3.0 / 5.0);
}

TEST(GateColumn, AgreesWithNodalAnalysisForEveryKindOfResistance) {
  for (const Eigen::Index rows : {1, 2, 5, 40}) {
    Vector cells = random_siemens(rows, 1, 1).col(0);
    if (rows > 2) cells(0) = cells(rows - 1) = cells(rows / 2) = 0.0;
    for (int zeros = 0; zeros < 16; ++zeros) {
      const auto ohm = [&](int bit, double value) { return (zeros >> bit) % 2 == 1 ? 0.0 : value; };
      const GateColumn column{ohm(0, 100.0), ohm(1, 70.0), ohm(2, 500.0), ohm(3, 30.0), 0.4};

      const double expected = nodal_gate_current(cells, column);

      EXPECT_NEAR(gate_column_current(cells, column), expected,
                  kColumnRounding * std::abs(expected))
          << rows << " rows, zeros " << zeros;
    }
  }
}

TEST(GateColumn, WithoutActiveCellsCarriesNothing) {
  EXPECT_EQ(gate_column_current(Vector::Zero(4), {1.0, 1.0, 0.0, 0.0, 0.5}), 0.0);
}

TEST(GateColumns, OfManyReadsAreSolvedAsEachByItself) {
  for (const Eigen::Index rows : {1, 7, 8, 21, 140}) {
    const Matrix siemens = random_siemens(rows, 6, 3);
    const MatrixF active = random_reads(rows, 19);
    const GateReads reads = gate_reads(active);
    for (int zeros = 0; zeros < 16; ++zeros) {
      const auto ohm = [&](int bit, double value) { return (zeros >> bit) % 2 == 1 ? 0.0 : value; };
      for (const double scale : {0.01, 1.0, 1e4}) {
        const GateColumn column{ohm(0, 100.0 * scale), ohm(1, 70.0 * scale), ohm(2, 500.0),
                                ohm(3, 30.0), 0.4};
        const Matrix currents = gate_column_currents(siemens, column, reads);
        for (Eigen::Index i = 0; i < active.cols(); ++i)
          for (Eigen::Index c = 0; c < siemens.cols(); ++c) {
            const Vector connected = siemens.col(c).cwiseProduct(active.col(i).cast<double>());
            const double expected = gate_column_current(connected, column);
            EXPECT_NEAR(currents(c, reads.nodes[i]), expected, kColumnReadRounding * expected)
                << rows << " rows, read " << i << ", zeros " << zeros << ", scale " << scale;
          }
      }
    }
  }
}

TEST(GateColumns, OfAReadDoNotDependOnTheOthers) {
  const Matrix siemens = random_siemens(21, 5, 3);
  const MatrixF active = random_reads(21, 40);
  const GateColumn column{100.0, 70.0, 500.0, 30.0, 0.4};
  const GateReads reads = gate_reads(active);
  const Matrix together = gate_column_currents(siemens, column, reads);
  for (Eigen::Index i = 0; i < active.cols(); ++i)
    EXPECT_EQ(gate_column_currents(siemens, column, gate_reads(active.col(i))),
              together.col(reads.nodes[i]))
        << i;
}

TEST(GateColumns, OfAGroupOfRowsCarryTheirCurrentPastTheOthers) {
  const GateColumn column{100.0, 70.0, 500.0, 30.0, 0.4};
  Vector cells = random_siemens(12, 1, 5).col(0);
  const Vector group = cells.segment(3, 4);
  cells.head(3).setZero();
  cells.tail(5).setZero();

  const double expected = gate_column_current(cells, column);
  EXPECT_NEAR(gate_column_current(group, gate_column_of_rows(column, 12, 3, 4)), expected,
              kColumnRounding * expected);
}

}  // namespace
}  // namespace ohmweave::crossbar
