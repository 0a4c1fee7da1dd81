// SPDX-License-Identifier: Apache-2.0
// What of a layer's work is not zero. With /chip/zero_skipping, zeros cost no energy:
//   a digit that is zero drives no row;
//   a read whose digits are all zero is not sampled, converted or added;
//   a window whose inputs are all zero gives no partial sum.
// From activity.json where the network was evaluated. Digits are those of the rows that are mapped.
// The shares of reads and windows are measured over all rows of the layer; an array that holds only
// some of them sees zeros more often, so that what is skipped of these is a lower bound. Without
// activity, bits are independent and set with the assumed density. Time is not saved: units that
// work together wait for the slowest.
#pragma once

#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

/// Shares from 0 to 1; 1: nothing is skipped.
struct NonzeroShares {
  std::vector<double> digits;  // by tile share of the plan: of its blocks' rows
  double reads = 1.0;
  double windows = 1.0;
};

/// Shares of one layer. Throws DataError where activity.json lacks what is needed.
[[nodiscard]] NonzeroShares nonzero_shares(const MappedNetwork& mapped, const LayerPlan& plan,
                                           const Circuits& circuits);

/// Of all digits that the plan sets on its row drivers, the share that is not zero.
[[nodiscard]] double nonzero_digits(const NonzeroShares& shares, const LayerPlan& plan);

/// The layer's entry of activity.json; null: it has none.
[[nodiscard]] const Json* measured_layer(const Json& activity, const std::string& name);

/// The layer's list `key` in activity.json by matrix row of all groups (a list for one group holds
/// for each). Throws DataError where it is missing or of another length.
[[nodiscard]] std::vector<double> measured_rows(const Json& activity, const LayerPlan& plan,
                                                const char* key);

}  // namespace ohmweave::power_area
