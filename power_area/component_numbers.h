// SPDX-License-Identifier: Apache-2.0
// The one table of component numbers: every name that a component library or /chip/components may
// have, what it means, its dimension (which sets its units), the values that it may take, and
// whether any model reads it. Ranges are wide enough for any real circuit and keep every cost
// finite and every time positive.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ohmweave::power_area {

enum class Dimension {
  Area,
  CellArea,  // in squared features
  Power,
  Energy,
  Time,
  Rate,
  ByteRate,
  Length,
  Voltage,
  Capacitance,
  LineCapacitance,  // per length
  Bytes,
  Count,
  Bits,   // a whole number of them
  Share,  // of a whole: below 1
  Ratio   // of two amounts: may be above 1
};

/// The values of a dimension or a number, in SI.
struct SiRange {
  double low = 0.0;
  double high = 1.0;
  bool low_excluded = false;
  bool high_excluded = false;
};

struct NumberKey {
  std::string name;
  std::string summary;
  Dimension dimension = Dimension::Ratio;
  SiRange allowed;
  /// What the model takes in place of it, where it reads it nowhere: such a number is part of a
  /// published table and adds up to published totals. Empty: a model reads it.
  std::string taken_instead;
  /// Numbers that go before it. It is read unless the library has one of each of these groups.
  std::vector<std::vector<std::string>> goes_after;
  /// It is read only beside this one; empty: alone.
  std::string partner;
};

[[nodiscard]] const std::vector<NumberKey>& number_keys();
/// Null for an unknown name.
[[nodiscard]] const NumberKey* find_number_key(const std::string& name);

/// The most converter bits that a library may have numbers for.
constexpr int kMostAdcBits = 16;

/// Factor from a unit to SI; 0 for an unknown unit.
[[nodiscard]] double unit_factor(const std::string& unit);
/// "an area in m2, mm2 or um2".
[[nodiscard]] std::string dimension_text(Dimension dimension);

/// What is wrong with a number: at which of its fields, and what is allowed there.
struct NumberProblem {
  std::string field;  // unit or value
  std::string allowed;
};
/// Whether a finite value in this unit may stand for the number; empty where it may.
[[nodiscard]] std::optional<NumberProblem> number_problem(const NumberKey& key, double value,
                                                          const std::string& unit);

}  // namespace ohmweave::power_area
