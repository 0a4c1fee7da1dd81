// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/library.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/error.h"
#include "power_area/component_numbers.h"
#include "power_area/component_options.h"
#include "power_area/cost/scaling.h"

namespace ohmweave::power_area {

namespace {

[[noreturn]] void fail(const std::string& pointer, const std::string& text) {
  throw DataError(pointer + text);
}

std::string read_text(const Json& entry, const std::string& field, const std::string& pointer) {
  if (!entry.contains(field) || !entry.at(field).is_string() ||
      entry.at(field).get<std::string>().empty())
    fail(pointer, ": '" + field + "' must be a non-empty text");
  return entry.at(field).get<std::string>();
}

double read_number(const Json& entry, const std::string& field, const std::string& pointer) {
  if (!entry.contains(field) || !entry.at(field).is_number())
    fail(pointer, ": '" + field + "' must be a number");
  const auto value = entry.at(field).get<double>();
  if (!std::isfinite(value)) fail(pointer, ": '" + field + "' must be finite");
  return value;
}

std::string joined(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text += (text.empty() ? "" : ", ") + word.name;
  return text;
}

void check_word(const std::string& given, const std::vector<Word>& words, const std::string& what,
                const std::string& pointer) {
  const auto is_given = [&given](const Word& word) { return word.name == given; };
  if (std::none_of(words.begin(), words.end(), is_given))
    fail(pointer, ": unknown " + what + " '" + given + "'; allowed: " + joined(words));
}

const NumberKey& known_key(const std::string& name, const std::string& pointer) {
  const NumberKey* known = find_number_key(name);
  if (known != nullptr) return *known;
  std::vector<std::string> names;
  for (const NumberKey& key : number_keys()) names.push_back(key.name);
  const std::string nearest = nearest_word(name, names);
  fail(pointer, ": no component reads a number of this name" +
                    (nearest.empty() ? std::string() : "; nearest: " + nearest));
}

/// The number `key` found under `folder`; problems begin with <folder>/<key>.
Record read_record(const std::string& key, const Json& entry, const std::string& folder) {
  const std::string pointer = folder + "/" + key;
  const NumberKey& known = known_key(key, pointer);
  if (!entry.is_object()) fail(pointer, ": must be an object");
  Record record;
  record.value = read_number(entry, "value", pointer);
  record.unit = read_text(entry, "unit", pointer);
  if (const auto problem = number_problem(known, record.value, record.unit))
    fail(pointer,
         "/" + problem->field + " = " + entry.at(problem->field).dump() + ": " + problem->allowed);
  record.node_nm = read_number(entry, "node_nm", pointer);
  if (record.node_nm < 0.0) fail(pointer, ": 'node_nm' must be at least 0");
  record.source = read_text(entry, "source", pointer);
  record.status = read_text(entry, "status", pointer);
  check_word(record.status, status_words(), "status", pointer);
  if (entry.contains("note")) record.note = read_text(entry, "note", pointer);
  return record;
}

void check_node(const Json& json, const char* key, const std::string& where) {
  constexpr double kLeastNm = 1.0;
  constexpr double kMostNm = 10000.0;
  const bool is_number = json.contains(key) && json.at(key).is_number();
  const double nm = is_number ? json.at(key).get<double>() : 0.0;
  if (nm < kLeastNm || nm > kMostNm)
    throw DataError(where + ": a component library needs a number '" + key + "' in [1, 10000]");
}

bool is_covered(const ComponentLibrary& library, const std::vector<std::string>& group) {
  const auto has = [&library](const std::string& key) { return library.contains(key); };
  if (std::any_of(group.begin(), group.end(), has)) return true;
  const std::string& first = group.front();
  const auto& left_out = library.left_out();
  return std::any_of(left_out.begin(), left_out.end(), [&first](const auto& component) {
    return first.rfind(component.first + "_", 0) == 0;
  });
}

}  // namespace

ComponentLibrary::ComponentLibrary(const Json& json, const std::string& where) : where_(where) {
  if (!json.is_object() || !json.contains("numbers") || !json.at("numbers").is_object())
    throw DataError(where + ": a component library needs an object 'numbers'");
  if (!json.contains("name") || !json.at("name").is_string())
    throw DataError(where + ": a component library needs a text 'name'");
  check_node(json, "node_nm", where);
  name_ = json.at("name").get<std::string>();
  node_nm_ = json.at("node_nm").get<double>();
  for (const auto& [key, entry] : json.at("numbers").items())
    records_[key] = read_record(key, entry, where + ": /numbers");
  if (json.contains("leaves_out"))
    for (const auto& [component, why] : json.at("leaves_out").items()) {
      if (!why.is_string() || why.get<std::string>().empty())
        throw DataError(std::string(where).append(": /leaves_out/").append(component) +
                        ": must say why");
      left_out_[component] = why.get<std::string>();
    }
  if (json.contains("scaled_to_nm")) {
    check_node(json, "scaled_to_nm", where);
    *this = scaled_to(json.at("scaled_to_nm").get<double>());
  }
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
                                               const std::string& folder) const {
  ComponentLibrary changed = *this;
  changed.records_[key] = read_record(key, number, folder);
  for (auto left = changed.left_out_.begin(); left != changed.left_out_.end();)
    left = key.rfind(left->first + "_", 0) == 0 ? changed.left_out_.erase(left) : std::next(left);
  return changed;
}

ComponentLibrary ComponentLibrary::with_factors(
    const std::map<std::string, double>& factors) const {
  ComponentLibrary changed = *this;
  for (const auto& [key, factor] : factors) {
    OHMWEAVE_REQUIRE(changed.contains(key), "a factor on the unknown number " + key);
    Record& record = changed.records_[key];
    const bool is_share = find_number_key(key)->dimension == Dimension::Share;
    const double share = record.value * record.factor;
    record.factor *= is_share ? factor / (1.0 - share + share * factor) : factor;
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

std::string why_unread(const ComponentLibrary& library, const std::string& key) {
  const NumberKey* known = find_number_key(key);
  OHMWEAVE_REQUIRE(known != nullptr, "no number is called " + key);
  if (!known->taken_instead.empty())
    return "is part of a published table and changes no estimate; what is read is " +
           known->taken_instead;
  if (!known->partner.empty() && !library.contains(known->partner))
    return "is read only beside " + known->partner + ", which is missing";
  if (known->goes_after.empty()) return "";
  std::string before;
  for (const std::vector<std::string>& group : known->goes_after) {
    if (!is_covered(library, group)) return "";
    for (const std::string& other : group)
      if (library.contains(other) && before.find(other) == std::string::npos)
        before += (before.empty() ? "" : ", ") + other;
  }
  return "is not read: " + before + " of component library '" + library.name() + "' go before it";
}

ComponentLibrary load_component_library(const std::string& path) {
  return {parse_json_file(path), path};
}

}  // namespace ohmweave::power_area
