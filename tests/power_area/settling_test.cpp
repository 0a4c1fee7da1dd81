// SPDX-License-Identifier: Apache-2.0
#include "power_area/settling.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "isaac_library.h"

namespace ohmweave::power_area {
namespace {

TEST(LineDelay, OfALadderWithoutConductancesIsElmoresSum) {
  const Line line{100, 2.0, 50.0, 1e-15, 0.0};

  // C (n R + r n (n + 1) / 2)
  EXPECT_NEAR(line_delay_s(line), 1e-15 * (100 * 50.0 + 2.0 * 100 * 101 / 2), 1e-24);
}

TEST(LineDelay, OfOneCellIsItsResistancesInParallelTimesItsCapacitance) {
  const Line line{1, 100.0, 900.0, 1e-12, 1e-3};

  EXPECT_NEAR(line_delay_s(line), 1e-12 * 500.0, 1e-22);  // 1 kohm beside 1 kohm
}

TEST(LineDelay, AnIdealWireTakesNoTime) {
  EXPECT_EQ(line_delay_s({128, 0.0, 0.0, 1e-15, 1e-4}), 0.0);
}

/// Conductance matrix and far-end drive of a ladder, for a dense solve.
TEST(LineDelay, WithConductancesIsTheDenseFirstMoment) {
  const Line line{7, 3.0, 11.0, 2e-13, 4e-3};
  Eigen::MatrixXd g = Eigen::MatrixXd::Zero(7, 7);
  for (int i = 0; i < 7; ++i) {
    g(i, i) += line.cell_siemens + 1.0 / (i == 0 ? line.end_ohm + line.segment_ohm : 3.0);
    if (i + 1 < 7) {
      g(i, i) += 1.0 / 3.0;
      g(i, i + 1) -= 1.0 / 3.0;
      g(i + 1, i) -= 1.0 / 3.0;
    }
  }
  Eigen::VectorXd drive = Eigen::VectorXd::Zero(7);
  drive(0) = 1.0 / (line.end_ohm + line.segment_ohm);
  const Eigen::VectorXd rest = g.lu().solve(drive);
  const Eigen::VectorXd moment = g.lu().solve(line.cell_farad * rest);

  EXPECT_NEAR(line_delay_s(line), moment(6) / rest(6), 1e-12 * line_delay_s(line));
}

/// A small array with all its wires, stepped through time (trapezoidal rule); voltages of the row
/// nodes, then of the column nodes.
class Transient {
 public:
  Transient(const crossbar::ArrayOptions& array, double siemens, double farad)
      : array_(array), g_(Eigen::MatrixXd::Zero(2 * cells(), 2 * cells())), farad_(farad) {
    drive_ = Eigen::VectorXd::Zero(2 * cells());
    for (int r = 0; r < array.rows; ++r)
      for (int c = 0; c < array.cols; ++c) {
        join(row(r, c), column(r, c), siemens);
        const double source = array.row_ohm + (c == 0 ? array.driver_ohm : 0.0);
        const double sense = array.col_ohm + (r + 1 == array.rows ? array.sense_ohm : 0.0);
        if (c == 0) {
          g_(row(r, c), row(r, c)) += 1.0 / source;
          drive_(row(r, c)) = 1.0 / source;
        } else {
          join(row(r, c), row(r, c - 1), 1.0 / source);
        }
        if (r + 1 == array.rows)
          g_(column(r, c), column(r, c)) += 1.0 / sense;
        else
          join(column(r, c), column(r + 1, c), 1.0 / sense);
      }
  }

  /// Current of the last column over its final value, `time_s` after all rows were driven.
  [[nodiscard]] double settled_fraction(double time_s, int steps) const {
    const double h = time_s / steps;
    const auto identity = Eigen::MatrixXd::Identity(g_.rows(), g_.rows());
    const Eigen::PartialPivLU<Eigen::MatrixXd> forward(identity * (farad_ / h) + 0.5 * g_);
    const Eigen::MatrixXd back = identity * (farad_ / h) - 0.5 * g_;
    Eigen::VectorXd volts = Eigen::VectorXd::Zero(g_.rows());
    for (int i = 0; i < steps; ++i) volts = forward.solve(back * volts + drive_);
    const int last = column(array_.rows - 1, array_.cols - 1);
    return volts(last) / g_.lu().solve(drive_)(last);
  }

