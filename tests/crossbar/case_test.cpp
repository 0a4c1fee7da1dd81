// SPDX-License-Identifier: Apache-2.0
#include "crossbar/case.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

Json small_case() {
  return parse_json(R"({"rows": 2, "cols": 3, "row_ohm": 1, "col_ohm": 2,
                        "voltages_v": [0.1, -0.2], "siemens": [[1e-5, 2e-5, 0], [3e-5, 4e-5, 5e-5]]})",
                    "test");
}

std::vector<std::string> problems_of(const Json& json) {
  try {
    (void)read_case(json);
  } catch (const ConfigError& e) {
    return e.problems();
  }
  return {};
}

TEST(ReadCase, ReadsConductancesRowByRow) {
  const CrossbarCase c = read_case(small_case());

  EXPECT_EQ(c.topology, CaseTopology::Passive);
  EXPECT_EQ(c.siemens, (std::vector<double>{1e-5, 2e-5, 0, 3e-5, 4e-5, 5e-5}));
  EXPECT_EQ(c.voltages_v, (std::vector<double>{0.1, -0.2}));
  EXPECT_EQ(c.driver_ohm, 0.0);
}

TEST(ReadCase, ListsEveryProblemWithItsPointer) {
  Json json = small_case();
  json["siemens"][1][2] = -1e-5;
  json["siemens"][0] = Json::array({1e-5});
  json["voltages_v"] = Json::array({0.1});
  json["row_ohm"] = -1;
  json["drvier_ohm"] = 3;

  const auto problems = problems_of(json);

  ASSERT_EQ(problems.size(), 5U);
  EXPECT_EQ(problems[0], "/siemens/0: must be a list of cols = 3 numbers, has 1");
  EXPECT_EQ(problems[1], "/siemens/1/2 = -1e-05: must be a number, at least 0");
  EXPECT_EQ(problems[2], "/row_ohm = -1: must be at least 0");
  EXPECT_EQ(problems[3], "/voltages_v = [0.1]: must have 2 numbers, has 1");
  EXPECT_NE(problems[4].find("unknown key 'drvier_ohm'"), std::string::npos);
  EXPECT_NE(problems[4].find("nearest: driver_ohm"), std::string::npos);
}

TEST(ReadCase, NamesMissingKeys) {
  const auto problems = problems_of(parse_json(R"({"rows": 2, "cols": 3})", "test"));

  EXPECT_EQ(problems,
            (std::vector<std::string>{"/siemens: is missing",
                                      "/row_ohm: is missing; topology \"passive\" needs it",
                                      "/col_ohm: is missing; topology \"passive\" needs it",
                                      "/voltages_v: is missing; topology \"passive\" needs it"}));
}

TEST(ReadCase, RefusesKeysOfAnotherTopology) {
  Json json = small_case();
  json["bit_line_ohm"] = 1.0;
  json["active"] = Json::array({1, 0});

  EXPECT_EQ(problems_of(json), (std::vector<std::string>{
                                   "/bit_line_ohm = 1.0: does not belong to topology \"passive\"",
                                   "/active = [1,0]: does not belong to topology \"passive\""}));
}

TEST(ReadCase, RefusesHalfActiveRows) {
  Json json = small_case();
  json["topology"] = "row_select";
  json["active"] = Json::array({1, 0.5});

  EXPECT_EQ(problems_of(json),
            (std::vector<std::string>{"/active = [1,0.5]: each must be 0 or 1"}));
}

TEST(ReadCase, RefusesACellCurrentBeyondAllNumbers) {
  Json json = small_case();
  json["sinh_per_v"] = 501;

  EXPECT_EQ(problems_of(json),
            (std::vector<std::string>{
                "/sinh_per_v = 501: times the largest voltage must be at most 100"}));
}

TEST(ReadCase, RefusesWhatIsNoObject) {
  EXPECT_EQ(problems_of(parse_json("[1, 2]", "test")),
            (std::vector<std::string>{"/ = [1,2]: must be an object, is an array"}));
}

}  // namespace
}  // namespace ohmweave::crossbar
