// SPDX-License-Identifier: Apache-2.0
// The report stage: result.json, timing.json, layers.csv, parts.csv, tiles.csv,
// sensitivity.csv, report.html.
#pragma once

#include <filesystem>

#include "report/result.h"

namespace ohmweave::report {

/// Reads the artifacts of a run and writes the report's files into `output_folder`. Throws
/// DataError naming a file that is missing.
void write_report(const ReportedRun& run, const std::filesystem::path& output_folder);

}  // namespace ohmweave::report
