// SPDX-License-Identifier: Apache-2.0
// One column of an array of row pairs whose inputs switch gates (docs/crossbar.md, gate_input): a
// word line opens both cells of a pair; one of them joins a first bit line to the source line that
// they share, the other one a second bit line, at the opposite voltage. Three wires, joined at
// every word line: what lies before one is seen from it, for currents j drawn from the bit lines
// and a voltage q of the source line, as
//   v = e - Z j + (1 - k) q,      i = s - (1 - k)' j - y q
// with v the voltages of the bit lines and i the current out of the source line. A segment of the
// bit lines adds to Z, one of the source line (f = 1 / (1 + ohm y)) and the cells D do
//   e += ohm f s (1 - k),  Z += ohm f (1 - k) (1 - k)',  k <- f (ohm y + k),  s <- f s,  y <- f y;
//   s += k' D H e,  y += k' D H k,  e <- H e,  Z <- H Z,  k <- H k,     H = (1 + Z D)^-1,
// so one run over the word lines gives the current. Z is semidefinite and H never singular; any
// resistance may be 0. Exact, in O(rows).
#pragma once

#include "crossbar/gate_column.h"
#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

struct GatePairColumn {
  GateColumn lines;               // of either bit line, and of the source line; that of the first
  double second_voltage_v = 0.0;  // read source of the second bit line
};

/// first, second: of each word line's cells at the first and the second bit line, with their
/// transistors; 0 where the word line is not active. Result: amperes into the virtual ground.
[[nodiscard]] double gate_pair_current(const Vector& first, const Vector& second,
                                       const GatePairColumn& column);

/// Many columns with the same wires in many reads. first, second: word lines x columns. Result:
/// amperes, columns x distinct reads; of a read the same, to the last bit, whatever the others are.
[[nodiscard]] Matrix gate_pair_currents(const Matrix& first, const Matrix& second,
                                        const GatePairColumn& column, const GateReads& reads);

}  // namespace ohmweave::crossbar
