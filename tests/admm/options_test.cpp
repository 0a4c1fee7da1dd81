// SPDX-License-Identifier: Apache-2.0
#include "admm/options.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace ohmweave::admm {
namespace {

std::string problem_of(const Json& json) {
  try {
    (void)read_config<ConstraintOptions>(json, "/c");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ConstraintOptions, ReadsACountAndAPattern) {
  const Json json = {{"kind", "array_row"}, {"weights", "fc*.weight"}, {"keep", 12}, {"rows", 64}};

  const auto options = read_config<ConstraintOptions>(json);

  EXPECT_EQ(options.kind, "array_row");
  EXPECT_EQ(options.weights, "fc*.weight");
  EXPECT_EQ(options.keep, 12);
  EXPECT_EQ(options.rows, 64);
  EXPECT_FALSE(options.cols.has_value());
}

TEST(ConstraintOptions, RefusesBothOrNeitherCount) {
  const Json neither = {{"kind", "cardinality"}, {"weights", "*"}};
  const Json both = {
      {"kind", "cardinality"}, {"weights", "*"}, {"keep", 1}, {"keep_fraction", 0.5}};

  EXPECT_NE(problem_of(neither).find("/c/keep: exactly one of keep and keep_fraction"),
            std::string::npos)
      << problem_of(neither);
  EXPECT_NE(problem_of(both).find("/c/keep: exactly one of keep and keep_fraction"),
            std::string::npos);
}

TEST(ConstraintOptions, NamesTheNearestKindForAMisspeltOne) {
  const Json json = {{"kind", "cardinalty"}, {"weights", "*"}, {"keep", 1}};

  const std::string problem = problem_of(json);

  EXPECT_NE(problem.find("/c/kind"), std::string::npos) << problem;
  EXPECT_NE(problem.find("cardinality"), std::string::npos) << problem;
  EXPECT_NE(problem.find("array_block"), std::string::npos) << problem;
}

TEST(AdmmOptions, DefaultsSurviveARoundTrip) {
  const Json written = write_config(AdmmOptions{});

  EXPECT_EQ(write_config(read_config<AdmmOptions>(written)), written);
}

}  // namespace
}  // namespace ohmweave::admm
