// SPDX-License-Identifier: Apache-2.0
// Energy in the cells of an array, from the conductances of a frozen chip sample:
//   E(window) = t_settle * sum_rows V^2 * mean(sum over digits of digit^2)[row] / (2^dac_bits -
//   1)^2
//               * sum_columns g(row, column)
// Rows of a block that are not read at the moment are at 0 V; columns are virtual grounds. Voltage
// lost on wires is not subtracted (an upper bound). Inputs that were not measured are independent
// bits of the assumed density.
#pragma once

#include <vector>

#include "power_area/chip_sample.h"

namespace ohmweave::power_area {

/// Mean over windows of the sum over digits of digit^2, for each matrix row of the layer (all
/// groups: group-major). Measured where mapped.activity has it; throws DataError when its layer has
/// the wrong number of rows.
[[nodiscard]] std::vector<double> mean_square_digits(const MappedNetwork& mapped,
                                                     const LayerPlan& plan,
                                                     const Circuits& circuits);

/// Joules in the cells of each share of the layer for one window.
[[nodiscard]] std::vector<double> share_energies_j(const MappedNetwork& mapped,
                                                   const ChipSample& sample, const LayerPlan& plan,
                                                   const Circuits& circuits);

}  // namespace ohmweave::power_area
