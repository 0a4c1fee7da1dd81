// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

namespace ohmweave::report {
namespace {

constexpr int kSignificantDigits = 3;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Three significant digits of a number below 1000, zeros at the end kept.
std::string three_digits(double value) {
  if (value == 0.0) return "0";
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%#.3g", value);
  std::string digits = text.data();
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

struct UnitOfKey {
  const char* ending;
  const char* unit;
};
constexpr std::array<UnitOfKey, 6> kUnits = {{
    {"_w", "W"},
    {"_j", "J"},
    {"_s", "s"},
    {"_hz", "Hz"},
    {"_v", "V"},
    {"_siemens", "S"},
}};

}  // namespace

std::string fixed_text(double value, int num_decimals) {
  std::array<char, 400> text;  // the largest double has 309 digits
  std::snprintf(text.data(), text.size(), "%.*f", num_decimals, value);
  return text.data();
}

std::string short_number(double value, int num_digits) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*g", num_digits, value);
  return text.data();
}

std::string si_text(double value, const std::string& unit) {
  static constexpr std::array<const char*, 13> kPrefixes = {"a", "f", "p", "n", "µ", "m", "",
                                                            "k", "M", "G", "T", "P", "E"};
  constexpr int kNoPrefix = 6;
  if (value == 0.0) return "0 " + unit;
  if (!std::isfinite(value)) return short_number(value, kSignificantDigits) + " " + unit;
  // Rounded first, so that 999.6 becomes 1.00 k and not 1000.
  std::array<char, 32> rounded;
  std::snprintf(rounded.data(), rounded.size(), "%.2e", std::abs(value));
  const double magnitude = std::strtod(rounded.data(), nullptr);
  const int decade = std::atoi(std::string(rounded.data()).substr(5).c_str());
  const int thousands = decade >= 0 ? decade / 3 : -((2 - decade) / 3);
  const int prefix = kNoPrefix + thousands;
  if (prefix < 0 || prefix >= static_cast<int>(kPrefixes.size())) {
    return short_number(value, kSignificantDigits) + " " + unit;
  }
  const double mantissa = magnitude / std::pow(10.0, 3 * thousands);
  return (value < 0.0 ? "-" : "") +
         fixed_text(mantissa, kSignificantDigits - 1 - (decade - 3 * thousands)) + " " +
         kPrefixes[static_cast<std::size_t>(prefix)] + unit;
}

std::string area_text(double value_m2) {
  constexpr double kMm2 = 1e-6;
  constexpr double kUm2 = 1e-12;
  const bool is_large = std::abs(value_m2) >= 0.01 * kMm2;
  const double scaled = value_m2 / (is_large ? kMm2 : kUm2);
  const std::string number =
      std::abs(scaled) >= 999.5 ? count_text(std::round(scaled)) : three_digits(scaled);
  return number + (is_large ? " mm²" : " µm²");
}

std::string percent_text(double fraction, int num_decimals) {
  return fixed_text(100.0 * fraction, num_decimals) + " %";
}

std::string ratio_text(double ratio) {
  return (ratio >= 100.0 ? count_text(std::round(ratio)) : short_number(ratio, 3)) + "x";
}

std::string count_text(double count) {
  std::string digits = fixed_text(std::abs(count), 0);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return (count < 0.0 ? "-" : "") + digits;
}

std::string spaced(const std::string& name) {
  // The abbreviations among the words of keys and parts, as the field writes them.
  static const std::map<std::string, std::string> abbreviations = {
      {"adc", "ADC"}, {"dac", "DAC"},   {"edap", "EDAP"}, {"edram", "eDRAM"}, {"io", "I/O"},
      {"mac", "MAC"}, {"macs", "MACs"}, {"sram", "SRAM"}, {"tops", "TOPS"},   {"vcd", "VCD"}};
  std::istringstream words(name);
  std::string text;
  for (std::string word; std::getline(words, word, '_');) {
    const auto found = abbreviations.find(word);
    text += (text.empty() ? "" : " ") + (found == abbreviations.end() ? word : found->second);
  }
  return text;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else if (c == '\'') {
      safe += "&#39;";
    } else {
      safe.push_back(c);
    }
  }
  return safe;
}

std::string plain_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

const Json& value_at(const Json& json, const std::string& pointer) {
  static const Json nothing;
  const Json::json_pointer path(pointer);
  return json.contains(path) ? json.at(path) : nothing;
}

std::optional<double> number_at(const Json& json, const std::string& pointer) {
  const Json& value = value_at(json, pointer);
  return value.is_number() ? std::optional<double>(value.get<double>()) : std::nullopt;
}

std::string text_at(const Json& json, const std::string& pointer) {
  const Json& value = value_at(json, pointer);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string figure_text(const std::string& key, double value) {
  if (key == "ops_per_second_per_m2") return si_text(value * 1e-6, "op/s/mm²");
  if (key == "ops_per_second") return si_text(value, "op/s");
  if (ends_with(key, "_m2")) return area_text(value);
  if (ends_with(key, "_fraction")) return percent_text(value, 2);
  if (ends_with(key, "_ratio")) return ratio_text(value);
  if (key == "ops_per_joule") return si_text(value, "op/J");
  if (key == "edap") return short_number(value, 3) + " J s m²";
  if (key.rfind("num_", 0) == 0 || ends_with(key, "_weights") || ends_with(key, "_bytes")) {
    return count_text(value);
  }
  for (const UnitOfKey& line : kUnits) {
    if (ends_with(key, line.ending)) return si_text(value, line.unit);
  }
  return std::abs(value) >= 10'000.0 && value == std::floor(value) ? count_text(value)
                                                                   : short_number(value, 5);
}

}  // namespace ohmweave::report
