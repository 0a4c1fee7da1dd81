// SPDX-License-Identifier: Apache-2.0
// The accounting of papers on pruning: arrays and converters alone, against the dense network at 9
// bits (a sign and two 4-bit cells a sign) with converters for the worst case of a full column.
// A view of the reduction beside others: how such papers come to larger factors.
#pragma once

#include <string>

#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

constexpr int kPaperCellBits = 4;
constexpr int kPaperWeightBits = 8;  // and the sign

/// These circuits with two 4-bit cells a sign and worst-case converters, of the model "survey"
/// where the chip's own does not cover them. Throws ConfigError where none does.
[[nodiscard]] Circuits paper_circuits(const Circuits& circuits, const ComponentLibrary& library);

/// What /chip/paper_accounting cannot be had for, as problems of a config; empty if nothing.
[[nodiscard]] std::string paper_accounting_problem(const Circuits& circuits,
                                                   const ComponentLibrary& library);

}  // namespace ohmweave::power_area
