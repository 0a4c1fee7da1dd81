// SPDX-License-Identifier: Apache-2.0
// The numbers that a config asks for: the library that /chip/preset names, with /chip/components in
// place of its own, moved to /chip/node_nm.
#pragma once

#include <filesystem>
#include <string>

#include "power_area/cost/library.h"
#include "power_area/options.h"

namespace ohmweave::power_area {

/// The file of a component library: `preset` itself if it is a path, else
/// <presets>/components/<preset>.json. Throws ConfigError naming the presets there are.
[[nodiscard]] std::filesystem::path component_library_path(const std::string& preset,
                                                           const std::filesystem::path& presets);

/// Throws ConfigError (no such preset; numbers of the config that nothing reads), DataError (a
/// damaged library).
[[nodiscard]] ComponentLibrary load_chip_library(const ChipOptions& options,
                                                 const std::filesystem::path& presets);

}  // namespace ohmweave::power_area
