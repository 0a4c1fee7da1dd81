// SPDX-License-Identifier: Apache-2.0
// Device-to-device mismatch: the factor between a cell's conductance and its target, frozen per
// chip, of median 1 (lognormal) or mean near 1 (normal):
//   lognormal:  exp(sigma * z)
//   normal:     1 + sigma * z, drawn again until positive (a truncated normal distribution)
// z is standard normal. With a correlated fraction f of its variance and a length of L cells,
//   covariance of z between cells (r, c) and (r', c') = f * exp(-(|r - r'| + |c - c'|) / L),
// and 1 in place of f for a cell with itself. The smooth part comes from two first-order
// recursions, along the columns and along the rows, which have this covariance exactly, at the
// borders too: a stationary process of order 1 has the covariance rho^distance, and the product of
// two is separable. Source: martin_biometrika_1979.
#pragma once

#include <vector>

#include "core/random.h"
#include "crossbar/device_options.h"

namespace ohmweave::crossbar {

/// Factors of `count` cells that lie row by row in an array of `cols` columns. Cell i is a pure
/// function of (options, stream, i, cols). All 1 if mismatch_sigma is 0.
[[nodiscard]] std::vector<double> mismatch_factors(const DeviceOptions& options, std::size_t count,
                                                   int cols, const RandomStream& stream);

/// A standard normal field whose covariance is exp(-(|dr| + |dc|) / length_cells), `count` cells
/// row by row in rows of `cols`. length_cells > 0.
[[nodiscard]] std::vector<double> correlated_normals(std::size_t count, int cols,
                                                     double length_cells,
                                                     const RandomStream& stream);

}  // namespace ohmweave::crossbar
