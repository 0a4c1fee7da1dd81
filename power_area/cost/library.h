// SPDX-License-Identifier: Apache-2.0
// A component library: published numbers by name, each with its unit, node, source and status.
// Replace any of them by a JSON file of the same form from your own synthesis.
#pragma once

#include <map>
#include <string>

#include "core/fields.h"

namespace ohmweave::power_area {

/// One published number, in the unit it was published in.
struct Record {
  double value = 0.0;
  std::string unit;
  double node_nm = 0.0;
  std::string source;
  std::string status;  // seen, from_memory, measured_here, derived
  std::string note;
};

class ComponentLibrary {
 public:
  /// Empty: every look-up fails.
  ComponentLibrary() = default;
  /// `where` names the source in error texts. Throws DataError naming the entry that is incomplete,
  /// of an unknown unit, not finite or negative.
  ComponentLibrary(const Json& json, const std::string& where);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::map<std::string, Record>& records() const { return records_; }
  /// Throws ConfigError naming the library and the number it lacks.
  [[nodiscard]] const Record& record(const std::string& key) const;
  [[nodiscard]] bool contains(const std::string& key) const { return records_.count(key) > 0; }
  /// The number in SI units (m2, W, J, s, Hz, m; counts and F2 as they are).
  [[nodiscard]] double si(const std::string& key) const;
  /// "<source> [<key>, <node> nm, <status>]".
  [[nodiscard]] std::string citation(const std::string& key) const;

 private:
  std::string name_ = "(none)";
  std::string where_ = "(none)";
  std::map<std::string, Record> records_;
};

/// Reads a library file. Throws DataError.
[[nodiscard]] ComponentLibrary load_component_library(const std::string& path);

/// Factor from a unit to SI; 0 for an unknown unit.
[[nodiscard]] double unit_factor(const std::string& unit);

}  // namespace ohmweave::power_area
