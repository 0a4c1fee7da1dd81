// SPDX-License-Identifier: Apache-2.0
#include "report/formats.h"

#include <algorithm>

#include "report/compare.h"
#include "report/csv.h"
#include "report/page.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

/// Pointers of all figures of all runs, in order of first appearance.
std::vector<std::string> pointers_of(const Comparison& comparison) {
  std::vector<std::string> pointers;
  const auto add = [&pointers](const Json& result) {
    for (const auto& [pointer, value] : figures(result)) {
      if (std::find(pointers.begin(), pointers.end(), pointer) == pointers.end()) {
        pointers.push_back(pointer);
      }
    }
  };
  for (const NamedResult& run : comparison.runs) add(run.result);
  return pointers;
}

/// Top-1 accuracies are read as percents, and their changes as points.
bool is_accuracy(const std::string& pointer) {
  const std::string key = pointer.substr(pointer.rfind('/') + 1);
  return pointer.rfind("/accuracy/", 0) == 0 && key.rfind("num_", 0) != 0 && key != "seed" &&
         key != "seconds";
}

std::string cell_text(const std::string& pointer, double value) {
  return is_accuracy(pointer) ? percent_text(value, 2)
                              : figure_text(pointer.substr(pointer.rfind('/') + 1), value);
}

std::string change_text(const std::string& pointer, double value, double baseline) {
  const bool is_points = is_accuracy(pointer);
  if (value == baseline || (baseline == 0.0 && !is_points)) return "";
  const double change = 100.0 * (is_points ? value - baseline : value / baseline - 1.0);
  return " (" + std::string(change > 0.0 ? "+" : "") + short_number(change, 3) +
         (is_points ? " points)" : " %)");
}

/// A line a figure, a column a run; against a baseline each cell also says the change.
HtmlTable comparison_table(const Comparison& comparison) {
  HtmlTable table{{"Figure"}, {}};
  if (comparison.baseline) table.heads.push_back(comparison.baseline->name + " (baseline)");
  for (const NamedResult& run : comparison.runs) table.heads.push_back(run.name);
  for (const std::string& pointer : pointers_of(comparison)) {
    std::vector<std::string> row = {pointer.substr(1)};
    std::optional<double> baseline;
    if (comparison.baseline) {
      baseline = number_at(comparison.baseline->result, pointer);
      row.push_back(baseline ? cell_text(pointer, *baseline) : "-");
    }
    for (const NamedResult& run : comparison.runs) {
      const auto value = number_at(run.result, pointer);
      row.push_back(!value
                        ? "-"
                        : cell_text(pointer, *value) +
                              (baseline ? change_text(pointer, *value, *baseline) : std::string()));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string render_html(const Comparison& comparison) {
  return html_document("Ohmweave: comparison of runs",
                       "<h1>Comparison of runs</h1>\n" + html_of(comparison_table(comparison)));
}

std::string render_json(const Comparison& comparison) {
  if (comparison.runs.size() == 1 && !comparison.baseline) {
    return comparison.runs[0].result.dump(2) + "\n";
  }
  Json json = {{"runs", Json::array()}};
  if (comparison.baseline) json["baseline"] = comparison.baseline->name;
  for (const NamedResult& run : comparison.runs) {
    Json entry = {{"name", run.name}, {"result", run.result}};
    if (comparison.baseline) {
      entry["difference"] = difference(run.result, comparison.baseline->result);
    }
    json["runs"].push_back(std::move(entry));
  }
  return json.dump(2) + "\n";
}

/// Plain SI numbers: a line a figure, a column a run.
std::string render_csv(const Comparison& comparison) {
  Json rows = Json::array();
  for (const std::string& pointer : pointers_of(comparison)) {
    Json row = {{"figure", pointer}};
    if (comparison.baseline) {
      row["baseline:" + comparison.baseline->name] = value_at(comparison.baseline->result, pointer);
    }
    for (const NamedResult& run : comparison.runs) row[run.name] = value_at(run.result, pointer);
    rows.push_back(std::move(row));
  }
  return csv_of(rows);
}

std::string markdown_row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) {
    line += " ";
    for (const char c : cell) line += c == '|' ? std::string("\\|") : std::string(1, c);
    line += " |";
  }
  return line + "\n";
}

std::string render_markdown(const Comparison& comparison) {
  const HtmlTable table = comparison_table(comparison);
  std::string text = markdown_row(table.heads) + "|";
  for (std::size_t i = 0; i < table.heads.size(); ++i) text += i == 0 ? "---|" : "---:|";
  text += "\n";
  for (const std::vector<std::string>& row : table.rows) text += markdown_row(row);
  return text;
}

}  // namespace

const std::vector<Format>& format_table() {
  static const std::vector<Format> table = {
      {"html", "one offline page; for one run its report.html", render_html},
      {"json", "results, and differences to the baseline; for one run its result.json",
       render_json},
      {"csv", "a line a figure, a column a run, plain SI numbers", render_csv},
      {"md", "a table for documents, numbers as people read them", render_markdown}};
  return table;
}

std::vector<Word> format_words() {
  std::vector<Word> words;
  for (const Format& format : format_table()) words.push_back({format.name, format.summary});
  return words;
}

}  // namespace ohmweave::report
