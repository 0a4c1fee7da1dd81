// SPDX-License-Identifier: Apache-2.0
// A simulated chip as JSON: totals, parts, layers, stages, closure.
#pragma once

#include <string>

#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

[[nodiscard]] double throughput_hz(const SimulatedChip& chip);

/// The "chip" object of result.json. energy_per_inference_j = dynamic + leakage_w / throughput_hz.
/// Parts, layers and tiles each add up to the totals.
[[nodiscard]] Json chip_json(const SimulatedChip& chip, const Bill& bill);

}  // namespace ohmweave::power_area
