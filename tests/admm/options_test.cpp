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

TEST(ConstraintOptions, RefusesAKeyTheKindDoesNotTake) {
  const Json json = {{"kind", "cardinality"}, {"weights", "*"}, {"keep", 1}, {"clusters", 4}};

  EXPECT_NE(problem_of(json).find("/c/clusters: cardinality does not take it"), std::string::npos)
      << problem_of(json);
}

TEST(ConstraintOptions, AsksForTheKeyTheKindNeeds) {
  const Json bare = {{"kind", "n_m"}, {"weights", "*"}, {"n", 2}};
  const Json counted = {{"kind", "ternary"}, {"weights", "*"}, {"keep", 2}};

  EXPECT_NE(problem_of(bare).find("/c/m: n_m needs it"), std::string::npos) << problem_of(bare);
  EXPECT_NE(problem_of(counted).find("/c/keep: ternary keeps no count"), std::string::npos);
}

TEST(ConstraintOptions, ChecksWhatBelongsTogether) {
  const Json runs = {{"kind", "n_m"}, {"weights", "*"}, {"n", 5}, {"m", 4}};
  const Json patterns = {{"kind", "pattern"}, {"weights", "*"}, {"num_patterns", 4}};
  const Json shapes = {{"kind", "filter_shape"}, {"weights", "*"}, {"keep", 4}};
  const Json levels = {
      {"kind", "device_levels"}, {"weights", "*"}, {"level_values", {0.5, -0.5, 0.5}}};

  EXPECT_NE(problem_of(runs).find("/c/n: must be at most m"), std::string::npos);
  EXPECT_NE(problem_of(patterns).find("/c/patterns: exactly one of"), std::string::npos);
  EXPECT_NE(problem_of(patterns).find("/c/num_patterns: needs pattern_entries"), std::string::npos);
  EXPECT_NE(problem_of(shapes).find("/c/keep_shapes: exactly one of"), std::string::npos);
  EXPECT_NE(problem_of(levels).find("/c/level_values: must be distinct"), std::string::npos)
      << problem_of(levels);
}

TEST(ConstraintOptions, EveryKindSurvivesARoundTrip) {
  const Json floors = Json::array({{{"weights", "fc2*"}, {"keep", 80}}});
  const std::vector<Json> all = {
      {{"kind", "global_cardinality"}, {"weights", "*"}, {"keep", 1200}, {"floors", floors}},
      {{"kind", "array_column"}, {"weights", "*"}, {"keep_fraction", 0.5}, {"keep_multiple", 64}},
      {{"kind", "filter_shape"}, {"weights", "*"}, {"keep", 64}, {"keep_shapes_fraction", 0.5}},
      {{"kind", "pattern"}, {"weights", "*"}, {"patterns", {"010111010"}}, {"keep", 9}},
      {{"kind", "power_of_two"}, {"weights", "*"}, {"levels", 4}, {"with_zero", true}},
      {{"kind", "binary"}, {"weights", "*"}, {"scale_per", "filter"}},
      {{"kind", "quantized_groups_exactly"},
       {"weights", "*"},
       {"keep", 3},
       {"group", "filter"},
       {"level_values", {-1.0, 1.0}}}};
  for (const Json& json : all) {
    const Json written = write_config(read_config<ConstraintOptions>(json));

    EXPECT_EQ(write_config(read_config<ConstraintOptions>(written)), written) << json;
  }
}

TEST(AdmmOptions, ReadStoppingAndTheLastMatchingRho) {
  const Json rhos =
      Json::array({{{"weights", "fc*"}, {"factor", 10.0}}, {{"weights", "fc2*"}, {"factor", 0.5}}});

  const auto options =
      read_config<AdmmOptions>({{"stop", {{"primal", 0.02}}}, {"rho_by_weight", rhos}});

  ASSERT_TRUE(options.stop.has_value());
  EXPECT_EQ(options.stop->primal, 0.02);
  EXPECT_EQ(rho_multiplier_of(options, "fc1.weight"), 10.0);
  EXPECT_EQ(rho_multiplier_of(options, "fc2.weight"), 0.5);
  EXPECT_EQ(rho_multiplier_of(options, "conv1.weight"), 1.0);
}

TEST(AdmmOptions, DefaultsSurviveARoundTrip) {
  const Json written = write_config(AdmmOptions{});

  EXPECT_EQ(write_config(read_config<AdmmOptions>(written)), written);
}

}  // namespace
}  // namespace ohmweave::admm
