// SPDX-License-Identifier: Apache-2.0
// A cell whose conductance is what writing it by pulses and reads leaves behind (write_verify.h):
// mostly within the tolerance of its target, wherever the last pulse took it.
#pragma once

#include <memory>

#include "crossbar/device.h"

namespace ohmweave::crossbar {

/// Throws ConfigError if options.write is empty.
[[nodiscard]] std::unique_ptr<Device> make_write_verify_device(const DeviceOptions& options);

}  // namespace ohmweave::crossbar
