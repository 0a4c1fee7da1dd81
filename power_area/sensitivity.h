// SPDX-License-Identifier: Apache-2.0
// How much the estimate hangs on the library's numbers. The same chip, with the same actions in the
// same time, is billed again with changed numbers:
//   tornado  each number alone, up and down by /chip/uncertainty/change_fraction;
//   bands    all numbers at once, each times a lognormal factor of mean 1 whose sigma goes by the
//            number's status; one draw per number and sample, the same for chip and baseline, so
//            that what they have in common cancels in the reduction.
// Numbers that set times or the read (adc_rate, array_settle_time, wires, cells' voltages) and
// counts keep their values.
#pragma once

#include <optional>

#include "core/random.h"
#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

/// A chip to bill again, and the rate at which it works.
struct BilledChip {
  const SimulatedChip& chip;
  double throughput_hz = 0.0;
};

/// True for a number that a sensitivity analysis changes: areas, powers, energies, shares, ratios.
[[nodiscard]] bool is_uncertain(const std::string& key);

/// {change_fraction, numbers: [{name, status, area_down_fraction, area_up_fraction,
/// energy_down_fraction, energy_up_fraction, source}]}: relative changes of area and of energy per
/// inference; by falling swing of energy and area, those that move neither left out.
[[nodiscard]] Json tornado_json(const BilledChip& billed, const UncertaintyOptions& options);

/// {samples, sigmas, area_m2, energy_per_inference_j, average_power_w, leakage_w: {mean, std, p5,
/// p50, p95}}, with a baseline also area_fraction and power_fraction of the reduction at
/// `rate_hz`.
[[nodiscard]] Json bands_json(const BilledChip& billed, const std::optional<BilledChip>& baseline,
                              double rate_hz, const UncertaintyOptions& options,
                              const RandomStream& stream);

}  // namespace ohmweave::power_area
