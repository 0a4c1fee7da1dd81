// SPDX-License-Identifier: Apache-2.0
// A component library: published numbers by name, each with its unit, node, source and status.
// Replace any of them by a JSON file of the same form from your own synthesis (/chip/components),
// or move all of them to another node (scaling.h).
#pragma once

#include <map>
#include <string>

#include "core/fields.h"

namespace ohmweave::power_area {

/// One published number, in the unit it was published in.
struct Record {
  double value = 0.0;
  std::string unit;
  double node_nm = 0.0;  // 0: of no node
  std::string source;
  std::string status;  // seen, from_memory, measured_here, derived, assumed
  std::string note;
  double factor = 1.0;  // from the published value to the one in use; not 1 where it was moved
  std::string rule;     // what the factor is, empty where it is 1
};

class ComponentLibrary {
 public:
  /// Empty: every look-up fails.
  ComponentLibrary() = default;
  /// {"name", "source", "node_nm", "numbers": {name: {value, unit, node_nm, source, status, note}},
  /// "leaves_out": {component: why}}. `where` names the source in error texts. With "scaled_to_nm"
  /// all numbers are moved there. Throws DataError naming the entry that is incomplete, of an
  /// unknown name or status, or of a unit or value that its name does not allow
  /// (component_numbers.h).
  ComponentLibrary(const Json& json, const std::string& where);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::map<std::string, Record>& records() const { return records_; }
  /// Throws ConfigError naming the library and the number it lacks.
  [[nodiscard]] const Record& record(const std::string& key) const;
  [[nodiscard]] bool contains(const std::string& key) const { return records_.count(key) > 0; }
  /// The number in SI units (m2, W, J, s, Hz, m, F, V; counts and F2 as they are).
  [[nodiscard]] double si(const std::string& key) const;
  /// "<source> [<key>, <node> nm, <status>]", with the rule where the number was moved.
  [[nodiscard]] std::string citation(const std::string& key) const;
  /// The technology its numbers are meant for.
  [[nodiscard]] double node_nm() const { return node_nm_; }

  /// Components that the library says it has no numbers for, and why. A chip is billed without
  /// them and says so; a component that is neither here nor there is an error.
  [[nodiscard]] const std::map<std::string, std::string>& left_out() const { return left_out_; }
  [[nodiscard]] bool leaves_out(const std::string& component) const {
    return left_out_.count(component) > 0;
  }

  /// This library with one number replaced or added, as read from `number` at <folder>/<key>. The
  /// component that the number belongs to is then no longer left out. Throws DataError.
  [[nodiscard]] ComponentLibrary with_number(const std::string& key, const Json& number,
                                             const std::string& folder) const;
  /// This library with numbers times a factor of their own; for sensitivity analyses. A share that
  /// stays below 1 has its odds multiplied: s f / (1 - s + s f).
  [[nodiscard]] ComponentLibrary with_factors(const std::map<std::string, double>& factors) const;
  /// This library with its numbers moved to another node by the rules of scaling.h.
  [[nodiscard]] ComponentLibrary scaled_to(double node_nm) const;

 private:
  std::string name_ = "(none)";
  std::string where_ = "(none)";
  double node_nm_ = 0.0;
  std::map<std::string, Record> records_;
  std::map<std::string, std::string> left_out_;
};

/// Reads a library file. Throws DataError.
[[nodiscard]] ComponentLibrary load_component_library(const std::string& path);

/// Why no estimate with this library reads its number `key`: it is published only, or others go
/// before it, or its partner is missing (component_numbers.h). Empty: it is read, if the rest of
/// the config asks for its component.
[[nodiscard]] std::string why_unread(const ComponentLibrary& library, const std::string& key);

}  // namespace ohmweave::power_area
