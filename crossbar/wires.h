// SPDX-License-Identifier: Apache-2.0
// Wire resistance of a passive array of linear cells, solved exactly: such an array is a matrix,
//   currents = effective * voltages,
// which block elimination over the columns finds once per array (docs/crossbar.md derives it):
//   Y_c = S_c + Y_(c+1) (1 + row_ohm Y_(c+1))^-1,   w_c = (1 + row_ohm Y_c)^-1 w_(c-1),
// where S_c is what column c with its wire looks like from the row nodes w_c. All quantities are
// admittances times series resistances, so any of the four resistances may be 0 and any cell open.
// Exact to rounding: 1e-11 of the largest current up to 256 x 256 and sense_ohm * sum of a column's
// conductances up to 1e4. Cost: max(rows, cols) * min(rows, cols)^3.
#pragma once

#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// The series resistances of the circuit, each >= 0.
struct Wires {
  double row_ohm = 0.0;     // between neighbouring cells of a row, and before the first one
  double col_ohm = 0.0;     // between neighbouring cells of a column, and after the last one
  double driver_ohm = 0.0;  // in series with each row's source
  double sense_ohm = 0.0;   // in series with each column's virtual ground
};

/// siemens: rows x cols, each >= 0 (0 = open); (r, c) joins row r to column c.
/// Result: cols x rows; current of column c = sum over r of result(c, r) * volts of row r.
/// Throws NumericError if the result is not finite.
[[nodiscard]] Matrix effective_matrix(const Matrix& siemens, const Wires& wires);

/// Column currents (amperes) of one voltage vector (volts, one per row).
[[nodiscard]] Vector currents(const Matrix& siemens, const Wires& wires, const Vector& volts);

}  // namespace ohmweave::crossbar
