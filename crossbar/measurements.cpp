// SPDX-License-Identifier: Apache-2.0
#include "crossbar/measurements.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "core/error.h"
#include "core/fields.h"

namespace ohmweave::crossbar {
namespace {

constexpr std::size_t kMostProblems = 10;
constexpr double kHighestLevel = 255.0;
constexpr double kLargestSiemens = 1.0;
constexpr double kLargestSeconds = 1e12;
constexpr double kLargestCycle = 1e9;

enum class Value { Level, TargetSiemens, Measured, Time, Cycle };

struct Column {
  const char* name;
  Value value;
  NumberRange allowed;
  bool is_integer;
  const char* meaning;
};

const std::vector<Column>& known_columns() {
  static const std::vector<Column> columns = {
      {"target_level", Value::Level, {0.0, kHighestLevel, false}, true, "an integer in [0, 255]"},
      {"target_siemens",
       Value::TargetSiemens,
       {0.0, kLargestSiemens, false},
       false,
       "a number in [0, 1]"},
      {"measured_siemens",
       Value::Measured,
       {0.0, kLargestSiemens, false},
       false,
       "a number in [0, 1]"},
      {"time_s", Value::Time, {0.0, kLargestSeconds, true}, false, "a number in (0, 1e12]"},
      {"cycle", Value::Cycle, {0.0, kLargestCycle, false}, true, "an integer in [0, 1e9]"}};
  return columns;
}

std::string trimmed(const std::string& text) {
  const char* blank = " \t\r";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  std::istringstream in(line);
  while (std::getline(in, cell, ',')) cells.push_back(trimmed(cell));
  if (!line.empty() && line.back() == ',') cells.emplace_back();
  return cells;
}

/// The number a cell holds; empty if it holds none that its column allows.
std::optional<double> number_of(const std::string& cell, const Column& column) {
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  if (cell.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  const NumberRange& range = column.allowed;
  const bool is_allowed =
      value <= range.high && (range.low_excluded ? value > range.low : value >= range.low);
  if (!is_allowed || (column.is_integer && value != std::floor(value))) return std::nullopt;
  return value;
}

void store(Measurement& row, Value column, double value) {
  switch (column) {
    case Value::Level:
    case Value::TargetSiemens:
      row.target = value;
      return;
    case Value::Measured:
      row.measured_siemens = value;
      return;
    case Value::Time:
      row.time_s = value;
      return;
    case Value::Cycle:
      row.cycle = static_cast<int>(value);
      return;
  }
}

class Reader {
 public:
  explicit Reader(const std::string& path) { result_.path = path; }

  Measurements read() {
    std::ifstream in(result_.path);
    if (!in) throw DataError(result_.path + ": cannot be read; must be a table of measurements");
    std::string text;
    for (int line = 1; std::getline(in, text); ++line) {
      const std::string content = trimmed(text);
      if (content.empty() || content.front() == '#') continue;
      if (columns_.empty()) {
        read_header(content, line);
      } else {
        read_row(content, line);
      }
      if (problems_.size() >= kMostProblems) break;
    }
    if (columns_.empty()) problems_.emplace_back(": holds no line of column names");
    if (problems_.empty() && result_.rows.empty()) problems_.emplace_back(": holds no measurement");
    throw_problems();
    return std::move(result_);
  }

 private:
  void problem(int line, const std::string& text) {
    problems_.push_back(":" + std::to_string(line) + ": " + text);
  }

  void throw_problems() const {
    if (problems_.empty()) return;
    std::string text;
    for (const std::string& problem : problems_)
      text += (text.empty() ? "" : "\n") + result_.path + problem;
    throw DataError(text);
  }

  void read_header(const std::string& content, int line) {
    std::vector<std::string> known;
    std::string allowed;
    for (const Column& column : known_columns()) {
      known.emplace_back(column.name);
      allowed += (allowed.empty() ? "" : ", ") + known.back();
    }
    for (const std::string& name : cells_of(content)) {
      const auto found = std::find(known.begin(), known.end(), name);
      if (found == known.end()) {
        const std::string nearest = nearest_word(name, known);
        std::string text = "unknown column '" + name + "'; allowed: ";
        text += allowed;
        if (!nearest.empty()) text += "; nearest: " + nearest;
        problem(line, text);
        continue;
      }
      const Column* column = &known_columns()[static_cast<std::size_t>(found - known.begin())];
      if (std::find(columns_.begin(), columns_.end(), column) != columns_.end())
        problem(line, "column '" + name + "' is there twice");
      columns_.push_back(column);
    }
    result_.has_levels = has(Value::Level);
    result_.has_times = has(Value::Time);
    if (has(Value::Level) == has(Value::TargetSiemens))
      problem(line, "needs either the column target_level or target_siemens");
    if (!has(Value::Measured)) problem(line, "needs the column measured_siemens");
    throw_problems();
  }

  [[nodiscard]] bool has(Value value) const {
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](const Column* column) { return column->value == value; });
  }

  void read_row(const std::string& content, int line) {
    const std::vector<std::string> cells = cells_of(content);
    if (cells.size() != columns_.size()) {
      problem(line, "has " + std::to_string(cells.size()) + " values; must have " +
                        std::to_string(columns_.size()) + ", one for each column");
      return;
    }
    Measurement row;
    row.line = line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::optional<double> value = number_of(cells[i], *columns_[i]);
      if (value) {
        store(row, columns_[i]->value, *value);
      } else {
        problem(line, std::string(columns_[i]->name) + " = '" + cells[i] + "': must be " +
                          columns_[i]->meaning);
      }
    }
    result_.rows.push_back(row);
  }

  Measurements result_;
  std::vector<const Column*> columns_;
  std::vector<std::string> problems_;
};

}  // namespace

Measurements read_measurements(const std::string& path) { return Reader(path).read(); }

}  // namespace ohmweave::crossbar
