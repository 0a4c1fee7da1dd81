// SPDX-License-Identifier: Apache-2.0
// Several tensors together: global counts, parts side by side, resolving a config's list.
#include "admm/joined.h"

#include <gtest/gtest.h>

#include "admm/cardinality.h"
#include "admm/constraint_table.h"
#include "admm/global_cardinality.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

ConstraintTarget target_of(const std::string& name, std::vector<std::int64_t> shape) {
  ConstraintTarget target;
  target.name = name;
  target.shape = std::move(shape);
  return target;
}

std::vector<ConstraintTarget> three_targets() {
  return {target_of("conv1.weight", {2, 2}), target_of("fc1.weight", {1, 3}),
          target_of("fc2.weight", {1, 2})};
}

ConstraintOptions options_of(const std::string& kind, const std::string& weights, int keep) {
  ConstraintOptions options;
  options.kind = kind;
  options.weights = weights;
  options.keep = keep;
  return options;
}

TEST(GlobalCardinality, GivesEachPartItsFloorFirst) {
  const GlobalCardinality three({{"a", 3, 2}, {"b", 3, 0}}, 3);
  const torch::Tensor v = torch::tensor({1.0F, 2.0F, 3.0F, 7.0F, 8.0F, 9.0F});

  const torch::Tensor projected = three.project(v);

  EXPECT_TRUE(torch::equal(projected, torch::tensor({0.0F, 2.0F, 3.0F, 0.0F, 0.0F, 9.0F})));
}

TEST(GlobalCardinality, ReservesAFloorThatIsNotUsed) {
  const GlobalCardinality three({{"a", 3, 2}, {"b", 3, 0}}, 3);

  EXPECT_TRUE(three.contains(torch::tensor({0.0F, 0.0F, 0.0F, 7.0F, 0.0F, 0.0F})));
  EXPECT_FALSE(three.contains(torch::tensor({0.0F, 0.0F, 0.0F, 7.0F, 8.0F, 0.0F})));
  EXPECT_TRUE(three.contains(torch::tensor({1.0F, 2.0F, 3.0F, 0.0F, 0.0F, 0.0F})));
}

TEST(Separate, ProjectsEveryPartByItself) {
  const Separate parts({{{2}, std::make_shared<Cardinality>(1)}, {{2}, nullptr}});
  const torch::Tensor v = torch::tensor({1.0F, 2.0F, 3.0F, 4.0F});

  EXPECT_TRUE(torch::equal(parts.project(v), torch::tensor({0.0F, 2.0F, 3.0F, 4.0F})));
  EXPECT_FALSE(parts.contains(v));
  const torch::Tensor metric = torch::tensor({9.0F, 1.0F, 1.0F, 1.0F});
  EXPECT_TRUE(torch::equal(parts.project(v, metric), torch::tensor({1.0F, 0.0F, 3.0F, 4.0F})));
}

TEST(Resolve, BindsTheTensorsOfAGlobalCountAndLeavesTheOthersAlone) {
  const auto resolved =
      resolve({options_of("global_cardinality", "fc*", 2), options_of("cardinality", "*", 1)},
              three_targets(), "/constraints");

  ASSERT_EQ(resolved.size(), 2U);
  EXPECT_EQ(resolved[0].names, (std::vector<std::string>{"conv1.weight"}));
  EXPECT_EQ(resolved[1].names, (std::vector<std::string>{"fc1.weight", "fc2.weight"}));
  // The two largest of all five, then the largest of each tensor.
  const torch::Tensor v = torch::tensor({1.0F, 5.0F, 4.0F, 3.0F, 2.0F});
  EXPECT_TRUE(torch::equal(resolved[1].constraint->project(v),
                           torch::tensor({0.0F, 5.0F, 0.0F, 0.0F, 0.0F})));
}

TEST(Resolve, RefusesGlobalCountsThatOverlapInPart) {
  try {
    (void)resolve(
        {options_of("global_cardinality", "fc*", 2), options_of("global_cardinality", "*", 2)},
        three_targets(), "/constraints");
    FAIL() << "an overlap was taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("/constraints/1/weights = \"*\": shares only some"),
              std::string::npos)
        << error.what();
  }
}

TEST(Resolve, RefusesAPatternWithoutAMatch) {
  try {
    (void)resolve({options_of("cardinality", "fd*", 2)}, three_targets(), "/constraints");
    FAIL() << "a pattern without a match was taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("/constraints/0/weights = \"fd*\": matches no weight"),
              std::string::npos)
        << error.what();
  }
}

TEST(Resolve, RefusesToMakeAGlobalCountForEachTensor) {
  EXPECT_THROW((void)make_constraint(options_of("global_cardinality", "*", 2), three_targets()[0]),
               std::logic_error);
}

}  // namespace
}  // namespace ohmweave::admm
