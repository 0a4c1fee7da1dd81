// SPDX-License-Identifier: Apache-2.0
#include "power_area/nonzero.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "mapping/column_sums.h"

namespace ohmweave::power_area {

namespace {

double mean(const std::vector<double>& values) {
  return values.empty() ? 0.0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

template <class T>
T needed(const Json& layer, const char* key, const std::string& name) {
  if (!layer.contains(key))
    throw DataError("activity.json: layer " + name + ": its " + key +
                    " is missing, which /chip/zero_skipping needs: evaluate again");
  return layer.at(key).get<T>();
}

/// Independent bits, each set with the assumed density.
NonzeroShares assumed_shares(const LayerPlan& plan, int magnitude_bits, int digit_bits,
                             double density) {
  const int num_rows = plan.matrix.rows;
  NonzeroShares shares;
  double digits = 0.0;
  double reads = 0.0;
  int num_digits = 0;
  for (int low = 0; low < magnitude_bits; low += digit_bits, ++num_digits) {
    const double zero = std::pow(1.0 - density, std::min(digit_bits, magnitude_bits - low));
    digits += 1.0 - zero;
    reads += 1.0 - std::pow(zero, num_rows);
  }
  shares.digits.assign(plan.shares.size(), digits / num_digits);
  shares.reads = reads / num_digits;
  shares.windows = 1.0 - std::pow(1.0 - density, static_cast<double>(magnitude_bits) * num_rows);
  return shares;
}

/// Mean over the rows of the blocks of each tile share: all blocks of a plan drive each of their
/// rows equally often in a window.
std::vector<double> by_share(const mapping::Placement& placement, const LayerPlan& plan,
                             const std::vector<double>& by_row) {
  std::vector<double> means;
  means.reserve(plan.shares.size());
  for (const TileShare& share : plan.shares) {
    std::vector<double> values;
    for (const int b : share.blocks) {
      const mapping::Block& block = placement.blocks[b];
      for (const int row : block.rows)
        values.push_back(by_row[static_cast<std::size_t>(block.group) * plan.matrix.rows + row]);
    }
    means.push_back(mean(values));
  }
  return means;
}

}  // namespace

double nonzero_digits(const NonzeroShares& shares, const LayerPlan& plan) {
  double nonzero = 0.0;
  double all = 0.0;
  for (std::size_t u = 0; u < plan.shares.size(); ++u) {
    const auto drives = static_cast<double>(plan.shares[u].window.drives);
    nonzero += shares.digits[u] * drives;
    all += drives;
  }
  return all > 0.0 ? nonzero / all : 0.0;
}

std::vector<double> measured_rows(const Json& activity, const LayerPlan& plan, const char* key) {
  const Json* layer = measured_layer(activity, plan.name);
  const std::string where = "activity.json: layer " + plan.name;
  if (layer == nullptr) throw DataError(where + " is missing: evaluate again");
  if (!layer->contains(key))
    throw DataError(where + ": its " + key + " is missing: evaluate again");
  const auto measured = layer->at(key).get<std::vector<double>>();
  const auto rows = static_cast<std::size_t>(plan.matrix.rows);
  std::vector<double> result(rows * plan.matrix.groups);
  if (measured.size() != rows && measured.size() != result.size())
    throw DataError(where + ": " + key + " has " + std::to_string(measured.size()) +
                    " rows, the layer's matrix has " + std::to_string(rows));
  for (std::size_t r = 0; r < result.size(); ++r) result[r] = measured[r % measured.size()];
  return result;
}

const Json* measured_layer(const Json& activity, const std::string& name) {
  if (!activity.is_object() || !activity.contains("layers")) return nullptr;
  for (const Json& layer : activity.at("layers"))
    if (layer.at("name").get<std::string>() == name) return &layer;
  return nullptr;
}

NonzeroShares nonzero_shares(const MappedNetwork& mapped, const LayerPlan& plan,
                             const Circuits& circuits) {
  if (!circuits.chip.zero_skipping) return {std::vector<double>(plan.shares.size(), 1.0), 1.0, 1.0};
  if (mapped.activity.is_null())
    return assumed_shares(plan, mapping::input_format(mapped.network, plan.node).magnitude_bits(),
                          circuits.dac.bits, circuits.chip.assumed_bit_density);
  const std::vector<double> digits = measured_rows(mapped.activity, plan, "nonzero_digit_fraction");
  const Json& layer = *measured_layer(mapped.activity, plan.name);
  return {by_share(mapped.placement, plan, digits),
          mean(needed<std::vector<double>>(layer, "nonzero_read_fraction", plan.name)),
          needed<double>(layer, "nonzero_window_fraction", plan.name)};
}

}  // namespace ohmweave::power_area
