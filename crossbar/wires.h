// SPDX-License-Identifier: Apache-2.0
// Wire resistance of a passive array of linear cells, solved exactly: such an array is a matrix,
//   currents = effective * voltages,
// found once per array: of small ones by block elimination (block_elimination.h), of others by
// nested dissection (dissection.h). Any of the four resistances may be 0 and any cell open.
// Exact to rounding: 1e-11 of the largest current up to 256 x 256 and sense_ohm * sum of a column's
// conductances up to 1e4.
#pragma once

#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// The series resistances of the circuit, each >= 0.
struct Wires {
  double row_ohm = 0.0;     // between neighbouring cells of a row, and before the first one
  double col_ohm = 0.0;     // between neighbouring cells of a column, and after the last one
  double driver_ohm = 0.0;  // in series with each row's source
  double sense_ohm = 0.0;   // in series with each column's virtual ground
  // The far end of each row may have a second source of the same voltage, behind another segment
  // and another driver; that of each column a second virtual ground, behind another segment and
  // another sense resistor. A column's current is then what flows into both.
  bool driven_at_both_ends = false;
  bool sensed_at_both_ends = false;
};

/// siemens: rows x cols, each >= 0 (0 = open); (r, c) joins row r to column c.
/// Result: cols x rows; current of column c = sum over r of result(c, r) * volts of row r.
/// Throws NumericError if the result is not finite.
[[nodiscard]] Matrix effective_matrix(const Matrix& siemens, const Wires& wires);

/// The columns first .. first + count - 1 of the effective matrix of an array of which only these
/// neighbouring rows are connected: cols x count. The others' cells are open, and the columns'
/// wires run on past them. Costs as much as an array of `count` rows.
[[nodiscard]] Matrix effective_matrix_of_rows(const Matrix& siemens, const Wires& wires,
                                              Eigen::Index first, Eigen::Index count);

/// The wires of such rows as an array of their own; not of arrays that are sensed at both ends,
/// whose two ends of a column are then at different distances (std::logic_error).
[[nodiscard]] Wires wires_of_rows(const Wires& wires, Eigen::Index rows, Eigen::Index first,
                                  Eigen::Index count);

/// Conductances of cells in series with their transistors: G / (1 + G transistor_ohm).
[[nodiscard]] Matrix behind_transistors(const Matrix& siemens, double transistor_ohm);

/// Column currents (amperes) of one voltage vector (volts, one per row), by line relaxation
/// (line_relaxation.h): cheaper than the matrix for a few vectors. Throws NumericError.
[[nodiscard]] Vector currents(const Matrix& siemens, const Wires& wires, const Vector& volts);

}  // namespace ohmweave::crossbar
