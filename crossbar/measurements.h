// SPDX-License-Identifier: Apache-2.0
// A user's table of measured conductances, as comma-separated text with a line of column names:
//   target_level or target_siemens   what the cell was programmed to: 0, 1, ... or a conductance
//   measured_siemens                 what was read
//   time_s                           age since programming, optional
//   cycle                            programming cycle, optional; 0 where there is no such column
// in any order. Empty lines and lines that start with # are skipped.
#pragma once

#include <string>
#include <vector>

namespace ohmweave::crossbar {

struct Measurement {
  double target = 0.0;  // a level, or siemens
  double measured_siemens = 0.0;
  double time_s = 0.0;  // 0 without a column time_s
  int cycle = 0;
  int line = 0;  // of the file, from 1
};

struct Measurements {
  std::string path;
  bool has_levels = false;  // targets are levels
  bool has_times = false;
  std::vector<Measurement> rows;
};

/// Throws DataError with the path, and for each of the first ten problems the line, what was given
/// and what is allowed.
[[nodiscard]] Measurements read_measurements(const std::string& path);

}  // namespace ohmweave::crossbar
