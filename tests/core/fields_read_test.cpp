// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/fields.h"
#include "tests/core/sample_options.h"

namespace ohmweave {
namespace {

using sample::Named;
using sample::Options;
using sample::Shade;

std::vector<std::string> problems_of(const std::string& text, const std::string& pointer = "/o") {
  try {
    static_cast<void>(read_config<Options>(parse_json(text, "test"), pointer));
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

void expect_one_problem(const std::string& text, const std::string& expected) {
  const std::vector<std::string> problems = problems_of(text);
  ASSERT_EQ(problems.size(), 1U) << text;
  EXPECT_EQ(problems[0], expected);
}

TEST(FieldsReader, KeepsDefaultsOfAbsentKeys) {
  const Options o = read_config<Options>(Json::object());

  EXPECT_EQ(o.bits, 8);
  EXPECT_FALSE(o.rows.has_value());
  EXPECT_FALSE(o.extra.has_value());
  EXPECT_EQ(o.times_s, (std::vector<double>{0.0, 1.0}));
  EXPECT_EQ(o.inner.length_m, 0.5);
}

TEST(FieldsReader, ReadsEveryType) {
  const Options o = read_config<Options>(parse_json(
      R"({"bits": 4, "rows": 64, "codes": 9, "seed": 18446744073709551615, "share_fraction": 1,
          "limit_v": 0.2, "times_s": [1, 2.5], "is_on": false, "path": "p", "note": "n",
          "layers": ["conv*", "fc1"], "kind": "square", "shade": "dark", "inner": {"length_m": 2},
          "extra": {}, "parts": [{"length_m": 3}, {}]})",
      "test"));

  EXPECT_EQ(o.bits, 4);
  EXPECT_EQ(o.rows, 64);
  EXPECT_EQ(o.codes, 9);
  EXPECT_EQ(o.seed, 18446744073709551615ULL);
  EXPECT_EQ(o.share_fraction, 1.0);
  EXPECT_EQ(o.limit_v, 0.2);
  EXPECT_EQ(o.times_s, (std::vector<double>{1.0, 2.5}));
  EXPECT_FALSE(o.is_on);
  EXPECT_EQ(o.path, "p");
  EXPECT_EQ(o.note, "n");
  EXPECT_EQ(o.layers, (std::vector<std::string>{"conv*", "fc1"}));
  EXPECT_EQ(o.kind, "square");
  EXPECT_EQ(o.shade, Shade::Dark);
  EXPECT_EQ(o.inner.length_m, 2.0);
  ASSERT_TRUE(o.extra.has_value());
  EXPECT_EQ(o.extra->length_m, 0.5);
  ASSERT_EQ(o.parts.size(), 2U);
  EXPECT_EQ(o.parts[0].length_m, 3.0);
  EXPECT_EQ(o.parts[1].length_m, 0.5);
}

TEST(FieldsReader, ReadsTheWordAndNullAsEmpty) {
  const Options o = read_config<Options>(
      parse_json(R"({"codes": "lossless", "rows": null, "limit_v": null, "extra": null})", "test"));

  EXPECT_FALSE(o.codes.has_value());
  EXPECT_FALSE(o.rows.has_value());
  EXPECT_FALSE(o.limit_v.has_value());
  EXPECT_FALSE(o.extra.has_value());
}

TEST(FieldsReader, NamesTheNearestKeyOfAnUnknownOne) {
  const std::vector<std::string> problems = problems_of(R"({"inner": {"lenght_m": 1}})");

  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0], "/o/inner: unknown key 'lenght_m'; allowed: length_m; nearest: length_m");
}

TEST(FieldsReader, NamesNoNearestKeyWhenNoneIsNear) {
  expect_one_problem(R"({"inner": {"colour": 1}})",
                     "/o/inner: unknown key 'colour'; allowed: length_m");
}

TEST(FieldsReader, ReportsWrongTypes) {
  expect_one_problem(R"({"bits": "8"})", "/o/bits = \"8\": must be an integer, is a string");
  expect_one_problem(R"({"bits": 8.5})", "/o/bits = 8.5: must be an integer, is a decimal number");
  expect_one_problem(R"({"is_on": 1})", "/o/is_on = 1: must be true or false, is an integer");
  expect_one_problem(R"({"path": null})", "/o/path = null: must be a string, is null");
  expect_one_problem(R"({"times_s": 3})",
                     "/o/times_s = 3: must be an array of numbers, is an integer");
  expect_one_problem(R"({"times_s": [0, "1"]})",
                     "/o/times_s/1 = \"1\": must be a number, is a string");
  expect_one_problem(R"({"layers": [1]})", "/o/layers/0 = 1: must be a string, is an integer");
  expect_one_problem(R"({"layers": "a"})",
                     "/o/layers = \"a\": must be an array of strings, is a string");
  expect_one_problem(R"({"inner": []})", "/o/inner = []: must be an object, is an array");
  expect_one_problem(R"({"parts": {}})",
                     "/o/parts = {}: must be an array of objects, is an object");
  expect_one_problem(R"({"parts": [{}, 1]})", "/o/parts/1 = 1: must be an object, is an integer");
  expect_one_problem(
      R"({"seed": -1})",
      "/o/seed = -1: must be an integer that is not negative, is a negative integer");
}

