// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. Files hold SI units; prefixes appear only in text made here.
#pragma once

#include <optional>
#include <string>

#include "core/fields.h"

namespace ohmweave::report {

/// Three significant digits with an SI prefix: si_text(0.00321, "W") = "3.21 mW"; "0 W" for 0.
[[nodiscard]] std::string si_text(double value, const std::string& unit);
/// Areas in mm² (from 0.01 mm² up) or µm².
[[nodiscard]] std::string area_text(double value_m2);
/// percent_text(0.9912, 2) = "99.12 %".
[[nodiscard]] std::string percent_text(double fraction, int num_decimals);
/// "60.3x"; three significant digits, whole numbers from 100 up.
[[nodiscard]] std::string ratio_text(double ratio);
/// 430500 = "430,500".
[[nodiscard]] std::string count_text(double count);
/// At most `num_digits` significant digits, no exponent between 1e-4 and 1e6.
[[nodiscard]] std::string short_number(double value, int num_digits);
/// A number with a fixed count of decimals.
[[nodiscard]] std::string fixed_text(double value, int num_decimals);
/// A key or a part's name as words: spaced("edram_buffer") = "eDRAM buffer".
[[nodiscard]] std::string spaced(const std::string& name);
/// &, <, >, " and ' as HTML entities.
[[nodiscard]] std::string escaped(const std::string& text);

/// The number at `pointer`, or nothing where it is absent or null.
[[nodiscard]] std::optional<double> number_at(const Json& json, const std::string& pointer);
/// The text at `pointer`, or "".
[[nodiscard]] std::string text_at(const Json& json, const std::string& pointer);
/// A text without its quotes, anything else as JSON.
[[nodiscard]] std::string plain_text(const Json& value);
/// The value at `pointer`, or null.
[[nodiscard]] const Json& value_at(const Json& json, const std::string& pointer);

/// A figure in the unit that its key ends in ("area_m2", "energy_j", "mean_fraction", ...).
[[nodiscard]] std::string figure_text(const std::string& key, double value);

}  // namespace ohmweave::report
