// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/library.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/error.h"
#include "power_area/component_options.h"
#include "power_area/cost/scaling.h"

namespace ohmweave::power_area {

namespace {

const std::map<std::string, double>& units() {
  static const std::map<std::string, double> factors = {
      {"1", 1.0},    {"F2", 1.0},   {"B", 1.0},   {"m2", 1.0},     {"mm2", 1e-6}, {"um2", 1e-12},
      {"W", 1.0},    {"mW", 1e-3},  {"uW", 1e-6}, {"nW", 1e-9},    {"J", 1.0},    {"nJ", 1e-9},
      {"pJ", 1e-12}, {"fJ", 1e-15}, {"s", 1.0},   {"us", 1e-6},    {"ns", 1e-9},  {"Hz", 1.0},
      {"MHz", 1e6},  {"GHz", 1e9},  {"m", 1.0},   {"um", 1e-6},    {"nm", 1e-9},  {"V", 1.0},
      {"F", 1.0},    {"fF", 1e-15}, {"F/m", 1.0}, {"fF/um", 1e-9}, {"ohm", 1.0},  {"B/s", 1.0},
      {"GB/s", 1e9}};
  return factors;
}

[[noreturn]] void fail(const std::string& where, const std::string& key, const std::string& text) {
  throw DataError(where + ": /numbers/" + key + ": " + text);
}

double read_number(const Json& entry, const char* field, const std::string& where,
                   const std::string& key) {
  if (!entry.contains(field) || !entry.at(field).is_number())
    fail(where, key, std::string("'") + field + "' must be a number");
  const double value = entry.at(field).get<double>();
  if (!std::isfinite(value) || value < 0.0)
    fail(where, key, std::string("'") + field + "' must be finite and >= 0");
  return value;
}

std::string read_text(const Json& entry, const char* field, const std::string& where,
                      const std::string& key) {
  if (!entry.contains(field) || !entry.at(field).is_string() ||
      entry.at(field).get<std::string>().empty())
    fail(where, key, std::string("'") + field + "' must be a non-empty text");
  return entry.at(field).get<std::string>();
}

std::string joined(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text += (text.empty() ? "" : ", ") + word.name;
  return text;
}

void check_word(const std::string& given, const std::vector<Word>& words, const std::string& what,
                const std::string& where, const std::string& key) {
  const auto is_given = [&given](const Word& word) { return word.name == given; };
  if (std::none_of(words.begin(), words.end(), is_given))
    fail(where, key, "unknown " + what + " '" + given + "'; allowed: " + joined(words));
}

void check_name(const std::string& where, const std::string& key) {
  std::vector<std::string> names;
  for (const Word& word : number_words()) {
    if (word.name == key) return;
    names.push_back(word.name);
  }
  const std::string nearest = nearest_word(key, names);
  fail(where, key,
       "no component reads a number of this name" +
           (nearest.empty() ? std::string() : "; nearest: " + nearest));
}

Record read_record(const Json& entry, const std::string& where, const std::string& key) {
  if (!entry.is_object()) fail(where, key, "must be an object");
  Record record;
  record.value = read_number(entry, "value", where, key);
  record.unit = read_text(entry, "unit", where, key);
  if (unit_factor(record.unit) == 0.0) {
    std::string known;
    for (const auto& [unit, factor] : units()) known += (known.empty() ? "" : ", ") + unit;
    fail(where, key, "unknown unit '" + record.unit + "'; allowed: " + known);
  }
  record.node_nm = read_number(entry, "node_nm", where, key);
  record.source = read_text(entry, "source", where, key);
  record.status = read_text(entry, "status", where, key);
  check_word(record.status, status_words(), "status", where, key);
  if (entry.contains("note")) record.note = read_text(entry, "note", where, key);
  return record;
}

}  // namespace

double unit_factor(const std::string& unit) {
  const auto found = units().find(unit);
  return found == units().end() ? 0.0 : found->second;
}

ComponentLibrary::ComponentLibrary(const Json& json, const std::string& where) : where_(where) {
  if (!json.is_object() || !json.contains("numbers") || !json.at("numbers").is_object())
    throw DataError(where + ": a component library needs an object 'numbers'");
  if (!json.contains("name") || !json.at("name").is_string())
    throw DataError(where + ": a component library needs a text 'name'");
  if (!json.contains("node_nm") || !json.at("node_nm").is_number())
    throw DataError(where + ": a component library needs a number 'node_nm'");
  name_ = json.at("name").get<std::string>();
  node_nm_ = json.at("node_nm").get<double>();
  for (const auto& [key, entry] : json.at("numbers").items()) {
    check_name(where, key);
    records_[key] = read_record(entry, where, key);
  }
  if (json.contains("leaves_out"))
    for (const auto& [component, why] : json.at("leaves_out").items()) {
      if (!why.is_string() || why.get<std::string>().empty())
        throw DataError(std::string(where).append(": /leaves_out/").append(component) +
                        ": must say why");
      left_out_[component] = why.get<std::string>();
    }
  if (json.contains("scaled_to_nm")) *this = scaled_to(json.at("scaled_to_nm").get<double>());
}

const Record& ComponentLibrary::record(const std::string& key) const {
  const auto found = records_.find(key);
  if (found == records_.end())
    throw ConfigError({"/chip/preset = \"" + name_ + "\": the component library " + where_ +
                       " has no number '" + key + "'"});
  return found->second;
}

double ComponentLibrary::si(const std::string& key) const {
  const Record& entry = record(key);
  return entry.value * entry.factor * unit_factor(entry.unit);
}

std::string ComponentLibrary::citation(const std::string& key) const {
  const Record& entry = record(key);
  std::ostringstream text;
  text << entry.source << " [" << key << ", ";
  if (entry.node_nm > 0.0) text << entry.node_nm << " nm, ";
  text << entry.status;
  if (!entry.rule.empty()) text << ", " << entry.rule;
  text << "]";
  return text.str();
}

ComponentLibrary ComponentLibrary::with_number(const std::string& key, const Json& number,
                                               const std::string& where) const {
  check_name(where, key);
  ComponentLibrary changed = *this;
  changed.records_[key] = read_record(number, where, key);
  for (auto left = changed.left_out_.begin(); left != changed.left_out_.end();)
    left = key.rfind(left->first + "_", 0) == 0 ? changed.left_out_.erase(left) : std::next(left);
  return changed;
}

ComponentLibrary ComponentLibrary::with_factors(
    const std::map<std::string, double>& factors) const {
  ComponentLibrary changed = *this;
  for (const auto& [key, factor] : factors) {
    OHMWEAVE_REQUIRE(changed.contains(key), "a factor on the unknown number " + key);
    changed.records_[key].factor *= factor;
  }
  return changed;
}

ComponentLibrary ComponentLibrary::scaled_to(double node_nm) const {
  ComponentLibrary moved = *this;
  for (auto& [key, record] : moved.records_) {
    const double factor = scaling_factor(record.unit, record.node_nm, node_nm);
    if (factor == 1.0) continue;
    std::ostringstream rule;
    rule << "x " << factor << " to " << node_nm << " nm (" << kScalingSource << ")";
    record.factor *= factor;
    record.rule = rule.str();
    record.node_nm = node_nm;
  }
  moved.node_nm_ = node_nm;
  return moved;
}

ComponentLibrary load_component_library(const std::string& path) {
  return {parse_json_file(path), path};
}

}  // namespace ohmweave::power_area
