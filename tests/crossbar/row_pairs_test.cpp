// SPDX-License-Identifier: Apache-2.0
// Arrays that hold both cells of a pair in one column: reads against general nodal analysis of the
// whole circuit with its rows at opposite voltages, and against pairs of arrays.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "crossbar/pair.h"
#include "tests/crossbar/random_array.h"
#include "tests/crossbar/twin_circuits.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kReadRounding = 1e-11;  // of the currents that are subtracted

ArrayOptions row_pairs(int rows, int cols) {
  ArrayOptions array;
  array.encoding = Encoding::RowPair;
  array.rows = rows;
  array.cols = cols;
  array.row_ohm = 40.0;
  array.col_ohm = 60.0;
  array.driver_ohm = 200.0;
  array.sense_ohm = 80.0;
  return array;
}

/// Volts of all rows where input `input` alone is driven.
Vector driven(int rows, int input, double volts) {
  Vector result = Vector::Zero(rows);
  result(2 * input) = volts;
  result(2 * input + 1) = -volts;
  return result;
}

/// Rows at full scale: volts, -volts, volts, ...
Vector all_driven(Eigen::Index rows, double volts) {
  Vector result(rows);
  for (Eigen::Index r = 0; r < rows; ++r) result(r) = r % 2 == 0 ? volts : -volts;
  return result;
}

TEST(RowPairs, AreReadAsNodalAnalysisOfOppositeVoltages) {
  for (const bool has_both_ends : {false, true}) {
    ArrayOptions array = row_pairs(8, 3);
    array.drives_both_ends = array.senses_both_ends = has_both_ends;
    const Matrix siemens = random_siemens(8, 3, 1);

    const Matrix read = read_of_array(siemens, array, {}).effective;

    ASSERT_EQ(read.rows(), 3);
    ASSERT_EQ(read.cols(), 4);
    for (int input = 0; input < 4; ++input) {
      const Vector amps = nodal_currents(siemens, wires_of(array), driven(8, input, 1.0), 0.0);
      EXPECT_LE((read.col(input) - amps).cwiseAbs().maxCoeff(), kReadRounding * siemens.maxCoeff());
    }
  }
}

TEST(RowPairs, OfSelectedRowsLeaveTheOtherPairsOpen) {
  ArrayOptions array = row_pairs(8, 3);
  array.topology = Topology::RowSelect;
  array.transistor_ohm = 3e3;
  array.rows_active = 4;
  const Matrix siemens = random_siemens(8, 3, 2);
  const Matrix cells = behind_transistors(siemens, array.transistor_ohm);

  const Matrix read = read_of_array(siemens, array, {}).effective;

  for (int input = 0; input < 4; ++input) {
    Matrix connected = Matrix::Zero(8, 3);
    connected.middleRows(input / 2 * 4, 4) = cells.middleRows(input / 2 * 4, 4);
    const Vector amps = nodal_currents(connected, wires_of(array), driven(8, input, 1.0), 0.0);
    EXPECT_LE((read.col(input) - amps).cwiseAbs().maxCoeff(), kReadRounding * cells.maxCoeff());
  }
}

TEST(RowPairs, WithoutWiresAreTheDifferenceOfTwoArrays) {
  ArrayOptions in_rows = row_pairs(6, 4);
  in_rows.row_ohm = in_rows.col_ohm = in_rows.driver_ohm = in_rows.sense_ohm = 0.0;
  ArrayOptions in_arrays = in_rows;
  in_arrays.encoding = Encoding::OneSidedPair;
  in_arrays.rows = 3;
  DeviceOptions device;
  device.read_noise.emplace();
  device.read_noise->fraction = 0.05;
  const Matrix positive = random_siemens(3, 4, 3);
  const Matrix negative = random_siemens(3, 4, 4);
  Matrix joined(6, 4);
  for (int r = 0; r < 3; ++r) {
    joined.row(2 * r) = positive.row(r);
    joined.row(2 * r + 1) = negative.row(r);
  }

  const PairReader one = make_pair_reader({joined}, in_rows, device, {}, 8, 1);
  const PairReader two = make_pair_reader(positive, negative, in_arrays, device, {}, 8, 1);

  EXPECT_EQ(one.unit_gain, two.unit_gain);
  EXPECT_EQ(one.unit_variance, two.unit_variance);
  EXPECT_EQ(one.dropped_bits, 1);
}

