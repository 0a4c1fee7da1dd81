// SPDX-License-Identifier: Apache-2.0
#include "core/fields.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <utility>

#include "core/error.h"

namespace ohmweave {
namespace {

std::string shown(const Json& value) {
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::size_t kLongest = 60;
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

/// What a value is, as the end of a sentence ("..., is a string").
std::string kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "true or false";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::number_integer:
      return value.get<std::int64_t>() < 0 ? "a negative integer" : "an integer";
    case Json::value_t::number_unsigned:
      return "an integer";
    case Json::value_t::number_float:
      return "a decimal number";
    default:
      return "unreadable";
  }
}

std::string shown(double value) {
  std::ostringstream out;
  out.precision(12);
  out << value;
  return out.str();
}

bool is_bounded_below(const NumberRange& r) {
  return r.low > std::numeric_limits<double>::lowest();
}
bool is_bounded_above(const NumberRange& r) { return r.high < std::numeric_limits<double>::max(); }

std::string range_text(const NumberRange& r) {
  if (!is_bounded_below(r) && !is_bounded_above(r)) return "must be a finite number";
  const std::string low = (r.low_excluded ? "(" : "[") + shown(r.low);
  if (is_bounded_below(r) && is_bounded_above(r)) {
    return "must be in " + low + ", " + shown(r.high) + "]";
  }
  if (is_bounded_below(r)) {
    return std::string("must be ") + (r.low_excluded ? "greater than " : "at least ") +
           shown(r.low);
  }
  return "must be at most " + shown(r.high);
}

std::string range_text(const IntegerRange& r) {
  const bool below = r.low > std::numeric_limits<std::int64_t>::min();
  const bool above = r.high < std::numeric_limits<std::int64_t>::max();
  if (below && above) {
    return "must be in [" + std::to_string(r.low) + ", " + std::to_string(r.high) + "]";
  }
  if (below) return "must be at least " + std::to_string(r.low);
  if (above) return "must be at most " + std::to_string(r.high);
  return "must be an integer";
}

bool contains(const NumberRange& r, double x) {
  return std::isfinite(x) && x <= r.high && (r.low_excluded ? x > r.low : x >= r.low);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char letter : a) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (letter == b[j] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void describe_number(Json& entry, const NumberRange& r) {
  entry["type"] = "number";
  if (is_bounded_below(r)) entry[r.low_excluded ? "exclusiveMinimum" : "minimum"] = r.low;
  if (is_bounded_above(r)) entry["maximum"] = r.high;
}

void describe_integer(Json& entry, const IntegerRange& r) {
  entry["type"] = "integer";
  if (r.low > std::numeric_limits<std::int64_t>::min()) entry["minimum"] = r.low;
  if (r.high < std::numeric_limits<std::int64_t>::max()) entry["maximum"] = r.high;
}

/// Numbers, words and lists of them say what was wrong; whole objects would drown it.
std::string shown_if_short(const Json& object, std::string_view key) {
  const Json::json_pointer part("/" + std::string(key));
  if (!object.contains(part)) return "";
  const Json& value = object[part];
  const bool is_short =
      !value.is_object() && std::none_of(value.begin(), value.end(),
                                         [](const Json& item) { return item.is_structured(); });
  return is_short ? " = " + shown(value) : "";
}

}  // namespace

std::string type_problem(const Json& given, std::string_view expected) {
  return " = " + shown(given) + ": must be " + std::string(expected) + ", is " + kind_of(given);
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

Fields Fields::reader(const Json& json, std::string pointer, std::vector<std::string>& problems) {
  Fields fields(Mode::Read, std::move(pointer));
  fields.given_ = &json;
  fields.problems_ = &problems;
  return fields;
}

Fields Fields::writer(Json& json) {
  Fields fields(Mode::Write, "");
  json = Json::object();
  fields.target_ = &json;
  return fields;
}

Fields Fields::schema_writer(Json& schema) {
  Fields fields(Mode::Schema, "");
  schema["type"] = "object";
  schema["additionalProperties"] = false;
  schema["properties"] = Json::object();
  fields.target_ = &schema;
  return fields;
}

Fields& Fields::required() {
  next_is_required_ = true;
  return *this;
}

std::string Fields::child_pointer(std::string_view key) const {
  return pointer_ + "/" + std::string(key);
}

void Fields::problem(std::string_view key, const std::string& text) {
  problems_->push_back(child_pointer(key) + text);
}

void Fields::wrong_type(std::string_view key, const Json& given, std::string_view expected) {
  problem(key, type_problem(given, expected));
}

const Json* Fields::take(std::string_view key) {
  known_keys_.emplace_back(key);
  const bool is_required = std::exchange(next_is_required_, false);
  const auto found = given_->find(std::string(key));
  if (found != given_->end()) return &*found;
  if (is_required) problem(key, ": is missing");
  return nullptr;
}

Json& Fields::put(std::string_view key) {
  next_is_required_ = false;
  return (*target_)[std::string(key)];
}

Json& Fields::describe(std::string_view key, std::string_view meaning) {
  if (std::exchange(next_is_required_, false)) (*target_)["required"].push_back(std::string(key));
  Json& entry = (*target_)["properties"][std::string(key)];
  entry["description"] = std::string(meaning);
  return entry;
}

template <class T, class Read, class Describe>
Fields& Fields::field(std::string_view key, const T& value, std::string_view meaning, Read read,
                      Describe describe_kind) {
  if (mode_ == Mode::Write) {
    put(key) = value;
  } else if (mode_ == Mode::Schema) {
    Json& entry = describe(key, meaning);
    describe_kind(entry);
    entry["default"] = value;
  } else if (const Json* given = take(key)) {
    read(*given);
  }
  return *this;
}

template <class T, class Read, class Describe>
Fields& Fields::optional_field(std::string_view key, const std::optional<T>& value,
                               std::string_view meaning, Read read, Describe describe_kind) {
  if (mode_ == Mode::Write) {
    next_is_required_ = false;
    if (value) put(key) = *value;
  } else if (mode_ == Mode::Schema) {
    describe_kind(describe(key, meaning));
  } else if (const Json* given = take(key); given != nullptr && !given->is_null()) {
    read(*given);
  }
  return *this;
}

bool Fields::was_given(std::string_view key) const {
  return mode_ == Mode::Read && given_->contains(std::string(key));
}

bool Fields::read_integer(std::string_view key, const Json& given, IntegerRange allowed,
                          std::int64_t& value) {
  if (!given.is_number_integer()) {
    wrong_type(key, given, "an integer");
    return false;
  }
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool is_too_large = given.is_number_unsigned() && given.get<std::uint64_t>() > kLargest;
  const std::int64_t read = is_too_large ? 0 : given.get<std::int64_t>();
  if (is_too_large || read < allowed.low || read > allowed.high) {
    problem(key, " = " + shown(given) + ": " + range_text(allowed));
    return false;
  }
  value = read;
  return true;
}

bool Fields::read_number(std::string_view key, const Json& given, NumberRange allowed,
                         double& value) {
  if (!given.is_number()) {
    wrong_type(key, given, "a number");
    return false;
  }
  const auto read = given.get<double>();
  if (!contains(allowed, read)) {
    problem(key, " = " + shown(given) + ": " + range_text(allowed));
    return false;
  }
  value = read;
  return true;
}

Fields& Fields::integer(std::string_view key, std::int64_t& value, IntegerRange allowed,
                        std::string_view meaning) {
  return field(
      key, value, meaning, [&](const Json& given) { read_integer(key, given, allowed, value); },
      [&](Json& entry) { describe_integer(entry, allowed); });
}

Fields& Fields::integer(std::string_view key, int& value, IntegerRange allowed,
                        std::string_view meaning) {
  allowed.low = std::max<std::int64_t>(allowed.low, std::numeric_limits<int>::min());
  allowed.high = std::min<std::int64_t>(allowed.high, std::numeric_limits<int>::max());
  std::int64_t wide = value;
  integer(key, wide, allowed, meaning);
  value = static_cast<int>(wide);
  return *this;
}

Fields& Fields::integer(std::string_view key, std::uint64_t& value, std::string_view meaning) {
  return field(
      key, value, meaning,
      [&](const Json& given) {
        if (given.is_number_unsigned()) {
          value = given.get<std::uint64_t>();
        } else {
          wrong_type(key, given, "an integer that is not negative");
        }
      },
      [](Json& entry) {
        describe_integer(entry, {0, std::numeric_limits<std::int64_t>::max()});
      });
}

Fields& Fields::integer(std::string_view key, std::optional<int>& value, IntegerRange allowed,
                        std::string_view meaning) {
  return optional_field(
      key, value, meaning,
      [&](const Json& given) {
        std::int64_t wide = 0;
        if (read_integer(key, given, allowed, wide)) value = static_cast<int>(wide);
      },
      [&](Json& entry) { describe_integer(entry, allowed); });
}

Fields& Fields::integer_or(std::string_view key, std::optional<int>& value, std::string_view word,
                           IntegerRange allowed, std::string_view meaning) {
  const Json shown_value = value ? Json(*value) : Json(std::string(word));
  return field(
      key, shown_value, meaning,
      [&](const Json& given) {
        const std::string expected = "an integer or \"" + std::string(word) + "\"";
        std::int64_t wide = 0;
        if (given.is_number_integer()) {
          if (read_integer(key, given, allowed, wide)) value = static_cast<int>(wide);
        } else if (given == word) {
          value.reset();
        } else if (given.is_string()) {
          problem(key, " = " + shown(given) + ": must be " + expected);
        } else {
          wrong_type(key, given, expected);
        }
      },
      [&](Json& entry) {
        Json number;
        describe_integer(number, allowed);
        Json fixed;
        fixed["const"] = std::string(word);
        entry["anyOf"] = Json::array({std::move(number), std::move(fixed)});
      });
}

Fields& Fields::number(std::string_view key, double& value, NumberRange allowed,
                       std::string_view meaning) {
  return field(
      key, value, meaning, [&](const Json& given) { read_number(key, given, allowed, value); },
      [&](Json& entry) { describe_number(entry, allowed); });
}

Fields& Fields::number(std::string_view key, std::optional<double>& value, NumberRange allowed,
                       std::string_view meaning) {
  return optional_field(
      key, value, meaning,
      [&](const Json& given) {
        double read = 0.0;
        if (read_number(key, given, allowed, read)) value = read;
      },
      [&](Json& entry) { describe_number(entry, allowed); });
}

Fields& Fields::numbers(std::string_view key, std::vector<double>& value, NumberRange allowed,
                        std::string_view meaning) {
  return field(
      key, value, meaning,
      [&](const Json& given) {
        if (!given.is_array()) return wrong_type(key, given, "an array of numbers");
        value.assign(given.size(), 0.0);
        for (std::size_t i = 0; i < given.size(); ++i) {
          read_number(std::string(key) + "/" + std::to_string(i), given[i], allowed, value[i]);
        }
      },
      [&](Json& entry) {
        entry["type"] = "array";
        describe_number(entry["items"], allowed);
      });
}

Fields& Fields::boolean(std::string_view key, bool& value, std::string_view meaning) {
  return field(
      key, value, meaning,
      [&](const Json& given) {
        if (!given.is_boolean()) return wrong_type(key, given, "true or false");
        value = given.get<bool>();
      },
      [](Json& entry) { entry["type"] = "boolean"; });
}

Fields& Fields::text(std::string_view key, std::string& value, std::string_view meaning) {
  return field(
      key, value, meaning,
      [&](const Json& given) {
        if (!given.is_string()) return wrong_type(key, given, "a string");
        value = given.get<std::string>();
      },
      [](Json& entry) { entry["type"] = "string"; });
}

Fields& Fields::text(std::string_view key, std::optional<std::string>& value,
                     std::string_view meaning) {
  return optional_field(
      key, value, meaning,
      [&](const Json& given) {
        if (!given.is_string()) return wrong_type(key, given, "a string");
        value = given.get<std::string>();
      },
      [](Json& entry) { entry["type"] = "string"; });
}

Fields& Fields::texts(std::string_view key, std::vector<std::string>& value,
                      std::string_view meaning) {
  return field(
      key, value, meaning,
      [&](const Json& given) {
        if (!given.is_array()) return wrong_type(key, given, "an array of strings");
        value.assign(given.size(), "");
        for (std::size_t i = 0; i < given.size(); ++i) {
          if (given[i].is_string()) {
            value[i] = given[i].get<std::string>();
          } else {
            wrong_type(std::string(key) + "/" + std::to_string(i), given[i], "a string");
          }
        }
      },
      [](Json& entry) {
        entry["type"] = "array";
        entry["items"]["type"] = "string";
      });
}

void Fields::choose(std::string_view key, const std::vector<Word>& words, std::size_t& index,
                    std::string_view meaning) {
  if (mode_ == Mode::Write) {
    put(key) = words[index].name;
    return;
  }
  if (mode_ == Mode::Schema) {
    std::string text(meaning);
    for (const Word& word : words) text += "; " + word.name + ": " + word.summary;
    Json& entry = describe(key, text);
    entry["enum"] = Json::array();
    for (const Word& word : words) entry["enum"].push_back(word.name);
    entry["default"] = words[index].name;
    return;
  }
  const Json* given = take(key);
  if (given == nullptr) return;
  std::vector<std::string> names;
  names.reserve(words.size());
  for (const Word& word : words) names.push_back(word.name);
  const auto found = given->is_string()
                         ? std::find(names.begin(), names.end(), given->get<std::string>())
                         : names.end();
  if (found != names.end()) {
    index = static_cast<std::size_t>(found - names.begin());
    return;
  }
  const std::string nearest =
      given->is_string() ? nearest_word(given->get<std::string>(), names) : "";
  problem(key, " = " + shown(*given) + ": must be one of: " + join(names) +
                   (nearest.empty() ? "" : "; nearest: " + nearest));
}

Fields& Fields::word(std::string_view key, std::string& value, const std::vector<Word>& table,
                     std::string_view meaning) {
  std::size_t index = 0;
  while (index < table.size() && table[index].name != value) ++index;
  OHMWEAVE_REQUIRE(index < table.size(),
                   "default of '" + std::string(key) + "' is not in its table");
  choose(key, table, index, meaning);
  value = table[index].name;
  return *this;
}

Fields& Fields::rule(bool holds, std::string_view key, const std::string& message) {
  if (mode_ != Mode::Read || holds) return *this;
  problem(key, shown_if_short(*given_, key) + ": " + message);
  return *this;
}

void Fields::finish() {
  if (mode_ != Mode::Read) return;
  for (const auto& [key, value] : given_->items()) {
    if (std::find(known_keys_.begin(), known_keys_.end(), key) != known_keys_.end()) continue;
    const std::string nearest = nearest_word(key, known_keys_);
    problems_->push_back((pointer_.empty() ? "/" : pointer_) + ": unknown key '" + key +
                         "'; allowed: " + join(known_keys_) +
                         (nearest.empty() ? "" : "; nearest: " + nearest));
  }
}

}  // namespace ohmweave
