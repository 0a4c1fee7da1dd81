// SPDX-License-Identifier: Apache-2.0
// One column of an array whose inputs switch gates (docs/crossbar.md, gate_input): bit line and
// source line run along the column, joined by the active cells. With I the column's current, S_r
// the share of it that has crossed over by cell r and d_r the voltage between the lines there,
//   d_(r+1) = d_r + (bit_line_ohm + source_line_ohm) S_r - bit_line_ohm I,   S_r = S_(r-1) + g_r
//   d_r,
// a single ladder of shunts g_r and series resistances bit_line_ohm + source_line_ohm, fed with
// bit_line_ohm and source_line_ohm parts of I from its two ends. Exact, in O(rows); any resistance
// may be 0. Many reads of many columns share runs of rows (gate_ladder.h).
#pragma once

#include "crossbar/gate_reads.h"
#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

struct GateColumn {
  double bit_line_ohm = 0.0;     // between neighbouring cells, and before the first one
  double source_line_ohm = 0.0;  // between neighbouring cells, and after the last one
  double driver_ohm = 0.0;       // between the read source and the bit line
  double sense_ohm = 0.0;        // between the source line and the virtual ground
  double read_voltage_v = 0.0;
};

/// cell_siemens: of each row's cell with its transistor, 0 where the row is not active.
/// Result: amperes into the virtual ground.
[[nodiscard]] double gate_column_current(const Vector& cell_siemens, const GateColumn& column);

/// Many columns with the same wires in many reads. siemens: rows x columns. Result: amperes,
/// columns x distinct reads; of a read the same, to the last bit, whatever the others are.
[[nodiscard]] Matrix gate_column_currents(const Matrix& siemens, const GateColumn& column,
                                          const GateReads& reads);

/// A column of which only `count` neighbouring rows from `first` on are ever active, as a column of
/// these rows alone: the wires before and after them carry the whole current.
[[nodiscard]] GateColumn gate_column_of_rows(const GateColumn& column, Eigen::Index rows,
                                             Eigen::Index first, Eigen::Index count);

}  // namespace ohmweave::crossbar
