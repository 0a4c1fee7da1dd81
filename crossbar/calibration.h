// SPDX-License-Identifier: Apache-2.0
// What a chip may correct after its cells have drifted, from reads it can make itself.
#pragma once

#include <vector>

#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// Global drift compensation: the factor on all later outputs that restores the sum of the
/// magnitudes of the currents of one reference read, sum |then| / sum |now|.
/// Source: joshi_ncomms_2020 (global drift compensation).
/// Throws NumericError if the currents of now are all 0.
[[nodiscard]] double drift_compensation(const std::vector<double>& reference_then_a,
                                        const std::vector<double>& reference_now_a);

/// corrected = gain * measured + offset, one of each per column.
struct ColumnCalibration {
  std::vector<double> gain;
  std::vector<double> offset;  // in the unit of the expected outputs
};

/// Least squares of `expected` against `measured`, column by column. Both: reads x cols, of the
/// same shape. A column whose measured outputs are all equal tells nothing of its gain: it gets
/// gain 0 and the mean of the expected outputs as offset, which is a least-squares answer too.
[[nodiscard]] ColumnCalibration calibrate_columns(const Matrix& measured, const Matrix& expected);

}  // namespace ohmweave::crossbar
