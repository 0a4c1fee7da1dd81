// SPDX-License-Identifier: Apache-2.0
#include "admm/options.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>

#include "admm/constraint_table.h"
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
  EXPECT_NE(problem_of(both).find("/c/keep = 1: exactly one of keep and keep_fraction"),
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

  EXPECT_NE(problem_of(json).find("/c/clusters = 4: cardinality does not take it"),
            std::string::npos)
      << problem_of(json);
}

TEST(ConstraintOptions, AsksForTheKeyTheKindNeeds) {
  const Json bare = {{"kind", "n_m"}, {"weights", "*"}, {"n", 2}};
  const Json counted = {{"kind", "ternary"}, {"weights", "*"}, {"keep", 2}};

  EXPECT_NE(problem_of(bare).find("/c/m: n_m needs it"), std::string::npos) << problem_of(bare);
  EXPECT_NE(problem_of(counted).find("/c/keep = 2: ternary keeps no count"), std::string::npos);
}

TEST(ConstraintOptions, ChecksWhatBelongsTogether) {
  const Json runs = {{"kind", "n_m"}, {"weights", "*"}, {"n", 5}, {"m", 4}};
  const Json patterns = {{"kind", "pattern"}, {"weights", "*"}, {"num_patterns", 4}};
  const Json shapes = {{"kind", "filter_shape"}, {"weights", "*"}, {"keep", 4}};
  const Json levels = {
      {"kind", "device_levels"}, {"weights", "*"}, {"level_values", {0.5, -0.5, 0.5}}};

  EXPECT_NE(problem_of(runs).find("/c/n = 5: must be at most m"), std::string::npos);
  EXPECT_NE(problem_of(patterns).find("/c/patterns: exactly one of"), std::string::npos);
  EXPECT_NE(problem_of(patterns).find("/c/num_patterns = 4: needs pattern_entries"),
            std::string::npos);
  EXPECT_NE(problem_of(shapes).find("/c/keep_shapes: exactly one of"), std::string::npos);
  EXPECT_NE(problem_of(levels).find("/c/level_values = [0.5,-0.5,0.5]: must be distinct"),
            std::string::npos)
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

ConstraintOptions levels_of(const std::string& kind, int levels, bool with_zero) {
  ConstraintOptions options;
  options.kind = kind;
  options.levels = levels;
  options.with_zero = with_zero;
  return options;
}

ConstraintTarget target_of_bits(int weight_bits) {
  ConstraintTarget target;
  target.shape = {40};
  target.weight_bits = weight_bits;
  return target;
}

TEST(ScaledLevels, AreTheLevelsOfEveryKindThatHasThem) {
  ConstraintTarget target = target_of_bits(2);
  target.code_values = {0.0, 0.5, 2.25, 3.0};
  const auto sorted = [&target](const ConstraintOptions& options) {
    std::vector<float> levels = scaled_levels(options, target);
    std::sort(levels.begin(), levels.end());
    return levels;
  };
  using Levels = std::vector<float>;

  EXPECT_EQ(sorted(levels_of("conductance_levels", 0, false)), (Levels{-3, -2, -1, 0, 1, 2, 3}));
  EXPECT_EQ(sorted(levels_of("uniform_levels", 2, false)), (Levels{-2, -1, 1, 2}));
  EXPECT_EQ(sorted(levels_of("uniform_levels", 2, true)), (Levels{-2, -1, 0, 1, 2}));
  EXPECT_EQ(sorted(levels_of("power_of_two", 3, false)), (Levels{-4, -2, -1, 1, 2, 4}));
  EXPECT_EQ(sorted(levels_of("power_of_two", 2, true)), (Levels{-2, -1, 0, 1, 2}));
  EXPECT_EQ(sorted(levels_of("ternary", 0, false)), (Levels{-1, 0, 1}));
  EXPECT_EQ(sorted(levels_of("binary", 0, false)), (Levels{-1, 1}));
  EXPECT_EQ(sorted(levels_of("device_levels", 0, false)),
            (Levels{-3, -2.25, -0.5, 0, 0.5, 2.25, 3}));
  target.code_values.clear();
  EXPECT_EQ(sorted(levels_of("device_levels", 0, false)), (Levels{-3, -2, -1, 0, 1, 2, 3}));
  ConstraintOptions given = levels_of("device_levels", 0, false);
  given.level_values = {-1, 0.25, 0};
  EXPECT_EQ(sorted(given), (Levels{-1, 0, 0.25}));
}

TEST(IntegerLevels, AreWhatTheProjectionLandsOn) {
  for (const Word& word : constraint_words()) {
    if (!has_integer_levels(word.name)) continue;
    const ConstraintTarget target = target_of_bits(2);
    const ConstraintOptions options = levels_of(word.name, 3, true);
    const std::vector<float> levels = scaled_levels(options, target);
    torch::manual_seed(3);

    const torch::Tensor member = make_constraint(options, target)->project(torch::randn({40}), {});

    const torch::Tensor codes =
        member / member.abs().max() * *std::max_element(levels.begin(), levels.end());
    for (int i = 0; i < 40; ++i) {
      const float code = std::round(codes[i].item<float>());
      EXPECT_NEAR(codes[i].item<float>(), code, 1e-5) << word.name;
      EXPECT_NE(std::find(levels.begin(), levels.end(), code), levels.end()) << word.name << code;
    }
  }
}

TEST(IntegerLevels, AreNotThoseOfOtherKinds) {
  for (const std::string kind :
       {"device_levels", "clusters", "lloyd_clusters", "quantized_groups_exactly", "cardinality"}) {
    EXPECT_FALSE(has_integer_levels(kind)) << kind;
    EXPECT_EQ(has_scaled_levels(kind), std::string(kind) == "device_levels") << kind;
  }
}

std::vector<ConstraintTarget> two_targets() {
  std::vector<ConstraintTarget> targets(2);
  targets[0].name = "fc1.weight";
  targets[0].shape = {4, 5};
  targets[1].name = "fc2.weight";
  targets[1].shape = {10};
  return targets;
}

TEST(SharedCountOfASet, HoldsTheCountAndAFloorOfEveryTensor) {
  ConstraintOptions options;
  options.kind = "global_cardinality";
  options.keep_fraction = 0.4;
  options.floors = {{"fc*", 2}, {"fc2*", 3}};

  const SharedCount count = shared_count(options, two_targets());

  EXPECT_EQ(count.keep, 12);  // of 30
  EXPECT_EQ(count.floors,
            (std::map<std::string, std::int64_t>{{"fc1.weight", 2}, {"fc2.weight", 3}}));
}

TEST(SharedCountOfASet, IsGivenWhereTheSetAsksForNothingElse) {
  ConstraintOptions joint;
  joint.kind = "global_cardinality";
  joint.weights = "*";
  joint.keep = 12;
  ConstraintOptions single;
  single.weights = "*";
  single.keep = 7;

  const auto alone = resolve({joint}, two_targets(), "/c");
  const auto both = resolve({joint, single}, two_targets(), "/c");
  const auto other = resolve({single}, two_targets(), "/c");

  ASSERT_TRUE(alone.front().count.has_value());
  EXPECT_EQ(alone.front().count->keep, 12);
  EXPECT_FALSE(both.front().count.has_value());
  EXPECT_FALSE(other.front().count.has_value());
}

TEST(AdmmOptions, ReadTheMetric) {
  EXPECT_EQ(read_config<AdmmOptions>(Json::object()).metric, MetricKind::Euclidean);
  EXPECT_EQ(read_config<AdmmOptions>({{"metric", "fisher"}}).metric, MetricKind::Fisher);
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
