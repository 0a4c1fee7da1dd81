// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_library.h"

#include <algorithm>

#include "core/error.h"

namespace ohmweave::power_area {

std::filesystem::path component_library_path(const std::string& preset,
                                             const std::filesystem::path& presets) {
  if (preset.find('/') != std::string::npos) return preset;
  const std::filesystem::path folder = presets / "components";
  std::filesystem::path file = folder / (preset + ".json");
  if (std::filesystem::exists(file)) return file;
  std::vector<std::string> names;
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  std::string text = "/chip/preset = \"" + preset + "\": unknown component library; allowed:";
  for (const std::string& name : names) text += " " + name;
  const std::string nearest = nearest_word(preset, names);
  throw ConfigError({text + ", or a path to a file" +
                     (nearest.empty() ? std::string() : "; nearest: " + nearest)});
}

ComponentLibrary load_chip_library(const ChipOptions& options,
                                   const std::filesystem::path& presets) {
  ComponentLibrary library =
      load_component_library(component_library_path(options.preset, presets).string());
  for (const auto& [name, number] : options.components.numbers) {
    try {
      library = library.with_number(name, write_config(number), "/chip/components");
    } catch (const DataError& error) {  // it stands in the config, not in a file
      throw ConfigError({error.what()});
    }
  }
  std::vector<std::string> problems;
  for (const auto& [name, number] : options.components.numbers) {
    const std::string why = why_unread(library, name);
    if (!why.empty()) problems.push_back("/chip/components/" + name + ": " + why);
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return options.node_nm ? library.scaled_to(*options.node_nm) : library;
}

}  // namespace ohmweave::power_area
