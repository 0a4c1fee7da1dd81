// SPDX-License-Identifier: Apache-2.0
#include "crossbar/device.h"

#include "core/error.h"
#include "crossbar/ideal_device.h"
#include "crossbar/level_grid_device.h"

namespace ohmweave::crossbar {

const std::vector<DeviceKind>& device_kinds() {
  static const std::vector<DeviceKind> kinds = {
      {"level_grid",
       "uniform levels with lognormal mismatch (median at the target) and stuck cells",
       make_level_grid_device},
      {"ideal", "uniform levels, every cell exactly at its target", make_ideal_device},
  };
  return kinds;
}

std::vector<Word> device_words() {
  std::vector<Word> words;
  for (const DeviceKind& kind : device_kinds()) words.push_back({kind.name, kind.summary});
  return words;
}

std::unique_ptr<Device> make_device(const DeviceOptions& options) {
  std::string known;
  for (const DeviceKind& kind : device_kinds()) {
    if (kind.name == options.kind) return kind.factory(options);
    known += (known.empty() ? "" : ", ") + kind.name;
  }
  throw ConfigError({"/device/kind = \"" + options.kind + "\": must be one of " + known});
}

double uniform_level_siemens(const DeviceOptions& options, int level, int bits) {
  OHMWEAVE_REQUIRE(bits >= 1 && bits < 31, "a cell holds 1 to 30 bits");
  const int highest = (1 << bits) - 1;
  OHMWEAVE_REQUIRE(
      level >= 0 && level <= highest,
      "level " + std::to_string(level) + " is outside 0 .. " + std::to_string(highest));
  if (level == highest) return options.g_max_siemens;
  return options.g_min_siemens +
         level * ((options.g_max_siemens - options.g_min_siemens) / highest);
}

}  // namespace ohmweave::crossbar
