// SPDX-License-Identifier: Apache-2.0
// Does every entry of the constraint table keep the promises of admm/constraint.h?
#include <gtest/gtest.h>

#include <algorithm>

#include "admm/array_groups.h"
#include "admm/conductance_levels.h"
#include "admm/constraint_table.h"
#include "admm/sequence.h"
#include "core/error.h"
#include "core/random.h"

namespace ohmweave::admm {
namespace {

constexpr int kOutputs = 3;
constexpr int kInputs = 4;
constexpr int kArrayRows = 2;
constexpr int kArrayCols = 2;

ConstraintTarget small_target() {
  ConstraintTarget target;
  target.name = "fc.weight";
  target.shape = {kOutputs, kInputs};
  target.array_rows = kArrayRows;
  target.array_cols = kArrayCols;
  target.weight_bits = 1;
  return target;
}

ConstraintOptions options_of(const std::string& kind, int keep) {
  ConstraintOptions options;
  options.kind = kind;
  if (kind != "conductance_levels") options.keep = keep;
  return options;
}

torch::Tensor random_weight(std::uint64_t trial) {
  const RandomStream stream = RandomStream(77).child("weight", trial);
  torch::Tensor w = torch::empty({kOutputs, kInputs});
  for (int i = 0; i < w.numel(); ++i) w.view(-1)[i] = stream.normal(i);
  return w;
}

/// Few distinct magnitudes: ties everywhere.
torch::Tensor tied_weight(std::uint64_t trial) {
  const RandomStream stream = RandomStream(78).child("weight", trial);
  torch::Tensor w = torch::empty({kOutputs, kInputs});
  for (int i = 0; i < w.numel(); ++i) {
    w.view(-1)[i] = static_cast<float>(stream.below(3, i)) - 1.0F;
  }
  return w;
}

double squared_distance(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).to(torch::kFloat64).square().sum().item<double>();
}

/// Least squared distance from `v` to any tensor that is `v` on some of its entries and 0 on the
/// rest and lies in the set: the nearest point of a set that only counts non-zeros.
double brute_force_zeroing(const torch::Tensor& v, const Constraint& constraint) {
  double best = 1e300;
  for (unsigned subset = 0; subset < (1U << v.numel()); ++subset) {
    torch::Tensor candidate = v.clone();
    float* values = candidate.data_ptr<float>();
    for (int i = 0; i < v.numel(); ++i) {
      if ((subset >> i & 1U) == 0) values[i] = 0.0F;
    }
    const double distance = squared_distance(v, candidate);
    if (distance < best && constraint.contains(candidate)) best = distance;
  }
  return best;
}

/// Least squared distance over all assignments of codes -1, 0, 1, each with its best scale.
double brute_force_levels(const torch::Tensor& v) {
  double best = v.square().sum().item<double>();
  int assignments = 1;
  for (int i = 0; i < v.numel(); ++i) assignments *= 3;
  const float* values = v.data_ptr<float>();
  for (int assignment = 0; assignment < assignments; ++assignment) {
    double product = 0.0;
    double squares = 0.0;
    double energy = 0.0;
    for (int i = 0, rest = assignment; i < v.numel(); ++i, rest /= 3) {
      const int code = rest % 3 - 1;
      product += static_cast<double>(values[i]) * code;
      squares += code * code;
      energy += static_cast<double>(values[i]) * values[i];
    }
    if (product > 0.0) best = std::min(best, energy - product * product / squares);
  }
  return best;
}

class ConstraintContract : public ::testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] std::shared_ptr<const Constraint> make(int keep) const {
    return make_constraint(options_of(GetParam(), keep), small_target());
  }
};

TEST_P(ConstraintContract, ProjectionIsContainedAndKeepsTheShape) {
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    for (const torch::Tensor& v : {random_weight(trial), tied_weight(trial)}) {
      const auto constraint = make(static_cast<int>(trial % 4));

      const torch::Tensor projected = constraint->project(v);

      EXPECT_TRUE(constraint->contains(projected));
      EXPECT_EQ(projected.sizes(), v.sizes());
      EXPECT_EQ(projected.scalar_type(), torch::kFloat32);
    }
  }
}