TEST(RowPairs, TakeTheArraysOfTheirSlice) {
  const Matrix siemens = random_siemens(6, 4, 3);

  EXPECT_THROW(static_cast<void>(make_pair_reader(siemens, siemens, row_pairs(6, 4), {}, {}, 8, 0)),
               std::logic_error);
}

TEST(RowPairs, BehindASenseResistorAreDividedByWhatAllTheirCellsDraw) {
  // Currents cancel in the column, but cells of both signs load it:
  // I = sum of (G+ - G-) v / (1 + sense_ohm sum of (G+ + G-)).
  ArrayOptions array = row_pairs(8, 3);
  array.row_ohm = array.col_ohm = array.driver_ohm = 0.0;
  array.sense_ohm = 2e3;
  const Matrix siemens = random_siemens(8, 3, 5);

  const Matrix read = read_of_array(siemens, array, {}).effective;

  for (int c = 0; c < 3; ++c)
    for (int input = 0; input < 4; ++input)
      EXPECT_NEAR(
          read(c, input),
          (siemens(2 * input, c) - siemens(2 * input + 1, c)) / (1.0 + 2e3 * siemens.col(c).sum()),
          kReadRounding * siemens.maxCoeff());
}

/// Cells of random levels from -3 to 3, 33 uS each above 1 uS: of two arrays, and of row pairs.
struct RandomPairs {
  Matrix positive;
  Matrix negative;
  Matrix joined;
};
RandomPairs random_pairs(int inputs, int cols) {
  RandomPairs pairs{Matrix(inputs, cols), Matrix(inputs, cols), Matrix(2 * inputs, cols)};
  for (int r = 0; r < inputs; ++r)
    for (int c = 0; c < cols; ++c) {
      const auto position = static_cast<std::uint64_t>(2 * (r * cols + c));
      const double level = static_cast<double>(RandomStream(5).below(7, position)) - 3.0;
      pairs.positive(r, c) = pairs.joined(2 * r, c) = 1e-6 + 33e-6 * std::max(0.0, level);
      pairs.negative(r, c) = pairs.joined(2 * r + 1, c) = 1e-6 + 33e-6 * std::max(0.0, -level);
    }
  return pairs;
}

/// What wires take of the currents of random inputs, half of them driven: mean of the magnitudes,
/// over that of the currents without wires.
double loss(const Matrix& effective, const Matrix& ideal) {
  constexpr int kReads = 400;
  Matrix inputs(ideal.cols(), kReads);
  for (int read = 0; read < kReads; ++read)
    for (Eigen::Index r = 0; r < inputs.rows(); ++r)
      inputs(r, read) = static_cast<double>(RandomStream(5).child("v", read).below(2, r));
  return ((effective - ideal) * inputs).cwiseAbs().mean() / (ideal * inputs).cwiseAbs().mean();
}

