// SPDX-License-Identifier: Apache-2.0
// What compression gained: 1 - chip / baseline, at a throughput that both reach.
//   power at rate f = dynamic energy * f + leakage;   energy at rate f = power / f
#pragma once

#include <string>

#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

struct ComparedChip {
  const Ledger& ledger;
  double throughput_hz = 0.0;
  int num_arrays = 0;
};

/// The "reduction" object of result.json, at the lower of both throughputs.
[[nodiscard]] Json reduction_json(const ComparedChip& chip, const ComparedChip& baseline,
                                  const std::string& baseline_description);

}  // namespace ohmweave::power_area
