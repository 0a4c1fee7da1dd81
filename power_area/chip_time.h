// SPDX-License-Identifier: Apache-2.0
// Where a simulated chip's time goes: work and stalls of every stage, the bottleneck, and power
// over time.
#pragma once

#include "power_area/chip_bill.h"
#include "power_area/sim/trace.h"

namespace ohmweave::power_area {

constexpr int kPowerBins = 400;

/// {"timing", "stages", "bottleneck", "power_over_time"}: part of the "chip" object of result.json.
/// Times of a stage are per inference, averaged over its units, which follow one by one; actions
/// are those of a layer's arrays before zeros are skipped. `bottleneck` is the unit or link that is
/// busy for the longest, with the share of a period for which it is.
[[nodiscard]] Json time_json(const SimulatedChip& chip, const Bill& bill);

/// The unit or link that is busy for the longest.
struct Bottleneck {
  int stage = -1;  // of the pipeline; -1: a link
  std::string name;
  std::int64_t busy_cycles = -1;  // of all inferences
  [[nodiscard]] bool is_link() const { return stage < 0; }
};
[[nodiscard]] Bottleneck find_bottleneck(const SimulatedChip& chip);

/// Leakage, and each layer's dynamic energy over the time for which its units work; what no layer
/// bears is spread evenly. Wants a result with states.
[[nodiscard]] PowerTrace chip_power(const SimulatedChip& chip, const Bill& bill, int num_bins);

}  // namespace ohmweave::power_area
