// SPDX-License-Identifier: Apache-2.0
// Exact derivatives of what an array of a network is read as (pair.h) by the conductances of its
// cells: those of the circuit (gradient.h), read group by read group, through transistors in series
// and pairs of rows.
#pragma once

#include "crossbar/matrix.h"
#include "crossbar/options.h"

namespace ohmweave::crossbar {

/// d(loss) / d(siemens), rows x cols, of a loss of read_of_array(siemens, array, device).effective,
/// whose derivative d_loss_d_effective is: cols x inputs. Of nonlinear cells the ratio of current
/// and conductance at the read voltage is taken as constant; exact for ohmic ones. Not for
/// Topology::GateInput (std::logic_error). Throws NumericError.
[[nodiscard]] Matrix read_gradient(const Matrix& siemens, const ArrayOptions& array,
                                   const DeviceOptions& device, const Matrix& d_loss_d_effective);

}  // namespace ohmweave::crossbar
