// SPDX-License-Identifier: Apache-2.0
#include "core/fields.h"

namespace ohmweave {

Fields& Fields::texts(std::string_view key, std::vector<std::string>& value,
                      std::string_view meaning) {
  if (mode_ == Mode::Write) {
    put(key) = value;
  } else if (mode_ == Mode::Schema) {
    Json& entry = describe(key, meaning);
    entry["type"] = "array";
    entry["items"]["type"] = "string";
    entry["default"] = value;
  } else if (const Json* given = take(key)) {
    if (!given->is_array()) {
      wrong_type(key, *given, "an array of strings");
      return *this;
    }
    value.assign(given->size(), "");
    for (std::size_t i = 0; i < given->size(); ++i) {
      if ((*given)[i].is_string()) {
        value[i] = (*given)[i].get<std::string>();
      } else {
        wrong_type(std::string(key) + "/" + std::to_string(i), (*given)[i], "a string");
      }
    }
  }
  return *this;
}

}  // namespace ohmweave
