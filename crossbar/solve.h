// SPDX-License-Identifier: Apache-2.0
// Column currents of a crossbar case, exact to rounding for every topology and cell kind.
#pragma once

#include <string>
#include <vector>

#include "crossbar/case.h"

namespace ohmweave::crossbar {

struct CaseCurrents {
  std::vector<double> currents_a;        // into each column's virtual ground
  std::vector<double> ideal_currents_a;  // linear cells without wires, driver and sense resistance
  std::string method;                    // "line_relaxation" | "newton" | "ladder"
};

/// Line relaxation for linear passive and row_select cases; Newton's method for cells with
/// sinh_per_v; a ladder for each column of gate_input. Throws NumericError.
[[nodiscard]] CaseCurrents solve_case(const CrossbarCase& crossbar_case);

}  // namespace ohmweave::crossbar
