// SPDX-License-Identifier: Apache-2.0
#include "power_area/array_energy.h"

#include <algorithm>

#include "core/error.h"
#include "crossbar/pair.h"
#include "mapping/column_sums.h"

namespace ohmweave::power_area {

namespace {

constexpr int kChipSample = 0;

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

const Json* measured_layer(const Json& activity, const std::string& name) {
  if (!activity.is_object() || !activity.contains("layers")) return nullptr;
  for (const Json& layer : activity.at("layers"))
    if (layer.at("name").get<std::string>() == name) return &layer;
  return nullptr;
}

/// The rows of an array that one of its blocks drives.
struct DrivenRows {
  Eigen::Index first = 0;
  std::vector<double> mean_squares;  // of the sum over digits of digit^2, by row
};

double array_energy_j(const MappedNetwork& mapped, int array, const DrivenRows& rows,
                      const Circuits& circuits, const RandomStream& stream) {
  const mapping::Placement& placement = mapped.placement;
  // A driven row feeds all cells of the array, those that hold no weight too.
  const std::vector<int> levels = mapping::cell_levels(placement, mapped.network, array);
  const crossbar::Matrix siemens =
      crossbar::program_siemens(levels, circuits.array.rows, circuits.array.cols, circuits.device,
                                circuits.array.cell_bits(placement.arrays[array].slice),
                                crossbar::array_stream(stream, kChipSample, array));
  double weighted = 0.0;
  for (std::size_t r = 0; r < rows.mean_squares.size(); ++r)
    weighted += rows.mean_squares[r] * siemens.row(rows.first + static_cast<Eigen::Index>(r)).sum();
  const double volts_per_digit =
      circuits.array.read_voltage_v / static_cast<double>((1 << circuits.dac.bits) - 1);
  return weighted * volts_per_digit * volts_per_digit;  // watts * digits
}

}  // namespace

std::vector<double> mean_square_digits(const MappedNetwork& mapped, const LayerPlan& plan,
                                       const Circuits& circuits) {
  const auto rows = static_cast<std::size_t>(plan.matrix.rows);
  const std::size_t all_rows = rows * plan.matrix.groups;
  const Json* layer = measured_layer(mapped.activity, plan.name);
  if (mapped.activity.is_null()) {
    const CodeFormat& input = mapping::input_format(mapped.network, plan.node);
    const double assumed = assumed_square_digits(input.magnitude_bits(), circuits.dac.bits,
                                                 circuits.chip.assumed_bit_density);
    std::vector<double> by_row(all_rows, assumed);
    return by_row;
  }
  if (layer == nullptr || !layer->contains("mean_square_digit"))
    throw DataError("activity.json: layer " + plan.name + ": its mean_square_digit is missing");
  const std::vector<double> measured = layer->at("mean_square_digit").get<std::vector<double>>();
  if (measured.size() != rows && measured.size() != all_rows)
    throw DataError("activity.json: layer " + plan.name + ": mean_square_digit has " +
                    std::to_string(measured.size()) + " rows, the layer's matrix has " +
                    std::to_string(rows));
  std::vector<double> result(all_rows);
  for (std::size_t r = 0; r < all_rows; ++r) result[r] = measured[r % measured.size()];
  return result;
}

std::vector<double> share_energies_j(const MappedNetwork& mapped, const LayerPlan& plan,
                                     const Circuits& circuits, double settle_s,
                                     const RandomStream& stream) {
  const std::vector<double> by_row = mean_square_digits(mapped, plan, circuits);
  std::vector<double> energies;
  for (const TileShare& share : plan.shares) {
    double energy_j = 0.0;
    for (const int b : share.blocks) {
      const mapping::Block& block = mapped.placement.blocks[b];
      DrivenRows rows;
      rows.first = block.first_row;
      for (const int row : block.rows)
        rows.mean_squares.push_back(
            by_row[static_cast<std::size_t>(block.group) * plan.matrix.rows + row]);
      for (int a = 0; a < mapped.placement.geometry.arrays_per_position(); ++a)
        energy_j +=
            settle_s * array_energy_j(mapped, block.first_array + a, rows, circuits, stream);
    }
    energies.push_back(energy_j);
  }
  return energies;
}

}  // namespace ohmweave::power_area
