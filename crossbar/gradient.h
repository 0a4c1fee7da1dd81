// SPDX-License-Identifier: Apache-2.0
// Exact derivatives of a passive array's currents by its conductances. With d the voltages across
// the cells for the inputs, and a those of the adjoint circuit, whose sources are at 0 V and whose
// virtual grounds are held at the weights of the loss,
//   d(loss) / d(siemens(r, c)) = -a(r, c) d(r, c)   for   loss = sum over columns of weight *
//   current.
// One solve for the circuit and one for its adjoint give all rows x cols derivatives, wires
// included. Source: director_tct_1969.
#pragma once

#include "crossbar/wires.h"

namespace ohmweave::crossbar {

/// d(loss) / d(siemens), rows x cols, summed over input vectors. volts: rows x vectors;
/// d_loss_d_amps: cols x vectors, the derivative by each column's current. Two solves a vector.
/// Throws NumericError.
[[nodiscard]] Matrix currents_gradient(const Matrix& siemens, const Wires& wires,
                                       const Matrix& volts, const Matrix& d_loss_d_amps);

/// d(loss) / d(siemens), rows x cols, of a loss of the effective matrix: the product of
/// d_loss_d_effective (cols x rows) with the derivative of effective_matrix(). Two solves for each
/// row or each column that occurs, whichever are fewer. Throws NumericError.
[[nodiscard]] Matrix effective_matrix_gradient(const Matrix& siemens, const Wires& wires,
                                               const Matrix& d_loss_d_effective);

}  // namespace ohmweave::crossbar
