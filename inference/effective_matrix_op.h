// SPDX-License-Identifier: Apache-2.0
// The effective matrix of a passive array as an operation that torch can differentiate, so that
// what is trained sees the wires: exact forwards (crossbar/wires.h) and backwards
// (crossbar/gradient.h).
#pragma once

#include <torch/types.h>

#include "crossbar/wires.h"

namespace ohmweave::inference {

/// siemens: rows x cols, float64 or float32, on the CPU, each >= 0. Result: cols x rows of the same
/// type, currents = result . voltages; its gradient by siemens is that of the circuit, found by one
/// adjoint solve for each row or each column that the loss depends on, whichever are fewer. No
/// second derivatives. Throws std::logic_error for another type or shape, NumericError.
[[nodiscard]] torch::Tensor effective_matrix(const torch::Tensor& siemens,
                                             const crossbar::Wires& wires);

}  // namespace ohmweave::inference
