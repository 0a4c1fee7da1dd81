// SPDX-License-Identifier: Apache-2.0
// The effective matrix of a passive array of linear cells by block elimination over its columns
// (docs/crossbar.md derives it):
//   Y_c = S_c + Y_(c+1) (1 + row_ohm Y_(c+1))^-1,   w_c = (1 + row_ohm Y_c)^-1 w_(c-1),
// where S_c is what column c with its wire looks like from the row nodes w_c. All quantities are
// admittances times series resistances, so any of the four resistances may be 0 and any cell open.
// Cost: max(rows, cols) * min(rows, cols)^3.
#pragma once

#include "crossbar/wires.h"

namespace ohmweave::crossbar {

/// As effective_matrix() of wires.h, whose arguments have been checked; lines driven and sensed at
/// one end. Result: cols x rows.
[[nodiscard]] Matrix eliminated_matrix(const Matrix& siemens, const Wires& wires);

}  // namespace ohmweave::crossbar
