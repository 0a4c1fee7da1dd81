// SPDX-License-Identifier: Apache-2.0
// JSON text and files, from people and from earlier steps.
#include <set>
#include <utility>

#include "core/artifact.h"
#include "core/error.h"
#include "core/fields.h"

namespace ohmweave {

Json parse_json(const std::string& text, const std::string& where) {
  std::vector<std::set<std::string>> keys_of_open_objects;
  std::vector<std::string> problems;
  const auto note_duplicates = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys_of_open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) keys_of_open_objects.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys_of_open_objects.back().insert(parsed.get<std::string>()).second) {
      problems.push_back(where + ": key " + parsed.dump() + " is given twice in one object");
    }
    return true;
  };
  Json json;
  try {
    json = Json::parse(text, note_duplicates);
  } catch (const Json::exception& e) {
    const std::string what = e.what();  // "[json.exception.parse_error.101] parse error at ..."
    throw ConfigError({where + ": " + what.substr(what.find("] ") + 2)});
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return json;
}

Json parse_json_file(const std::string& path) { return parse_json(read_file(path), path); }

Json parse_artifact_file(const std::string& path) {
  try {
    return parse_json_file(path);
  } catch (const ConfigError& e) {  // a file of ours, not the user's config
    throw DataError(e.what());
  }
}

}  // namespace ohmweave
