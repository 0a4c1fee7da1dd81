// SPDX-License-Identifier: Apache-2.0
// Comma-separated tables with one line of column names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/fields.h"

namespace ohmweave::report {

struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // each as long as `columns`

  /// Values of one column; throws DataError when there is none.
  [[nodiscard]] std::vector<std::string> texts(const std::string& column) const;
  /// As numbers; throws DataError where one is not.
  [[nodiscard]] std::vector<double> numbers(const std::string& column) const;
};

/// Throws DataError naming `where` and the line of a row with too many or too few values.
[[nodiscard]] CsvTable parse_csv(const std::string& text, const std::string& where);

/// Objects as rows: columns are all keys with plain values, in order of first appearance; absent
/// and null values stay empty. Values with commas, quotes or line ends are quoted (rfc_4180).
[[nodiscard]] std::string csv_of(const Json& objects);

}  // namespace ohmweave::report
