// SPDX-License-Identifier: Apache-2.0
// Results of several runs side by side, and against a baseline run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/fields.h"

namespace ohmweave::report {

/// All numbers of a result but those in lists, under /provenance and /components, and closure
/// errors, as (JSON pointer, value).
[[nodiscard]] std::vector<std::pair<std::string, double>> figures(const Json& result);

/// For every figure that both have and that differs: {pointer: {baseline, value, difference}},
/// with "ratio" (value / baseline) where the baseline is not 0.
[[nodiscard]] Json difference(const Json& result, const Json& baseline);

/// The runs' report/result.json in a format of format_table(): for one run without baseline, json
/// gives its result.json and html its report.html. Throws ConfigError for an unknown format,
/// DataError for a run without a report.
[[nodiscard]] std::string compare_runs(const std::vector<std::filesystem::path>& runs,
                                       const std::optional<std::filesystem::path>& baseline,
                                       const std::string& format);

}  // namespace ohmweave::report
