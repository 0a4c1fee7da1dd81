// SPDX-License-Identifier: Apache-2.0
// Declarative config reading. An options struct S lists its fields once, in
//   void declare(Fields& f, S& s) { f.integer("bits", s.bits, {1, 16}, "what it means"); ... }
// and that one list reads JSON (every problem collected, none thrown early), writes the resolved
// JSON with every default, and writes the JSON Schema (draft-07).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ohmweave {

using Json = nlohmann::ordered_json;

/// Allowed integers: [low, high].
struct IntegerRange {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
};

/// Allowed numbers: [low, high], or without `low` itself. NaN and infinity are never allowed.
struct NumberRange {
  double low = std::numeric_limits<double>::lowest();
  double high = std::numeric_limits<double>::max();
  bool low_excluded = false;
};

constexpr NumberRange kPositive{0.0, std::numeric_limits<double>::max(), true};
constexpr NumberRange kNonNegative{0.0, std::numeric_limits<double>::max(), false};
constexpr NumberRange kFraction{0.0, 1.0, false};

/// One allowed word of an enumeration.
template <class E>
struct Choice {
  E value;
  std::string_view word;
  std::string_view meaning;
};

/// One allowed word of a table of implementations (devices, constraints, ...).
struct Word {
  std::string name;
  std::string summary;
};

class Fields {
 public:
  /// Reads `json` found at `pointer`; problems are appended to `problems`.
  static Fields reader(const Json& json, std::string pointer, std::vector<std::string>& problems);
  /// Writes values into `json` (made an object).
  static Fields writer(Json& json);
  /// Writes the draft-07 schema of the declared fields into `schema`.
  static Fields schema_writer(Json& schema);

  /// The next declared key must be present.
  Fields& required();

  Fields& integer(std::string_view key, std::int64_t& value, IntegerRange allowed,
                  std::string_view meaning);
  Fields& integer(std::string_view key, int& value, IntegerRange allowed, std::string_view meaning);
  Fields& integer(std::string_view key, std::uint64_t& value, std::string_view meaning);
  /// Absent or null stays empty.
  Fields& integer(std::string_view key, std::optional<int>& value, IntegerRange allowed,
                  std::string_view meaning);
  /// An integer, or the one `word`, which reads as empty.
  Fields& integer_or(std::string_view key, std::optional<int>& value, std::string_view word,
                     IntegerRange allowed, std::string_view meaning);
  Fields& number(std::string_view key, double& value, NumberRange allowed,
                 std::string_view meaning);
  Fields& number(std::string_view key, std::optional<double>& value, NumberRange allowed,
                 std::string_view meaning);
  Fields& numbers(std::string_view key, std::vector<double>& value, NumberRange allowed,
                  std::string_view meaning);
  Fields& boolean(std::string_view key, bool& value, std::string_view meaning);
  Fields& text(std::string_view key, std::string& value, std::string_view meaning);
  Fields& text(std::string_view key, std::optional<std::string>& value, std::string_view meaning);
  Fields& texts(std::string_view key, std::vector<std::string>& value, std::string_view meaning);
  /// A name out of a table of implementations.
  Fields& word(std::string_view key, std::string& value, const std::vector<Word>& table,
               std::string_view meaning);

  template <class E>
  Fields& choice(std::string_view key, E& value, std::initializer_list<Choice<E>> choices,
                 std::string_view meaning);

  /// A nested object; S has declare(Fields&, S&) found by argument-dependent lookup.
  template <class S>
  Fields& section(std::string_view key, S& value, std::string_view meaning);
  /// A nested object that may be absent or null; absent stays empty.
  template <class S>
  Fields& section(std::string_view key, std::optional<S>& value, std::string_view meaning);
  /// An array of objects.
  template <class S>
  Fields& list(std::string_view key, std::vector<S>& value, std::string_view meaning);

  /// A rule over several fields; a broken one is reported as "<pointer of this section>/key:
  /// message".
  Fields& rule(bool holds, std::string_view key, const std::string& message);

  [[nodiscard]] bool is_reading() const { return mode_ == Mode::Read; }
  /// True while reading a section in which `key` was given.
  [[nodiscard]] bool was_given(std::string_view key) const;
  /// The JSON pointer of this section.
  [[nodiscard]] const std::string& pointer() const { return pointer_; }

  /// Reports unknown keys; call after the last declaration. (read_config and section do.)
  void finish();

 private:
  enum class Mode { Read, Write, Schema };
  Fields(Mode mode, std::string pointer) : mode_(mode), pointer_(std::move(pointer)) {}

  /// What all single values have in common; `read` takes the JSON that was given, `describe_kind`
  /// adds type and limits to the schema entry.
  template <class T, class Read, class Describe>
  Fields& field(std::string_view key, const T& value, std::string_view meaning, Read read,
                Describe describe_kind);
  /// The same for a value that may be absent or null.
  template <class T, class Read, class Describe>
  Fields& optional_field(std::string_view key, const std::optional<T>& value,
                         std::string_view meaning, Read read, Describe describe_kind);

  /// Notes the key as known and returns its JSON, or null when absent (reported if required).
  const Json* take(std::string_view key);
  Json& put(std::string_view key);
  Json& describe(std::string_view key, std::string_view meaning);
  void problem(std::string_view key, const std::string& text);
  void wrong_type(std::string_view key, const Json& given, std::string_view expected);
  [[nodiscard]] std::string child_pointer(std::string_view key) const;
  bool read_integer(std::string_view key, const Json& given, IntegerRange allowed,
                    std::int64_t& value);
  bool read_number(std::string_view key, const Json& given, NumberRange allowed, double& value);
  void choose(std::string_view key, const std::vector<Word>& words, std::size_t& index,
              std::string_view meaning);

  Mode mode_;
  std::string pointer_;
  const Json* given_ = nullptr;
  Json* target_ = nullptr;
  std::vector<std::string>* problems_ = nullptr;
  std::vector<std::string> known_keys_;
  bool next_is_required_ = false;
};

/// Reads a whole struct; throws ConfigError with all problems. `pointer` prefixes them.
template <class S>
S read_config(const Json& json, const std::string& pointer = "");

/// The struct as JSON with every default written out.
template <class S>
Json write_config(const S& value);

/// The draft-07 JSON Schema of S.
template <class S>
Json schema_of();

/// The candidate nearest to `word` (edit distance), or "" when none is near.
[[nodiscard]] std::string nearest_word(std::string_view word,
                                       const std::vector<std::string>& candidates);

/// " = <value>: must be <expected>, is <what the value is>": follows the pointer of a wrong type.
[[nodiscard]] std::string type_problem(const Json& given, std::string_view expected);

/// Parses JSON; throws ConfigError (malformed: line and column; a key given twice).
[[nodiscard]] Json parse_json(const std::string& text, const std::string& where);
/// Parses a JSON file that a person wrote; throws DataError (missing) or as parse_json().
[[nodiscard]] Json parse_json_file(const std::string& path);
/// Parses a JSON file that an earlier step wrote; throws DataError (missing, torn or damaged).
[[nodiscard]] Json parse_artifact_file(const std::string& path);

}  // namespace ohmweave

#include "core/fields_inline.h"
