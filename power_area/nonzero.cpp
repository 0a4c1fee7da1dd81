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
NonzeroShares assumed_shares(int magnitude_bits, int digit_bits, double density, int num_rows) {
  NonzeroShares shares;
  double digits = 0.0;
  double reads = 0.0;
  int num_digits = 0;
  for (int low = 0; low < magnitude_bits; low += digit_bits, ++num_digits) {
    const double zero = std::pow(1.0 - density, std::min(digit_bits, magnitude_bits - low));
    digits += 1.0 - zero;
    reads += 1.0 - std::pow(zero, num_rows);
  }
  shares.digits = digits / num_digits;
  shares.reads = reads / num_digits;
  shares.windows = 1.0 - std::pow(1.0 - density, static_cast<double>(magnitude_bits) * num_rows);
  return shares;
}

}  // namespace

const Json* measured_layer(const Json& activity, const std::string& name) {
  if (!activity.is_object() || !activity.contains("layers")) return nullptr;
  for (const Json& layer : activity.at("layers"))
    if (layer.at("name").get<std::string>() == name) return &layer;
  return nullptr;
}

NonzeroShares nonzero_shares(const MappedNetwork& mapped, const LayerPlan& plan,
                             const Circuits& circuits) {
  if (!circuits.chip.zero_skipping) return {};
  if (mapped.activity.is_null())
    return assumed_shares(mapping::input_format(mapped.network, plan.node).magnitude_bits(),
                          circuits.dac.bits, circuits.chip.assumed_bit_density, plan.matrix.rows);
  const Json* layer = measured_layer(mapped.activity, plan.name);
  if (layer == nullptr)
    throw DataError("activity.json: layer " + plan.name + " is missing: evaluate again");
  return {mean(needed<std::vector<double>>(*layer, "nonzero_digit_fraction", plan.name)),
          mean(needed<std::vector<double>>(*layer, "nonzero_read_fraction", plan.name)),
          needed<double>(*layer, "nonzero_window_fraction", plan.name)};
}

}  // namespace ohmweave::power_area
