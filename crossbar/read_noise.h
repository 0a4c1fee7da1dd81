// SPDX-License-Identifier: Apache-2.0
// Noise of cells while they are read: fresh at each read, normal, of mean 0 around the cell's
// conductance, with the standard deviation that /device/read_noise gives at that conductance
// (spread.h). It is not truncated: what is read is a current, which may be on either side of 0, so
// mean and variance are exact. Without wire resistance the current of a column with row voltages V
// has the variance sum_r V_r^2 var(g_rc), as cells are independent.
#pragma once

#include <vector>

#include "core/random.h"
#include "crossbar/device_options.h"
#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// Variance of one read of a cell of conductance `siemens`, in S^2; 0 without a section read_noise.
[[nodiscard]] double read_noise_variance(const DeviceOptions& options, double siemens);

/// The same for every cell of an array: rows x cols, S^2.
[[nodiscard]] Matrix read_noise_variance(const DeviceOptions& options, const Matrix& siemens);

/// Variance of the currents of all columns in A^2, wires without resistance.
/// variance: rows x cols, S^2; voltages_v: one per row.
[[nodiscard]] std::vector<double> column_noise_variance(const Matrix& variance,
                                                        const std::vector<double>& voltages_v);

/// The conductances that one read sees: mean `siemens`, variance read_noise_variance(). Each read
/// has a stream of its own, e.g. array_stream.child("read", n).
[[nodiscard]] std::vector<double> read_siemens(const DeviceOptions& options,
                                               const std::vector<double>& siemens,
                                               const RandomStream& read_stream);

/// The same for an array, rows x cols; cell (r, c) draws position r * cols + c.
[[nodiscard]] Matrix read_siemens(const DeviceOptions& options, const Matrix& siemens,
                                  const RandomStream& read_stream);

}  // namespace ohmweave::crossbar
