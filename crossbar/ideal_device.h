// SPDX-License-Identifier: Apache-2.0
// A cell that reaches its target exactly: what the chip would be without device errors.
#pragma once

#include <memory>

#include "crossbar/device.h"

namespace ohmweave::crossbar {

[[nodiscard]] std::unique_ptr<Device> make_ideal_device(const DeviceOptions& options);

}  // namespace ohmweave::crossbar