 private:
  [[nodiscard]] int cells() const { return array_.rows * array_.cols; }
  [[nodiscard]] int row(int r, int c) const { return r * array_.cols + c; }
  [[nodiscard]] int column(int r, int c) const { return cells() + r * array_.cols + c; }
  void join(int a, int b, double siemens) {
    g_(a, a) += siemens;
    g_(b, b) += siemens;
    g_(a, b) -= siemens;
    g_(b, a) -= siemens;
  }

  crossbar::ArrayOptions array_;
  Eigen::MatrixXd g_;
  Eigen::VectorXd drive_;
  double farad_;
};

TEST(ArrayDelay, SettlesTheLastColumnToHalfAStepWithinTheTimeThatItIsGiven) {
  const ComponentLibrary library = isaac_library();
  crossbar::ArrayOptions array;
  array.rows = 12;
  array.cols = 10;
  array.row_ohm = 20.0;
  array.col_ohm = 15.0;
  array.driver_ohm = 200.0;
  array.sense_ohm = 100.0;
  const double siemens = 1e-6;
  const double farad = library.si("wire_capacitance") * 2 * library.si("feature_size") +
                       library.si("cell_capacitance");
  const Transient transient(array, siemens, farad);
  const double tau_s = array_delay_s(array, siemens, library);
  for (const int bits : {3, 6, 9}) {
    const double time_s = std::log(2.0) * (bits + 1) * tau_s;

    const double error = std::abs(1.0 - transient.settled_fraction(time_s, 4000));

    const double half_step = std::pow(2.0, -(bits + 1));
    EXPECT_LT(error, half_step) << bits;
    // And not far more than needed: half that time would not do for fine converters.
    if (bits < 9) continue;
    EXPECT_GT(std::abs(1.0 - transient.settled_fraction(time_s / 2, 4000)), half_step);
  }
}

TEST(Settling, TakesThePublishedReadPulseForItsOwnResolutionWhereWiresAreIdeal) {
  const ComponentLibrary library = isaac_library();
  crossbar::ArrayOptions array;
  array.row_ohm = 0.0;
  array.col_ohm = 0.0;

  EXPECT_NEAR(settling_s(array, {}, library, 5), 10e-9, 1e-20);
  EXPECT_NEAR(settling_s(array, {}, library, 8), 15e-9, 1e-20);
}

TEST(ArrayDelay, OfRowPairsWithGatesHasBothCellsAtOnePlaceOfTheColumn) {
  const ComponentLibrary library = isaac_library();
  crossbar::ArrayOptions array;
  array.topology = crossbar::Topology::GateInput;
  array.row_ohm = 0.0;
  array.col_ohm = 1000.0;
  const double of_pair_s = array_delay_s(array, 0.0, library);
  array.encoding = Encoding::RowPair;
  array.rows = 2 * array.rows;

  // As many places, with twice the capacitance at each.
  EXPECT_NEAR(array_delay_s(array, 0.0, library) / of_pair_s, 2.0, 1e-9);
  array.topology = crossbar::Topology::RowSelect;  // as many places as rows
  EXPECT_NEAR(array_delay_s(array, 0.0, library) / of_pair_s, 256.0 * 257 / (128.0 * 129), 1e-9);
}

TEST(Settling, GrowsWithTheSquareOfTheArraysSide) {
  const ComponentLibrary library = isaac_library();
  crossbar::ArrayOptions array;
  array.row_ohm = array.col_ohm = 1000.0;
  array.rows = array.cols = 128;
  const double small_s = array_delay_s(array, 0.0, library);
  array.rows = array.cols = 256;

  EXPECT_NEAR(array_delay_s(array, 0.0, library) / small_s, 256.0 * 257 / (128.0 * 129), 1e-9);
}

}  // namespace
}  // namespace ohmweave::power_area
