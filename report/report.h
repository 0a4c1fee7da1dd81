// SPDX-License-Identifier: Apache-2.0
// The report stage: result.json, timing.json, layers.csv, parts.csv, tiles.csv,
// sensitivity.csv, report.html.
#pragma once

#include <filesystem>

#include "core/fields.h"

namespace ohmweave::report {

/// Reads the artifacts of `run` and writes the report's files into `output_folder`. `provenance`
/// is the object of that name in result.json. Throws DataError naming a file that is missing.
void write_report(const std::filesystem::path& run, const std::filesystem::path& output_folder,
                  const Json& provenance);

}  // namespace ohmweave::report
