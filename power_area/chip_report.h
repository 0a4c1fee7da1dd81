// SPDX-License-Identifier: Apache-2.0
// A simulated chip as JSON: totals, parts, layers, closure, and its power over time.
#pragma once

#include <string>

#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

[[nodiscard]] double throughput_hz(const SimulatedChip& chip);

/// The "chip" object of result.json. energy_per_inference_j = dynamic + leakage_w / throughput_hz.
/// Parts, layers and tiles each add up to the totals.
[[nodiscard]] Json chip_json(const SimulatedChip& chip, const Bill& bill);

/// Lines "time_s,power_w": leakage plus each layer's dynamic energy spread over the rows it worked
/// on, in `num_bins` equal bins over the whole simulation.
[[nodiscard]] std::string power_csv(const SimulatedChip& chip, const Bill& bill, int num_bins);

}  // namespace ohmweave::power_area
