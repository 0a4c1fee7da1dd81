// SPDX-License-Identifier: Apache-2.0
// What of a layer's work is not zero. With /chip/zero_skipping, zeros cost no energy:
//   a digit that is zero drives no row;
//   a read whose digits are all zero is not sampled, converted or added;
//   a window whose inputs are all zero gives no partial sum.
// From activity.json where the network was evaluated. The shares of reads and windows are measured
// over all rows of the layer; an array that holds only some of them sees zeros more often, so that
// what is skipped is a lower bound. Without activity, bits are independent and set with the assumed
// density. Time is not saved: units that work together wait for the slowest.
#pragma once

#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

/// Shares from 0 to 1; 1: nothing is skipped.
struct NonzeroShares {
  double digits = 1.0;
  double reads = 1.0;
  double windows = 1.0;
};

/// Shares of one layer. Throws DataError where activity.json lacks what is needed.
[[nodiscard]] NonzeroShares nonzero_shares(const MappedNetwork& mapped, const LayerPlan& plan,
                                           const Circuits& circuits);

/// The layer's entry of activity.json; null: it has none.
[[nodiscard]] const Json* measured_layer(const Json& activity, const std::string& name);

}  // namespace ohmweave::power_area
