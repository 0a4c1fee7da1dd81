// SPDX-License-Identifier: Apache-2.0
#include "power_area/array_energy.h"

#include <algorithm>

#include "core/error.h"
#include "mapping/column_sums.h"
#include "power_area/nonzero.h"

namespace ohmweave::power_area {

namespace {

/// E[digit^2] of `bits` independent bits, each 1 with probability p:
/// sum_i p 4^i + sum_{i != j} p^2 2^(i + j).
double assumed_square(int bits, double p) {
  double squares = 0.0;
  double sum = 0.0;
  for (int i = 0; i < bits; ++i) {
    const auto weight = static_cast<double>(1 << i);
    squares += weight * weight;
    sum += weight;
  }
  return p * squares + p * p * (sum * sum - squares);
}

double assumed_square_digits(int magnitude_bits, int dac_bits, double density) {
  double total = 0.0;
  for (int low = 0; low < magnitude_bits; low += dac_bits)
    total += assumed_square(std::min(dac_bits, magnitude_bits - low), density);
  return total;
}

}  // namespace

std::vector<double> mean_square_digits(const MappedNetwork& mapped, const LayerPlan& plan,
                                       const Circuits& circuits) {
  if (!mapped.activity.is_null()) return measured_rows(mapped.activity, plan, "mean_square_digit");
  const CodeFormat& input = mapping::input_format(mapped.network, plan.node);
  const double assumed = assumed_square_digits(input.magnitude_bits(), circuits.dac.bits,
                                               circuits.chip.assumed_bit_density);
  std::vector<double> by_row(static_cast<std::size_t>(plan.matrix.rows) * plan.matrix.groups,
                             assumed);
  return by_row;
}

std::vector<double> share_energies_j(const MappedNetwork& mapped, const ChipSample& sample,
                                     const LayerPlan& plan, const Circuits& circuits) {
  const std::vector<double> by_row = mean_square_digits(mapped, plan, circuits);
  const double volts_per_digit =
      circuits.array.read_voltage_v / static_cast<double>((1 << circuits.dac.bits) - 1);
  std::vector<double> energies;
  for (const TileShare& share : plan.shares) {
    double siemens_digits = 0.0;  // of all blocks: sum of conductance times mean square of digits
    for (const int b : share.blocks) {
      const mapping::Block& block = mapped.placement.blocks[b];
      for (std::size_t r = 0; r < block.rows.size(); ++r)
        siemens_digits +=
            sample.row_siemens[b][r] *
            by_row[static_cast<std::size_t>(block.group) * plan.matrix.rows + block.rows[r]];
    }
    energies.push_back(plan.settle_s * volts_per_digit * volts_per_digit * siemens_digits);
  }
  return energies;
}

}  // namespace ohmweave::power_area
