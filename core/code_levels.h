// SPDX-License-Identifier: Apache-2.0
// What the codes of a weight are read as, in units of the layer's scale: code c as c, or, where
// cells hold measured levels that are not evenly spaced, as the value that its cells conduct.
#pragma once

#include <cstdint>
#include <vector>

namespace ohmweave {

class CodeLevels {
 public:
  /// Codes 0 .. 2^weight_bits - 1; code -c is read as the negative of code c. `values`: one for
  /// each, the first 0, finite, none negative, not all 0; empty: every code as itself.
  explicit CodeLevels(int weight_bits, std::vector<double> values = {});

  /// Value of a code, 0 or greater.
  [[nodiscard]] double value(std::int32_t code) const {
    return values_.empty() ? code : values_[code];
  }
  /// The code (0 or greater) whose value is nearest; between two the greater value, of codes with
  /// the same value the least.
  [[nodiscard]] std::int32_t nearest_code(double magnitude) const;
  /// Of every code; empty: every code as itself.
  [[nodiscard]] const std::vector<double>& values() const { return values_; }
  [[nodiscard]] double largest_value() const { return largest_value_; }
  [[nodiscard]] std::int32_t largest_code() const { return largest_code_; }

 private:
  std::vector<double> values_;        // of each code
  std::vector<std::int32_t> rising_;  // codes by rising value, one for each different value
  std::vector<double> midpoints_;     // between the values of neighbours in rising_
  double largest_value_;
  std::int32_t largest_code_;
};

}  // namespace ohmweave