TEST_P(ConstraintContract, ProjectingAgainChangesNothing) {
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const auto constraint = make(2);

    const torch::Tensor once = constraint->project(random_weight(trial));

    EXPECT_TRUE(torch::equal(constraint->project(once), once)) << "trial " << trial;
  }
}

TEST_P(ConstraintContract, ProjectionIsANearestPoint) {
  for (std::uint64_t trial = 0; trial < 4; ++trial) {
    for (const torch::Tensor& v : {random_weight(trial), tied_weight(trial)}) {
      const auto constraint = make(2);

      const double distance = squared_distance(v, constraint->project(v));

      const double best = GetParam() == "conductance_levels" ? brute_force_levels(v)
                                                             : brute_force_zeroing(v, *constraint);
      // Twelve float32 squares: 12 * 2^-24 of the energy.
      EXPECT_NEAR(distance, best, 1e-6 * v.square().sum().item<double>()) << "trial " << trial;
    }
  }
}

TEST_P(ConstraintContract, LeavesItsInputAloneAndRepeatsItself) {
  const auto constraint = make(2);
  const torch::Tensor v = tied_weight(3);
  const torch::Tensor before = v.clone();

  const torch::Tensor first = constraint->project(v);
  const torch::Tensor second = constraint->project(v);

  EXPECT_TRUE(torch::equal(v, before));
  EXPECT_TRUE(torch::equal(first, second));
}

TEST_P(ConstraintContract, RefusesNotANumber) {
  torch::Tensor v = random_weight(0);
  v[0][0] = NAN;

  EXPECT_THROW((void)make(2)->project(v), NumericError);
}

TEST_P(ConstraintContract, DescribesItselfByItsName) {
  EXPECT_EQ(make(2)->describe().at("kind"), GetParam());
}

std::vector<std::string> table_names() {
  std::vector<std::string> names;
  for (const ConstraintEntry& entry : constraint_table()) names.push_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, ConstraintContract, ::testing::ValuesIn(table_names()),
                         [](const auto& entry) { return entry.param; });

TEST(ConstraintTable, HasTheWordsTheConfigReaderKnows) {
  std::vector<std::string> words;
  for (const Word& word : constraint_words()) words.push_back(word.name);

  EXPECT_EQ(table_names(), words);
}

TEST(ConstraintTable, RefusesACountBeyondTheTensor) {
  try {
    (void)make_constraint(options_of("cardinality", 13), small_target());
    FAIL() << "13 of 12 was taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("fc.weight: keep = 13: must be at most 12"),
              std::string::npos)
        << error.what();
  }
}

TEST(ConstraintTable, TakesAFractionOfTheGroups) {
  ConstraintOptions options;
  options.kind = "array_block";  // 2 x 2 arrays of the 4 x 3 matrix
  options.keep_fraction = 0.5;

  const auto constraint = make_constraint(options, small_target());

  EXPECT_EQ(constraint->describe().at("keep"), 2);
}

TEST(Cardinality, KeepsExactlyTheCountWhateverTheTies) {
  for (int keep = 0; keep <= kOutputs * kInputs; ++keep) {
    const auto constraint = make_constraint(options_of("cardinality", keep), small_target());

    const torch::Tensor projected = constraint->project(torch::ones({kOutputs, kInputs}));

    EXPECT_EQ(torch::count_nonzero(projected).item<int>(), keep);
    EXPECT_EQ(torch::count_nonzero(projected.view(-1).slice(0, 0, keep)).item<int>(), keep);
  }
}

TEST(Sequence, ResultLiesInEveryPart) {
  const auto rows = make_constraint(options_of("array_row", 5), small_target());
  const auto columns = make_constraint(options_of("array_column", 3), small_target());
  const auto count = make_constraint(options_of("cardinality", 4), small_target());
  const Sequence all({rows, columns, count});
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const torch::Tensor projected = all.project(random_weight(trial));

    EXPECT_TRUE(rows->contains(projected) && columns->contains(projected) &&
                count->contains(projected));
    EXPECT_TRUE(all.contains(projected));
  }
}

}  // namespace
}  // namespace ohmweave::admm
