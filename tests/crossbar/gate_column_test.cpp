// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_column.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/crossbar/random_array.h"
#include "tests/crossbar/twin_circuits.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kColumnRounding = 1e-11;

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

TEST(GateColumns, OfManyInputsAreSolvedAsEachByItself) {
  constexpr Eigen::Index kRows = 21;
  constexpr Eigen::Index kInputs = 19;
  const Vector cells = random_siemens(kRows, 1, 3).col(0);
  MatrixF active(kRows, kInputs);
  for (Eigen::Index i = 0; i < active.size(); ++i)
    active.data()[i] = static_cast<float>(RandomStream(4).below(2, static_cast<std::uint64_t>(i)));
  active.col(5).setZero();
  for (const GateColumn& column :
       {GateColumn{100.0, 70.0, 500.0, 30.0, 0.4}, GateColumn{0.0, 0.0, 0.0, 0.0, 0.2},
        GateColumn{0.0, 50.0, 10.0, 0.0, 0.3}}) {
    const std::vector<double> currents = gate_column_currents(cells, column, active);
    for (Eigen::Index i = 0; i < kInputs; ++i) {
      const Vector connected = cells.cwiseProduct(active.col(i).cast<double>());
      const double expected = gate_column_current(connected, column);
      EXPECT_NEAR(currents[static_cast<std::size_t>(i)], expected, kColumnRounding * expected) << i;
    }
  }
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
