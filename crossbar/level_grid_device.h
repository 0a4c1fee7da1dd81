// SPDX-License-Identifier: Apache-2.0
// A cell programmed to a uniform grid of levels, with errors frozen per chip:
//   g = target * exp(mismatch_sigma * z), z standard normal: the median is the target,
//   or exactly g_max with probability stuck_on_fraction, or g_min with stuck_off_fraction.
// Mismatch and faults of neighbouring cells are independent. The lognormal form keeps g positive
// and matches measured spreads near and above the middle of the range; it is a poor model of cells
// near g_min whose absolute spread is constant.
#pragma once

#include <memory>

#include "crossbar/device.h"

namespace ohmweave::crossbar {

[[nodiscard]] std::unique_ptr<Device> make_level_grid_device(const DeviceOptions& options);

}  // namespace ohmweave::crossbar
