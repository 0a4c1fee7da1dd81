// SPDX-License-Identifier: Apache-2.0
// SPICE netlists of single reads: one array with its drivers, wires, transistors and virtual
// grounds, for any SPICE of the Berkeley family. The picture is that of docs/crossbar.md; no
// element has a resistance of 0: nodes that such a wire joins are one node.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crossbar/matrix.h"
#include "crossbar/options.h"

namespace ohmweave::crossbar {

struct SingleRead {
  std::string title;
  Matrix siemens;               // rows x cols, without transistors; 0 = open
  ArrayOptions array;           // topology, encoding, resistances, read voltage
  std::vector<double> volts;    // passive, row_select: of each row's source
  std::vector<bool> connected;  // row_select: cells of the row conduct; gate_input: the gate is on
                                // (of row pairs, of both rows)
  std::optional<IvOptions> iv = std::nullopt;  // of the cells; empty = ohmic
};

/// The netlist, ending in a control block that solves it and prints one line a column,
/// `i_column_<c> = <amperes into its virtual ground>`.
[[nodiscard]] std::string spice_netlist(const SingleRead& read);

/// The same currents by this project's own solvers. Throws NumericError.
[[nodiscard]] Vector solve_read(const SingleRead& read);

}  // namespace ohmweave::crossbar
