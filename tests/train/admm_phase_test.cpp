// SPDX-License-Identifier: Apache-2.0
// What the options of the solver do to a phase of ADMM.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/train/small_stages.h"
#include "tests/train/small_steps.h"

namespace ohmweave::train {
namespace {

/// The updates of a phase on the small network, 150 weights of fc1 and 50 of fc2 wanted.
std::vector<AdmmRow> updates_of(const admm::AdmmOptions& options, EngineKind engine) {
  const ScratchFolder scratch("admm_phase");
  static const TrainingSet set = small_set();
  StopAt progress(0);
  nn::GraphModule module = random_module();
  StepContext context = small_context(set, progress, scratch.folder("work"));
  context.engine = engine;
  const Masks masks = full_masks(module);
  const Constraints constraints = resolve_constraints(
      {constraint("cardinality", "fc1.weight", 150), constraint("cardinality", "fc2.weight", 50)},
      module, masks, LevelGrid{}, "/constraints");
  return run_admm_phase(module, constraints, masks, options, context).traces.updates;
}

admm::AdmmOptions eight_iterations() {
  admm::AdmmOptions options;
  options.iterations = 8;
  options.learning_rate = 2e-2;
  options.rho = 1e-2;
  options.rho_factor = 2.0;
  return options;
}

class AdmmPhase : public ::testing::TestWithParam<EngineKind> {};

TEST_P(AdmmPhase, EndsWhenAllResidualsAreSmallEnough) {
  admm::AdmmOptions options = eight_iterations();
  const std::vector<AdmmRow> all = updates_of(options, GetParam());
  ASSERT_EQ(all.size(), 16U);
  const auto are_small = [&](int iteration, const admm::StopOptions& stop) {
    for (const AdmmRow& row : all) {
      const admm::AdmmTrace& t = row.trace;
      if (row.iteration == iteration && (t.primal_residual > stop.primal * t.primal_size ||
                                         t.dual_residual > stop.dual * t.dual_size))
        return false;
    }
    return true;
  };
  options.stop.emplace();
  for (const double tolerance : {0.6, 0.3}) {
    options.stop->primal = tolerance;
    options.stop->dual = 10.0 * tolerance;
    int first = 1;
    while (first < 8 && !are_small(first, *options.stop)) ++first;
    ASSERT_LT(first, 8) << "the tolerance ends the phase early";

    const std::vector<AdmmRow> rows = updates_of(options, GetParam());

    EXPECT_EQ(rows.size(), 2U * static_cast<std::size_t>(first)) << tolerance;
  }
  options.stop->primal = 1e-9;
  EXPECT_EQ(updates_of(options, GetParam()).size(), 16U);
}

TEST_P(AdmmPhase, GivesWeightsARhoOfTheirOwn) {
  admm::AdmmOptions options = eight_iterations();
  const std::vector<AdmmRow> same = updates_of(options, GetParam());
  options.rho_by_weight = {{"fc*", 3.0}, {"fc2*", 30.0}};

  const std::vector<AdmmRow> rows = updates_of(options, GetParam());

  ASSERT_EQ(rows.size(), same.size());
  std::map<std::string, double> violation;
  std::map<std::string, double> violation_before;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const admm::AdmmTrace& trace = rows[i].trace;
    const double factor = trace.name == "fc2.weight" ? 30.0 : 3.0;
    EXPECT_NEAR(trace.rho, factor * same[i].trace.rho, 1e-9 * trace.rho) << trace.name;
    violation[trace.name] = trace.violation;
    violation_before[trace.name] = same[i].trace.violation;
  }
  EXPECT_LT(violation.at("fc2.weight"), violation_before.at("fc2.weight"));
}

TEST_P(AdmmPhase, MovesTheWeightsByTheOptimizerAskedFor) {
  admm::AdmmOptions options = eight_iterations();
  options.rho = 0.3;  // gradient steps are as long as the penalty is steep
  const std::vector<AdmmRow> adam = updates_of(options, GetParam());
  options.optimizer = admm::OptimizerKind::Sgd;

  const std::vector<AdmmRow> sgd = updates_of(options, GetParam());

  ASSERT_EQ(sgd.size(), adam.size());
  EXPECT_NE(sgd.front().trace.primal_residual, adam.front().trace.primal_residual);
  EXPECT_LT(sgd.back().trace.violation, 0.5 * sgd.front().trace.violation);
}

INSTANTIATE_TEST_SUITE_P(Engines, AdmmPhase,
                         ::testing::Values(EngineKind::Dense, EngineKind::Sparse),
                         [](const auto& entry) {
                           return entry.param == EngineKind::Dense ? "dense" : "sparse";
                         });

}  // namespace
}  // namespace ohmweave::train