TEST(FieldsReader, ReportsWhatIsOutOfRange) {
  expect_one_problem(R"({"bits": 0})", "/o/bits = 0: must be in [1, 16]");
  expect_one_problem(R"({"bits": 17})", "/o/bits = 17: must be in [1, 16]");
  expect_one_problem(R"({"codes": 99})", "/o/codes = 99: must be in [1, 16]");
  expect_one_problem(R"({"codes": [8]})",
                     "/o/codes = [8]: must be an integer or \"lossless\", is an array");
  expect_one_problem(R"({"codes": "all"})",
                     "/o/codes = \"all\": must be an integer or \"lossless\"");
  expect_one_problem(R"({"bits": 9223372036854775808})",
                     "/o/bits = 9223372036854775808: must be in [1, 16]");
  expect_one_problem(R"({"share_fraction": 1.5})", "/o/share_fraction = 1.5: must be in [0, 1]");
  expect_one_problem(R"({"limit_v": 0})", "/o/limit_v = 0: must be greater than 0");
  expect_one_problem(R"({"times_s": [0, -1]})", "/o/times_s/1 = -1: must be at least 0");
  expect_one_problem(R"({"parts": [{}, {"length_m": -2}]})",
                     "/o/parts/1/length_m = -2: must be greater than 0");
}

TEST(FieldsReader, RefusesNanAndInfinity) {
  Json json;
  json["share_fraction"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(read_config<Options>(json), ConfigError);

  json["share_fraction"] = 0.5;
  json["limit_v"] = std::numeric_limits<double>::infinity();
  EXPECT_THROW(read_config<Options>(json), ConfigError);
}

TEST(FieldsReader, ListsTheWordsOfAnEnumeration) {
  expect_one_problem(R"({"shade": "drak"})",
                     "/o/shade = \"drak\": must be one of: light, dark; nearest: dark");
  expect_one_problem(R"({"kind": 2})", "/o/kind = 2: must be one of: round, square");
}

TEST(FieldsReader, ReportsAMissingRequiredKey) {
  try {
    static_cast<void>(read_config<Named>(Json::object(), "/named"));
    FAIL() << "a missing key was accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "/named/name: is missing");
  }
}

TEST(FieldsReader, ReportsABrokenRule) {
  expect_one_problem(R"({"bits": 8, "rows": 4})", "/o/rows = 4: must not be fewer than bits");
}

TEST(FieldsReader, ReportsAllProblemsAtOnce) {
  const std::vector<std::string> problems =
      problems_of(R"({"bits": 0, "kind": "oval", "inner": {"length_m": "x"}, "extra": {"y": 1},
                      "unknown": 1})");

  EXPECT_EQ(problems.size(), 5U);
}

TEST(FieldsReader, RefusesATopThatIsNoObject) {
  try {
    static_cast<void>(read_config<Options>(Json::array()));
    FAIL() << "an array was accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "/ = []: must be an object, is an array");
  }
}

TEST(ParseJson, ReportsLineAndColumnOfMalformedText) {
  try {
    static_cast<void>(parse_json("{\n  \"a\": }", "x.json"));
    FAIL() << "malformed text was accepted";
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.rfind("x.json: ", 0), 0U) << text;
    EXPECT_NE(text.find("line 2, column 8"), std::string::npos) << text;
  }
}

TEST(ParseJson, RefusesAKeyGivenTwice) {
  try {
    static_cast<void>(parse_json(R"({"a": {"b": 1, "c": {"b": 1}, "b": 2}})", "x.json"));
    FAIL() << "a key given twice was accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "x.json: key \"b\" is given twice in one object");
  }
}

TEST(ParseJsonFile, NamesAMissingFile) {
  try {
    static_cast<void>(parse_json_file("/nowhere/x.json"));
    FAIL() << "a missing file was read";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "/nowhere/x.json: cannot be opened for reading: No such file or directory");
  }
}

TEST(NearestWord, FindsSwappedMissingAndWrongLetters) {
  const std::vector<std::string> words{"rows", "cols", "rows_active"};

  EXPECT_EQ(nearest_word("rwos", words), "rows");
  EXPECT_EQ(nearest_word("colls", words), "cols");
  EXPECT_EQ(nearest_word("row_active", words), "rows_active");
  EXPECT_EQ(nearest_word("voltage", words), "");
}

TEST(ParseArtifactFile, CallsATornFileDamagedDataAndNamesIt) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / "ohmweave_torn_artifact.json";
  std::ofstream(path) << "{\"seconds\": 1";

  try {
    static_cast<void>(parse_artifact_file(path.string()));
    FAIL() << "a torn file was accepted";
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()).rfind(path.string() + ": ", 0), 0U) << error.what();
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ohmweave
