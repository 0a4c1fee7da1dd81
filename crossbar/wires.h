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

/// Column currents (amperes) of one voltage vector (volts, one per row).
[[nodiscard]] Vector currents(const Matrix& siemens, const Wires& wires, const Vector& volts);

}  // namespace ohmweave::crossbar
