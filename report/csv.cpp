// SPDX-License-Identifier: Apache-2.0
#include "report/csv.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "report/text.h"

namespace ohmweave::report {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string safe = "\"";
  for (const char c : text) safe += c == '"' ? std::string("\"\"") : std::string(1, c);
  return safe + "\"";
}

std::string cell_of(const Json& value) {
  if (value.is_null()) return "";
  return quoted(plain_text(value));
}

/// Splits at commas outside of quotes and takes the quotes away.
std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> cells(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back().push_back('"');
      ++i;
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back().push_back(c);
    }
  }
  return cells;
}

std::size_t index_of(const std::vector<std::string>& columns, const std::string& column) {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) throw DataError("table: has no column '" + column + "'");
  return static_cast<std::size_t>(found - columns.begin());
}

}  // namespace

std::vector<std::string> CsvTable::texts(const std::string& column) const {
  const std::size_t index = index_of(columns, column);
  std::vector<std::string> values;
  for (const std::vector<std::string>& row : rows) values.push_back(row[index]);
  return values;
}

std::vector<double> CsvTable::numbers(const std::string& column) const {
  std::vector<double> values;
  for (const std::string& text : texts(column)) {
    char* end = nullptr;
    values.push_back(std::strtod(text.c_str(), &end));
    if (text.empty() || *end != '\0') {
      std::string problem = "table: column '";
      problem.append(column).append("' has '").append(text).append("': must be numbers");
      throw DataError(problem);
    }
  }
  return values;
}

CsvTable parse_csv(const std::string& text, const std::string& where) {
  CsvTable table;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    ++line_number;
    if (line.empty()) continue;
    std::vector<std::string> cells = split_line(line);
    if (table.columns.empty()) {
      table.columns = std::move(cells);
    } else if (cells.size() == table.columns.size()) {
      table.rows.push_back(std::move(cells));
    } else {
      throw DataError(where + ": line " + std::to_string(line_number) + " has " +
                      std::to_string(cells.size()) + " values, must have " +
                      std::to_string(table.columns.size()));
    }
  }
  if (table.columns.empty()) throw DataError(where + ": empty; must have a line of column names");
  return table;
}

std::string csv_of(const Json& objects) {
  std::vector<std::string> columns;
  for (const Json& object : objects) {
    for (const auto& [key, value] : object.items()) {
      if (value.is_structured()) continue;
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
  }
  std::string csv;
  for (const std::string& column : columns) csv += (csv.empty() ? "" : ",") + quoted(column);
  csv += "\n";
  for (const Json& object : objects) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) line += ",";
      if (object.contains(columns[i])) line += cell_of(object[columns[i]]);
    }
    csv += line + "\n";
  }
  return csv;
}

}  // namespace ohmweave::report
