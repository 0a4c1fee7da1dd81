// SPDX-License-Identifier: Apache-2.0
// Currents of a passive array whose cells follow a curve (cell_curve.h), by Newton's method: each
// cell is replaced by its tangent, a conductance and a current source, and line relaxation solves
// the linear array. The content of the circuit (the sum over branches of the integral of i dv) is
// convex and least at the solution; a step is halved until it lowers the content, so the iteration
// cannot diverge. Any of the four wire resistances may be 0.
// Source: millar_pm_1951.
#pragma once

#include "crossbar/cell_curve.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {

struct NewtonOptions {
  double settled_step =
      1e-11;  // of the largest source: convergence is quadratic, so this is enough
  int most_steps = 200;
};

struct NonlinearSolution {
  Vector amps;        // of each column, into its virtual ground or grounds
  Matrix cell_volts;  // rows x cols
  int steps = 0;
};

/// siemens: rows x cols, each >= 0; cell (r, c) carries siemens(r, c) * curve. volts: of each row's
/// source. Throws NumericError, naming step and step count, if the iteration does not settle.
[[nodiscard]] NonlinearSolution solve_nonlinear(const Matrix& siemens, const CellCurve& curve,
                                                const Wires& wires, const Vector& volts,
                                                const NewtonOptions& options = {});

}  // namespace ohmweave::crossbar
