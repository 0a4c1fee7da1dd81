// SPDX-License-Identifier: Apache-2.0
// Does every entry of the constraint table keep the promises of admm/constraint.h?
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "admm/constraint_table.h"
#include "admm/scaled_levels.h"
#include "admm/sequence.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/admm/constraint_variants.h"

namespace ohmweave::admm {
namespace {

torch::Tensor tensor_of(const std::function<double(int)>& entry) {
  torch::Tensor w = torch::empty(small_shape());
  for (int i = 0; i < kEntries; ++i) w.data_ptr<float>()[i] = static_cast<float>(entry(i));
  return w;
}

torch::Tensor random_weight(std::uint64_t trial) {
  const RandomStream stream = RandomStream(77).child("weight", trial);
  return tensor_of([&stream](int i) { return stream.normal(i); });
}

/// Few distinct magnitudes: ties everywhere.
torch::Tensor tied_weight(std::uint64_t trial) {
  const RandomStream stream = RandomStream(78).child("weight", trial);
  return tensor_of([&stream](int i) { return static_cast<double>(stream.below(3, i)) - 1.0; });
}

torch::Tensor random_metric(std::uint64_t trial) {
  const RandomStream stream = RandomStream(79).child("metric", trial);
  return tensor_of([&stream](int i) { return 0.1 + 3.0 * stream.uniform(i); });
}

torch::Tensor small_mask() {
  return torch::tensor({1, 0, 1, 1, 1, 1, 0, 1}).to(torch::kBool).reshape(small_shape());
}

double squared_distance(const torch::Tensor& a, const torch::Tensor& b,
                        const torch::Tensor& metric) {
  const torch::Tensor squares = (a - b).to(torch::kFloat64).square();
  return (metric.defined() ? squares * metric : squares).sum().item<double>();
}

/// Tries every tensor with each entry out of `values` (NaN stands for the entry of v itself).
double brute_force_members(const torch::Tensor& v, const torch::Tensor& metric,
                           const Constraint& constraint, const std::vector<float>& values) {
  double best = INFINITY;
  torch::Tensor candidate = v.clone();
  const auto choices = static_cast<int>(values.size());
  const int combinations = static_cast<int>(std::lround(std::pow(choices, kEntries)));
  for (int combination = 0; combination < combinations; ++combination) {
    for (int i = 0, rest = combination; i < kEntries; ++i, rest /= choices) {
      const float value = values[rest % choices];
      candidate.data_ptr<float>()[i] = std::isnan(value) ? v.data_ptr<float>()[i] : value;
    }
    const double distance = squared_distance(v, candidate, metric);
    if (distance < best && constraint.contains(candidate)) best = distance;
  }
  return best;
}

/// One entry that takes part in a brute-force fit.
struct Entry {
  double value = 0.0;
  double weight = 1.0;
};

/// Those from index `first` to before `last`.
std::vector<Entry> entries_inside(const torch::Tensor& v, const torch::Tensor& metric,
                                  const torch::Tensor& mask, int first = 0, int last = kEntries) {
  std::vector<Entry> entries;
  for (int i = first; i < last; ++i) {
    if (mask.defined() && !mask.data_ptr<bool>()[i]) continue;
    entries.push_back({v.data_ptr<float>()[i], metric.defined() ? metric.data_ptr<float>()[i] : 1});
  }
  return entries;
}

double energy_outside(const torch::Tensor& v, const torch::Tensor& metric,
                      const torch::Tensor& mask) {
  if (!mask.defined()) return 0.0;
  return squared_distance(v, torch::where(mask, v, torch::zeros_like(v)), metric);
}

/// Calls visit(codes) with every way to give each of `count` entries one of `choices` codes.
void for_all_codes(std::size_t count, int choices,
                   const std::function<void(const std::vector<int>&)>& visit) {
  std::vector<int> codes(count, 0);
  for (;;) {
    visit(codes);
    std::size_t i = 0;
    while (i < count && ++codes[i] == choices) codes[i++] = 0;
    if (i == count) return;
  }
}

/// Least error over all codes, each with its best scale q >= 0.
double brute_force_levels(const std::vector<Entry>& entries, const std::vector<float>& levels) {
  double energy = 0.0;
  for (const Entry& e : entries) energy += e.weight * e.value * e.value;
  double best = energy;
  for_all_codes(entries.size(), static_cast<int>(levels.size()),
                [&](const std::vector<int>& codes) {
                  double product = 0.0;
                  double squares = 0.0;
                  for (std::size_t i = 0; i < entries.size(); ++i) {
                    const double level = levels[codes[i]];
                    product += entries[i].weight * entries[i].value * level;
                    squares += entries[i].weight * level * level;
                  }
                  if (product > 0.0) best = std::min(best, energy - product * product / squares);
                });
  return best;
}

/// Least error over all ways to part the entries into clusters.
double brute_force_clusters(const std::vector<Entry>& entries, int clusters) {
  double best = INFINITY;
  for_all_codes(entries.size(), clusters, [&](const std::vector<int>& codes) {
    double error = 0.0;
    for (int cluster = 0; cluster < clusters; ++cluster) {
      double weight = 0.0;
      double first = 0.0;
      double second = 0.0;
      for (std::size_t i = 0; i < entries.size(); ++i) {
        if (codes[i] != cluster) continue;
        weight += entries[i].weight;
        first += entries[i].weight * entries[i].value;
        second += entries[i].weight * entries[i].value * entries[i].value;
      }
      if (weight > 0.0) error += second - first * first / weight;
    }
    best = std::min(best, error);
  });
  return best;
}

double brute_force(const Variant& variant, const torch::Tensor& v, const torch::Tensor& metric,
                   const torch::Tensor& mask) {
  const ConstraintOptions& options = variant.options;
  const double outside = energy_outside(v, metric, mask);
  if (!variant.levels.empty() && options.scale_per == ScaleScope::Filter) {
    constexpr int kFilter = kEntries / 2;
    return outside +
           brute_force_levels(entries_inside(v, metric, mask, 0, kFilter), variant.levels) +
           brute_force_levels(entries_inside(v, metric, mask, kFilter), variant.levels);
  }
  const std::vector<Entry> entries = entries_inside(v, metric, mask);
  if (!variant.levels.empty()) return outside + brute_force_levels(entries, variant.levels);
  if (options.clusters) return outside + brute_force_clusters(entries, *options.clusters);
  const auto constraint = make(options, mask);
  if (options.kind.find("quantized_groups") == 0) {
    return brute_force_members(v, metric, *constraint, {0.0F, -0.75F, 1.25F});
  }
  return brute_force_members(v, metric, *constraint, {0.0F, NAN});
}

bool is_approximation(const std::string& kind) {
  for (const ConstraintEntry& entry : constraint_table()) {
    if (entry.name == kind) return entry.summary.find("approximation") != std::string::npos;
  }
  return false;
}

/// One kind of set, in all its variants.
class ConstraintContract : public ::testing::TestWithParam<std::string> {
 protected:
  static void for_each_variant(const std::function<void(const Variant&)>& check) {
    for (const Variant& variant : variants()) {
      if (variant.options.kind != GetParam()) continue;
      SCOPED_TRACE(variant.name);
      check(variant);
    }
  }
};

TEST_P(ConstraintContract, ProjectionIsContainedAndKeepsTheShape) {
  for_each_variant([](const Variant& variant) {
    for (std::uint64_t trial = 0; trial < 40; ++trial) {
      for (const torch::Tensor& v : {random_weight(trial), tied_weight(trial)}) {
        const torch::Tensor metric = trial % 2 == 0 ? torch::Tensor() : random_metric(trial);
        const auto constraint = make(variant.options);

        const torch::Tensor projected = constraint->project(v, metric);

        EXPECT_TRUE(constraint->contains(projected)) << v << projected;
        EXPECT_EQ(projected.sizes(), v.sizes());
        EXPECT_EQ(projected.scalar_type(), torch::kFloat32);
      }
    }
  });
}

TEST_P(ConstraintContract, ProjectingAgainChangesNoBit) {
  for_each_variant([](const Variant& variant) {
    for (std::uint64_t trial = 0; trial < 50; ++trial) {
      for (const torch::Tensor& v : {random_weight(trial), tied_weight(trial)}) {
        const auto constraint = make(variant.options);

        const torch::Tensor once = constraint->project(v, random_metric(trial));

        EXPECT_TRUE(torch::equal(constraint->project(once, random_metric(trial)), once));
        EXPECT_TRUE(torch::equal(constraint->project(once, random_metric(trial + 1)), once));
        EXPECT_TRUE(torch::equal(constraint->project(once), once)) << "trial " << trial;
      }
    }
  });
}

TEST_P(ConstraintContract, ProjectionIsANearestPointInItsMetricAndMask) {
  for_each_variant([](const Variant& variant) {
    for (std::uint64_t trial = 0; trial < 12; ++trial) {
      const torch::Tensor metric = trial % 2 == 0 ? torch::Tensor() : random_metric(trial);
      const torch::Tensor mask = trial % 3 == 0 ? small_mask() : torch::Tensor();
      const torch::Tensor v = trial % 4 == 3 ? tied_weight(trial) : random_weight(trial);
      const auto constraint = make(variant.options, mask);

      const double distance = squared_distance(v, constraint->project(v, metric), metric);

      const double best = brute_force(variant, v, metric, mask);
      // Eight float32 squares, each rounded: well below 1e-6 of the energy.
      const double rounding = 1e-6 * squared_distance(v, torch::zeros_like(v), metric);
      EXPECT_GE(distance, best - rounding) << "trial " << trial;
      if (!is_approximation(variant.options.kind)) {
        EXPECT_LE(distance, best + rounding) << "trial " << trial;
      }
    }
  });
}

TEST_P(ConstraintContract, KeepsZeroOutsideItsMaskAndRefusesOthers) {
  for_each_variant([](const Variant& variant) {
    for (std::uint64_t trial = 0; trial < 10; ++trial) {
      const torch::Tensor outside = small_mask().logical_not();
      const auto constraint = make(variant.options, small_mask());

      const torch::Tensor projected = constraint->project(random_weight(trial));

      EXPECT_EQ(torch::count_nonzero(projected.masked_select(outside)).item<int>(), 0);
      EXPECT_TRUE(constraint->contains(projected));
      torch::Tensor outlier = torch::zeros(small_shape());
      outlier.data_ptr<float>()[1] = 1.25F;
      EXPECT_FALSE(constraint->contains(outlier));
    }
  });
}

TEST_P(ConstraintContract, LeavesItsInputAloneAndRepeatsItself) {
  for_each_variant([](const Variant& variant) {
    const auto constraint = make(variant.options);
    const torch::Tensor v = tied_weight(3);
    const torch::Tensor member = constraint->project(v);
    const torch::Tensor before = v.clone();

    const torch::Tensor first = constraint->project(v);
    const torch::Tensor second = constraint->project(v);
    torch::Tensor copy = constraint->project(member);
    copy.fill_(7.0);

    EXPECT_TRUE(torch::equal(v, before));
    EXPECT_TRUE(torch::equal(first, second));
    EXPECT_TRUE(torch::equal(member, first)) << "the projection of a member shares its storage";
  });
}

TEST_P(ConstraintContract, RefusesNotANumberAndABadMetric) {
  for_each_variant([](const Variant& variant) {
    torch::Tensor v = random_weight(0);
    torch::Tensor metric = random_metric(0);
    metric.data_ptr<float>()[2] = 0.0F;

    EXPECT_THROW((void)make(variant.options)->project(v, metric), NumericError);
    v.data_ptr<float>()[0] = NAN;
    EXPECT_THROW((void)make(variant.options)->project(v), NumericError);
  });
}

TEST_P(ConstraintContract, TakesAnAllZeroTensorAsItIs) {
  for_each_variant([](const Variant& variant) {
    if (variant.options.kind == "quantized_groups_exactly")
      return;  // zero is no member: K groups are on levels
    const auto constraint = make(variant.options);
    const torch::Tensor zero = torch::zeros(small_shape());

    EXPECT_TRUE(constraint->contains(zero));
    EXPECT_TRUE(torch::equal(constraint->project(zero), zero));
  });
}

TEST_P(ConstraintContract, LetsSurvivorsMoveIfItOnlyPrunes) {
  for_each_variant([](const Variant& variant) {
    const auto constraint = make(variant.options);
    // Every non-zero entry to a value of its own, as training under the mask would move it.
    const torch::Tensor factors = torch::linspace(0.5, 1.5, kEntries).view(small_shape());
    int num_left = 0;
    constexpr int kTrials = 20;
    for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
      const torch::Tensor member = constraint->project(random_weight(trial));
      if (!constraint->contains(member * factors)) ++num_left;
    }

    if (is_pruning(variant.options.kind)) {
      EXPECT_EQ(num_left, 0);
    } else {
      EXPECT_GT(num_left, kTrials / 2);  // one non-zero a scale can still be on its levels
    }
  });
}

TEST_P(ConstraintContract, DescribesItselfByItsName) {
  for_each_variant([](const Variant& variant) {
    EXPECT_EQ(make(variant.options)->describe().at("kind"), variant.options.kind);
  });
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

TEST(ConstraintTable, NamesItsApproximations) {
  std::vector<std::string> approximations;
  for (const std::string& name : table_names()) {
    if (is_approximation(name)) approximations.push_back(name);
  }

  EXPECT_EQ(approximations, (std::vector<std::string>{"filter_shape", "lloyd_clusters"}));
}

std::string problem_of(const ConstraintOptions& options) {
  try {
    (void)make(options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ConstraintTable, RefusesACountBeyondTheTensor) {
  ConstraintOptions options = options_of("cardinality");
  options.keep = 9;

  EXPECT_NE(problem_of(options).find("conv.weight: keep = 9: must be at most 8"), std::string::npos)
      << problem_of(options);
}

TEST(ConstraintTable, RefusesACountThatDoesNotFillWholeArrays) {
  ConstraintOptions options = options_of("shape");
  options.keep = 3;
  options.keep_multiple = 2;

  EXPECT_NE(problem_of(options).find("keep = 3: must be a multiple of keep_multiple = 2"),
            std::string::npos)
      << problem_of(options);
}

TEST(ConstraintTable, RoundsAFractionToTheNearestMultipleThatFits) {
  ConstraintOptions options = options_of("shape");  // of four
  options.keep.reset();
  options.keep_fraction = 0.6;
  EXPECT_EQ(make(options)->describe().at("keep"), 2);

  options.keep_multiple = 3;
  EXPECT_EQ(make(options)->describe().at("keep"), 3);

  options.keep_fraction = 1.0;
  options.keep_multiple = 3;
  EXPECT_EQ(make(options)->describe().at("keep"), 3);  // 6 would be beyond the tensor
}

TEST(ConstraintTable, AShareIsNeverRoundedToNothing) {
  ConstraintOptions options = options_of("shape");  // of four
  options.keep.reset();
  options.keep_fraction = 0.1;
  EXPECT_EQ(make(options)->describe().at("keep"), 1);
  options.keep_multiple = 3;
  EXPECT_EQ(make(options)->describe().at("keep"), 3);
  options.keep_multiple = 5;
  EXPECT_NE(problem_of(options).find("keep_multiple = 5: must be at most 4"), std::string::npos)
      << problem_of(options);
  options.keep_fraction = 0.0;
  EXPECT_EQ(make(options)->describe().at("keep"), 0);
}

TEST(ConstraintTable, RefusesFloorsThatDoNotFit) {
  ConstraintOptions options = options_of("global_cardinality");
  options.floors = {{"conv*", 4}};
  EXPECT_NE(problem_of(options).find("keep = 3: must be at least 4"), std::string::npos)
      << problem_of(options);

  options.floors = {{"conv*", 9}};
  EXPECT_NE(problem_of(options).find("floor = 9: must be at most 8"), std::string::npos);

  options.floors = {{"fc*", 1}};
  EXPECT_NE(problem_of(options).find("\"fc*\" matches none"), std::string::npos);
}

TEST(ConstraintTable, RefusesPatternsThatDoNotFitTheKernel) {
  ConstraintOptions options = options_of("pattern");
  options.pattern_entries = 3;
  EXPECT_NE(problem_of(options).find("pattern_entries = 3: must be at most 2"), std::string::npos)
      << problem_of(options);

  options.pattern_entries = 1;
  options.num_patterns = 1;  // but no weights to choose by
  EXPECT_NE(problem_of(options).find("num_patterns = 1"), std::string::npos);

  options.pattern_entries.reset();
  options.num_patterns.reset();
  options.patterns = {"012"};
  EXPECT_NE(problem_of(options).find("must be 2 characters 0 or 1"), std::string::npos);
}

TEST(ConstraintTable, CountsOnlyGroupsInsideTheMask) {
  ConstraintOptions options = options_of("quantized_groups_exactly");
  options.group = "filter";
  options.keep = 2;
  torch::Tensor mask = torch::ones(small_shape(), torch::kBool);
  mask[0].fill_(false);

  EXPECT_THROW((void)make(options, mask), ConfigError);
}

TEST(ConstraintTable, GivesEachFilterAScaleOfItsOwn) {
  ConstraintOptions options = options_of("binary");
  options.scale_per = ScaleScope::Filter;
  const torch::Tensor v =
      torch::tensor({1.0F, -3.0F, 2.0F, -2.0F, 10.0F, 10.0F, -30.0F, 30.0F}).reshape({2, 2, 1, 2});

  const torch::Tensor projected = make(options)->project(v);

  const torch::Tensor expected =
      torch::tensor({2.0F, -2.0F, 2.0F, -2.0F, 20.0F, 20.0F, -20.0F, 20.0F}).reshape({2, 2, 1, 2});
  EXPECT_TRUE(torch::equal(projected, expected)) << projected;
}

TEST(ConstraintTable, ExactCountsWhateverTheTies) {
  for (const char* kind : {"cardinality", "global_cardinality"}) {
    for (int keep = 0; keep <= kEntries; ++keep) {
      ConstraintOptions options = options_of(kind);
      options.keep = keep;

      const torch::Tensor projected = make(options)->project(torch::ones(small_shape()));

      EXPECT_EQ(torch::count_nonzero(projected).item<int>(), keep);
      EXPECT_EQ(torch::count_nonzero(projected.view(-1).slice(0, 0, keep)).item<int>(), keep);
    }
  }
}

TEST(Sequence, ResultLiesInEveryPart) {
  std::vector<std::shared_ptr<const Constraint>> parts;
  for (const char* kind : {"filter", "shape", "cardinality", "n_m"}) {
    parts.push_back(make(options_of(kind)));
  }
  const Sequence all(parts);
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const torch::Tensor projected = all.project(random_weight(trial));

    for (const auto& part : parts) EXPECT_TRUE(part->contains(projected));
    EXPECT_TRUE(all.contains(projected));
  }
}

}  // namespace
}  // namespace ohmweave::admm
