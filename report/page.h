// SPDX-License-Identifier: Apache-2.0
// report.html: one offline file with inline SVG, no scripts, that also prints well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.h"
#include "report/csv.h"
#include "report/result.h"

namespace ohmweave::report {

/// Everything the page shows, as read from a run's artifacts.
struct PageInput {
  Json config;
  Json result;                             // build_result()
  Json placement;                          // map/placement.json
  std::optional<CsvTable> dense_training;  // absent when nothing was trained, as the next three
  std::optional<CsvTable> compress_training;
  std::optional<CsvTable> admm;
  std::optional<CsvTable> adapt_training;
  std::optional<CsvTable> power;  // estimate/power.csv
};
/// Throws DataError naming a file that is missing or damaged.
[[nodiscard]] PageInput read_page_input(const ReportedRun& run, const Json& result);

[[nodiscard]] std::string report_page(const PageInput& input);

/// A table of texts; the first column is left-aligned, the others right.
struct HtmlTable {
  std::vector<std::string> heads;
  std::vector<std::vector<std::string>> rows;  // plain text, escaped when written
};
[[nodiscard]] std::string html_of(const HtmlTable& table);
/// A whole document around `body`.
[[nodiscard]] std::string html_document(const std::string& title, const std::string& body);
[[nodiscard]] std::string html_section(const std::string& title, const std::string& body);

// The sections; each is empty when the run has nothing to show in it.
[[nodiscard]] std::string accuracy_section(const Json& result);
[[nodiscard]] std::string adaptation_section(const Json& result);
[[nodiscard]] std::string compression_section(const Json& result);
[[nodiscard]] std::string training_section(const PageInput& input);
[[nodiscard]] std::string arrays_section(const PageInput& input);
[[nodiscard]] std::string chip_section(const Json& result);
[[nodiscard]] std::string reduction_section(const Json& result);
[[nodiscard]] std::string efficiency_section(const Json& result);
[[nodiscard]] std::string floorplan_section(const Json& result);
[[nodiscard]] std::string breakdown_section(const PageInput& input);
[[nodiscard]] std::string sensitivity_section(const Json& result);
[[nodiscard]] std::string reload_section(const Json& result);
[[nodiscard]] std::string programming_section(const Json& result);
[[nodiscard]] std::string assumptions_section(const PageInput& input);
[[nodiscard]] std::string not_modelled_section(const Json& result);

}  // namespace ohmweave::report
