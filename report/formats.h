// SPDX-License-Identifier: Apache-2.0
// Ways to write down the results of runs side by side.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave::report {

/// The result of one run and what to call it.
struct NamedResult {
  std::string name;
  Json result;
};

struct Comparison {
  std::vector<NamedResult> runs;
  std::optional<NamedResult> baseline;
};

struct Format {
  std::string name;
  std::string summary;
  std::string (*render)(const Comparison& comparison);
};
[[nodiscard]] const std::vector<Format>& format_table();
/// Names and summaries of the table.
[[nodiscard]] std::vector<Word> format_words();

}  // namespace ohmweave::report
