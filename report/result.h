// SPDX-License-Identifier: Apache-2.0
// The one JSON of record of a run, put together from its artifacts. Nothing is computed here.
#pragma once

#include <filesystem>

#include "core/fields.h"

namespace ohmweave::report {

/// {provenance, accuracy, compression, mapping, chip, baseline_chip, reduction, programming,
/// sensitivity, not_modelled, notes, components}: a section that the run's config.json leaves out,
/// and whose stage so did not run, is absent. Throws DataError naming a file that is missing or not
/// JSON.
[[nodiscard]] Json build_result(const std::filesystem::path& run, const Json& provenance);

/// One line a layer: its compression, mapping, chip and baseline figures joined by name.
[[nodiscard]] Json layer_rows(const Json& result);
/// One line a part of the chip and of the baseline chip.
[[nodiscard]] Json part_rows(const Json& result);
/// One line a tile of both.
[[nodiscard]] Json tile_rows(const Json& result);

/// A JSON file of a run; DataError names it when it is missing or damaged.
[[nodiscard]] Json read_artifact(const std::filesystem::path& path);
/// True if the run's config has the section (not null).
[[nodiscard]] bool has_section(const Json& config, const char* section);

}  // namespace ohmweave::report
