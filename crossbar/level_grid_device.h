// SPDX-License-Identifier: Apache-2.0
// A cell programmed to a grid of levels, with errors frozen per chip:
//   g = target * m + sigma(target) * e,  drawn again (e) until positive,
//   or exactly g_max with probability stuck_on_fraction, or g_min with stuck_off_fraction.
// target: uniform or measured levels (device.h); m: mismatch, 1 where there is none (mismatch.h);
// sigma: the programming error's standard deviation at the target (spread.h), e standard normal.
// Faults and programming errors of neighbouring cells are independent; mismatch may be correlated.
#pragma once

#include <memory>

#include "crossbar/device.h"

namespace ohmweave::crossbar {

[[nodiscard]] std::unique_ptr<Device> make_level_grid_device(const DeviceOptions& options);

}  // namespace ohmweave::crossbar
