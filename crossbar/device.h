// SPDX-License-Identifier: Apache-2.0
// What a memristor does when it is told to hold a level. The table in device.cpp lists the kinds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "crossbar/options.h"

namespace ohmweave::crossbar {

class Device {
 public:
  virtual ~Device() = default;

  /// The conductance aimed at: level is 0 .. 2^bits - 1, rising with the level from g_min_siemens
  /// to g_max_siemens.
  [[nodiscard]] virtual double target_siemens(int level, int bits) const = 0;

  /// The conductances reached when cells are programmed to `levels`, frozen from then on. Cell i is
  /// a pure function of (levels[i], bits, stream, i), so that a chip can be made again.
  [[nodiscard]] virtual std::vector<double> program_siemens(const std::vector<int>& levels,
                                                            int bits,
                                                            const RandomStream& stream) const = 0;
};

/// One line of the device table.
struct DeviceKind {
  std::string name;
  std::string summary;
  std::unique_ptr<Device> (*factory)(const DeviceOptions&);
};

[[nodiscard]] const std::vector<DeviceKind>& device_kinds();
/// Names and summaries of device_kinds().
[[nodiscard]] std::vector<Word> device_words();
/// Throws ConfigError naming the known kinds if options.kind is none of them.
[[nodiscard]] std::unique_ptr<Device> make_device(const DeviceOptions& options);

/// g_min + level * (g_max - g_min) / (2^bits - 1), the grid both kinds share; the ends are exact.
[[nodiscard]] double uniform_level_siemens(const DeviceOptions& options, int level, int bits);

}  // namespace ohmweave::crossbar
