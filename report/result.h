// SPDX-License-Identifier: Apache-2.0
// The one JSON of record of a run, put together from its artifacts. Nothing is computed here.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "core/fields.h"

namespace ohmweave::report {

/// A run as the report finds it.
struct ReportedRun {
  std::filesystem::path folder;
  Json provenance;               // the object of that name in result.json
  std::set<std::string> stages;  // that the run's config asks for: "compress", "evaluate", ...
  [[nodiscard]] bool has(const std::string& stage) const { return stages.count(stage) > 0; }
};

/// {provenance, accuracy, compression, adaptation, mapping, chip, baseline_chip, reduction,
/// programming, sensitivity, not_modelled, notes, components}: what a stage would give that the run
/// has not is absent. Throws DataError naming a file that is missing or not JSON.
[[nodiscard]] Json build_result(const ReportedRun& run);

/// One line a layer: its compression, mapping, chip and baseline figures joined by name.
[[nodiscard]] Json layer_rows(const Json& result);
/// One line a part of the chip and of the baseline chip.
[[nodiscard]] Json part_rows(const Json& result);
/// One line a tile of both.
[[nodiscard]] Json tile_rows(const Json& result);

/// A JSON file of a run; DataError names it when it is missing or damaged.
[[nodiscard]] Json read_artifact(const std::filesystem::path& path);

}  // namespace ohmweave::report
