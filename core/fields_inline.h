// SPDX-License-Identifier: Apache-2.0
// Template members of core/fields.h.
#pragma once

#include "core/error.h"
#include "core/fields.h"

namespace ohmweave {

template <class E>
Fields& Fields::choice(std::string_view key, E& value, std::initializer_list<Choice<E>> choices,
                       std::string_view meaning) {
  std::vector<Word> words;
  std::size_t index = choices.size();
  for (const Choice<E>& candidate : choices) {
    if (candidate.value == value) index = words.size();
    words.push_back({std::string(candidate.word), std::string(candidate.meaning)});
  }
  OHMWEAVE_REQUIRE(index < words.size(), "default of '" + std::string(key) + "' is no choice");
  choose(key, words, index, meaning);
  value = (choices.begin() + index)->value;
  return *this;
}

template <class S>
Fields& Fields::section(std::string_view key, S& value, std::string_view meaning) {
  if (mode_ == Mode::Read) {
    const Json* given = take(key);
    if (given == nullptr) return *this;
    if (!given->is_object()) {
      wrong_type(key, *given, "an object");
      return *this;
    }
    Fields inner = reader(*given, child_pointer(key), *problems_);
    declare(inner, value);
    inner.finish();
  } else if (mode_ == Mode::Write) {
    Fields inner = writer(put(key));
    declare(inner, value);
  } else {
    Fields inner = schema_writer(describe(key, meaning));
    declare(inner, value);
  }
  return *this;
}

template <class S>
Fields& Fields::section(std::string_view key, std::optional<S>& value, std::string_view meaning) {
  if (mode_ == Mode::Read) {
    const Json* given = take(key);
    if (given == nullptr || given->is_null()) return *this;
    value.emplace();
    known_keys_.pop_back();
    return section(key, *value, meaning);
  }
  if (mode_ == Mode::Write) return value ? section(key, *value, meaning) : *this;
  S example;
  return section(key, example, meaning);
}

template <class S>
Fields& Fields::list(std::string_view key, std::vector<S>& value, std::string_view meaning) {
  if (mode_ == Mode::Schema) {
    Json& entry = describe(key, meaning);
    entry["type"] = "array";
    S example;
    Fields inner = schema_writer(entry["items"]);
    declare(inner, example);
    return *this;
  }
  if (mode_ == Mode::Write) {
    Json& target = put(key);
    target = Json::array();
    for (S& element : value) {
      Json item;
      Fields inner = writer(item);
      declare(inner, element);
      target.push_back(std::move(item));
    }
    return *this;
  }
  const Json* given = take(key);
  if (given == nullptr) return *this;
  if (!given->is_array()) {
    wrong_type(key, *given, "an array of objects");
    return *this;
  }
  value.clear();
  for (std::size_t i = 0; i < given->size(); ++i) {
    const Json& item = (*given)[i];
    value.emplace_back();
    const std::string item_key = std::string(key) + "/" + std::to_string(i);
    if (!item.is_object()) {
      wrong_type(item_key, item, "an object");
      continue;
    }
    Fields inner = reader(item, pointer_ + "/" + item_key, *problems_);
    declare(inner, value.back());
    inner.finish();
  }
  return *this;
}

template <class S>
S read_config(const Json& json, const std::string& pointer) {
  std::vector<std::string> problems;
  S value;
  if (!json.is_object())
    throw ConfigError({(pointer.empty() ? "/" : pointer) + type_problem(json, "an object")});
  Fields fields = Fields::reader(json, pointer, problems);
  declare(fields, value);
  fields.finish();
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return value;
}

template <class S>
Json write_config(const S& value) {
  Json json;
  S copy = value;
  Fields fields = Fields::writer(json);
  declare(fields, copy);
  return json;
}

template <class S>
Json schema_of() {
  Json schema;
  S example;
  Fields fields = Fields::schema_writer(schema);
  declare(fields, example);
  return schema;
}

}  // namespace ohmweave
