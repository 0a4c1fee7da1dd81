// SPDX-License-Identifier: Apache-2.0
// What compression gained: 1 - chip / baseline, at a throughput that both reach.
//   power at rate f = dynamic energy * f + leakage;   energy at rate f = power / f
// Each ratio of baseline over chip is the product of its causes, exactly:
//   arrays = weights * cells a weight * utilization * copies
//   area   = arrays * converters' bits * rest of an array's area * rest of the chip
//   power  = arrays * converters' bits * rest of an array's power * rest of the chip
#pragma once

#include <string>

#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

struct ComparedChip {
  const Ledger& ledger;
  double throughput_hz = 0.0;
  int num_arrays = 0;         // with copies for speed
  int num_needed_arrays = 0;  // one copy of every weight
  double num_weights = 0.0;   // that count: all of a dense network, those that are not zero else
  double cells_per_weight = 0.0;
  double cells_per_array = 0.0;
};

/// Weights of the network: all of them, or those whose code is not zero.
[[nodiscard]] double count_all_weights(const QuantizedNetwork& network);
[[nodiscard]] double count_nonzero_weights(const QuantizedNetwork& network);

[[nodiscard]] ComparedChip compared_chip(const SimulatedChip& chip, const Bill& bill,
                                         double throughput_hz, double num_weights);

/// One view: {area_fraction, power_fraction, energy_fraction, dynamic_energy_fraction} of the costs
/// of both at `rate_hz`.
[[nodiscard]] Json view_json(const Cost& chip, const Cost& baseline, double rate_hz);

/// The "reduction" object of result.json, at the lower of both throughputs, with the ratios'
/// factors and the comparison at equal area: as many of the compressed chip as fit the baseline's
/// area, each at its own throughput.
[[nodiscard]] Json reduction_json(const ComparedChip& chip, const ComparedChip& baseline,
                                  const std::string& baseline_description);

enum class FactorsOf { Area, Power };
enum class FactorScope { WholeChip, ArraysAndConverters };

/// {total_ratio, factors: [{name, ratio, meaning}]} of two chips' areas, or of their powers at
/// `rate_hz`: the factors multiply to the total.
struct FactorQuestion {
  FactorsOf what = FactorsOf::Area;
  FactorScope scope = FactorScope::WholeChip;
  double rate_hz = 0.0;
};
[[nodiscard]] Json factors_json(const ComparedChip& chip, const ComparedChip& baseline,
                                const FactorQuestion& question);

}  // namespace ohmweave::power_area