// The table of docs/crossbar.md, section 5.
TEST(RowPairs, CancelCurrentsButNotTheShareThatWiresTake) {
  constexpr int kInputs = 64;
  constexpr double kLastDigit = 0.0005;
  ArrayOptions in_arrays = row_pairs(kInputs, 128);
  in_arrays.encoding = Encoding::OneSidedPair;
  in_arrays.row_ohm = in_arrays.col_ohm = 1.0;
  in_arrays.driver_ohm = in_arrays.sense_ohm = 0.0;
  ArrayOptions in_rows = in_arrays;
  in_rows.encoding = Encoding::RowPair;
  in_rows.rows = 2 * kInputs;
  const RandomPairs pairs = random_pairs(kInputs, 128);
  const Matrix ideal = (pairs.positive - pairs.negative).transpose();
  const auto of_rows = [&] { return read_of_array(pairs.joined, in_rows, {}).effective; };

  const Matrix of_arrays = read_of_array(pairs.positive, in_arrays, {}).effective -
                           read_of_array(pairs.negative, in_arrays, {}).effective;

  EXPECT_NEAR(loss(of_arrays, ideal), 0.192, kLastDigit);
  EXPECT_NEAR(loss(of_rows(), ideal), 0.265, kLastDigit);
  const Vector amps = currents(pairs.joined, wires_of(in_rows), all_driven(2 * kInputs, 0.2));
  const Vector of_one =
      currents(pairs.positive, wires_of(in_arrays), Vector::Constant(kInputs, 0.2));
  EXPECT_NEAR(amps.cwiseAbs().mean(), 0.066e-3, 0.5e-6);
  EXPECT_NEAR(of_one.cwiseAbs().mean(), 0.310e-3, 0.5e-6);
  in_rows.col_ohm = 0.5;  // columns as long as those of the two arrays
  EXPECT_NEAR(loss(of_rows(), ideal), 0.207, kLastDigit);
}

TEST(RowPairs, OfNonlinearCellsAreExactForAllInputsAtFullScale) {
  ArrayOptions array = row_pairs(8, 3);
  DeviceOptions device;
  device.iv.emplace().sinh_per_v = 6.0;
  const Matrix siemens = random_siemens(8, 3, 6);
  const Vector volts = all_driven(8, array.read_voltage_v);

  const Matrix read = read_of_array(siemens, array, device).effective;

  const Vector expected = nodal_currents(siemens, wires_of(array), volts, 6.0);
  const Vector amps = read * Vector::Constant(4, array.read_voltage_v);
  EXPECT_LE((amps - expected).cwiseAbs().maxCoeff(),
            1e-9 * siemens.maxCoeff() * array.read_voltage_v);
}

TEST(RowPairs, AddTheirCurrentsInTheReferenceReadOfDrift) {
  for (const Topology topology : {Topology::Passive, Topology::RowSelect, Topology::GateInput}) {
    ArrayOptions array = row_pairs(8, 3);
    array.topology = topology;
    array.row_ohm = array.col_ohm = array.driver_ohm = array.sense_ohm = 0.0;
    array.rows_active = 4;
    const Matrix siemens = random_siemens(8, 3, 7);

    const Vector amps = full_scale_currents(siemens, array);

    const Vector expected = siemens.colwise().sum().transpose() * array.read_voltage_v;
    EXPECT_LE((amps - expected).cwiseAbs().maxCoeff(), kReadRounding * expected.maxCoeff());
  }
}

TEST(RowPairs, OfGateInputsAddTheirCurrentsBehindTheirWires) {
  ArrayOptions array = row_pairs(8, 2);
  array.topology = Topology::GateInput;
  array.source_line_ohm = 90.0;
  array.rows_active = 4;
  const Matrix siemens = random_siemens(8, 2, 8);

  const Vector amps = full_scale_currents(siemens, array);

  for (int c = 0; c < 2; ++c) {
    double expected = 0.0;
    for (int group = 0; group < 2; ++group) {
      Vector first = Vector::Zero(4);
      Vector second = Vector::Zero(4);
      for (int r = 2 * group; r < 2 * group + 2; ++r) {
        first(r) = siemens(2 * r, c);
        second(r) = siemens(2 * r + 1, c);
      }
      expected +=
          nodal_gate_pair_current(first, second, {gate_column_of(array), array.read_voltage_v});
    }
    EXPECT_NEAR(amps(c), expected, kReadRounding * expected);
  }
}

}  // namespace
}  // namespace ohmweave::crossbar
