// SPDX-License-Identifier: Apache-2.0
#include "train/phase.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/error.h"
#include "nn/evaluate.h"
#include "tests/train/small_steps.h"
#include "train/sparse_learner.h"

namespace ohmweave::train {
namespace {

PhasePlan small_plan(int epochs, double learning_rate) {
  return {"test",
          epochs,
          32,
          cosine_rate(learning_rate, epochs),
          0.0,
          Keep::LeastValidationLoss,
          RandomStream(9)};
}

TEST(KeyedPermutation, HoldsEveryIndexOnceAndDependsOnItsStreamOnly) {
  const torch::Tensor a = keyed_permutation(100, RandomStream(1));
  const torch::Tensor b = keyed_permutation(100, RandomStream(2));

  EXPECT_TRUE(torch::equal(std::get<0>(a.sort()), torch::arange(100, torch::kInt64)));
  EXPECT_TRUE(torch::equal(a, keyed_permutation(100, RandomStream(1))));
  EXPECT_FALSE(torch::equal(a, b));
}

TEST(Phase, LowersTheLossAndKeepsTheBestEpoch) {
  const ScratchFolder scratch("phase");
  const TrainingSet set = small_set();
  nn::GraphModule module(small_network());
  nn::initialize(module, RandomStream(4));
  DenseLearner learner(module);
  StopAt progress(0);

  const Traces traces = run_phase({learner, learner.parameters(), set, progress},
                                  small_plan(4, 1e-2), {}, {scratch.folder("a") / "c", "s"});

  ASSERT_EQ(traces.epochs.size(), 4U);
  EXPECT_LT(traces.epochs.back().train_loss, traces.epochs.front().train_loss - 0.1);
  double best = 1e300;
  for (const EpochRow& row : traces.epochs) best = std::min(best, row.validation_loss);
  EXPECT_EQ(nn::evaluate(module, set.data.validation).loss, best);
}

/// What a phase says of the numbers that break it; empty if none do.
std::string failure_of(Learner& learner, const PhasePlan& plan, const PhaseHooks& hooks = {}) {
  const ScratchFolder scratch("failure");
  const TrainingSet set = small_set();
  StopAt progress(0);
  try {
    (void)run_phase({learner, learner.parameters(), set, progress}, plan, hooks,
                    {scratch.folder("a") / "c", "s"});
  } catch (const NumericError& error) {
    return error.what();
  }
  return "";
}

nn::GraphModule initialized(const Network& network) {
  nn::GraphModule module(network);
  nn::initialize(module, RandomStream(4));
  return module;
}

void expect_names_phase_epoch_step_and_layer(const std::string& text) {
  EXPECT_EQ(text.rfind("training 'test', epoch 1, step", 0), 0U) << text;
  EXPECT_NE(text.find("layer 'fc"), std::string::npos) << text;
}

TEST(Phase, ThatDivergesNamesPhaseEpochStepAndLayer) {
  nn::GraphModule module = initialized(small_network());
  DenseLearner learner(module);

  expect_names_phase_epoch_step_and_layer(failure_of(learner, small_plan(2, 1e30)));
}

TEST(Phase, ThatDivergesOnSparseNetworksNamesTheSame) {
  Network network = small_network();
  for (Node& node : network.nodes) node.dropout_fraction = 0.0;
  nn::GraphModule module = initialized(network);
  SparseLearner learner(module, full_masks(module));

  expect_names_phase_epoch_step_and_layer(failure_of(learner, small_plan(2, 1e30)));
}

TEST(Phase, SaysInWhichEpochAHookFindsBadNumbers) {
  nn::GraphModule module = initialized(small_network());
  DenseLearner learner(module);
  PhaseHooks hooks;
  hooks.after_epoch = [](int epoch) -> std::vector<AdmmRow> {
    if (epoch == 2) throw NumericError("'fc1.weight' diverges");
    return {};
  };

  EXPECT_EQ(failure_of(learner, small_plan(3, 1e-3), hooks),
            "training 'test', epoch 2 (its end): 'fc1.weight' diverges; a lower learning rate may "
            "help");
}

TEST(Phase, EndsWithTheRunningMeanOfItsWeights) {
  const ScratchFolder scratch("ema");
  const TrainingSet set = small_set();
  nn::GraphModule module(small_network());
  nn::initialize(module, RandomStream(4));
  DenseLearner learner(module);
  StopAt progress(0);
  PhasePlan plan = small_plan(1, 1e-2);
  plan.ema_decay = 0.9;
  torch::Tensor mean = module.parameter("fc1.weight").detach().clone();
  PhaseHooks hooks;
  hooks.after_step = [&] { mean = mean * 0.9 + module.parameter("fc1.weight").detach() * 0.1; };

  (void)run_phase({learner, learner.parameters(), set, progress}, plan, hooks,
                  {scratch.folder("a") / "c", "s"});

  EXPECT_TRUE(torch::allclose(module.parameter("fc1.weight"), mean, 1e-5, 1e-7));
}

TEST(Phase, MovesHiddenWeightsAndScoresTheSettledOnes) {
  const ScratchFolder scratch("hidden");
  const TrainingSet set = small_set();
  nn::GraphModule module(small_network());
  nn::initialize(module, RandomStream(4));
  DenseLearner learner(module);
  StopAt progress(0);
  const torch::Tensor start = module.parameter("fc1.weight").detach().clone();
  nn::TensorMap hidden = {{"fc1.weight", start.clone()}};
  PhaseHooks hooks;
  hooks.hidden = &hidden;
  hooks.settle = [&] {
    const torch::NoGradGuard no_grad;
    module.parameter("fc1.weight").copy_(hidden.at("fc1.weight").sign());
  };
  PhasePlan plan = small_plan(2, 1e-2);
  plan.keep = Keep::LastEpoch;

  const Traces traces = run_phase({learner, learner.parameters(), set, progress}, plan, hooks,
                                  {scratch.folder("a") / "c", "s"});

  EXPECT_GT((hidden.at("fc1.weight") - start).abs().max().item<double>(), 1e-3);
  EXPECT_TRUE(torch::equal(module.parameter("fc1.weight"), hidden.at("fc1.weight").sign()));
  EXPECT_EQ(nn::evaluate(module, set.data.validation).loss, traces.epochs.back().validation_loss);
}

TEST(Phase, CallsItsHooksInOrder) {
  const ScratchFolder scratch("hooks");
  const TrainingSet set = small_set();
  nn::GraphModule module(small_network());
  nn::initialize(module, RandomStream(4));
  DenseLearner learner(module);
  StopAt progress(0);
  std::string calls;
  PhaseHooks hooks;
  hooks.after_backward = [&] {
    calls += module.parameter("fc1.weight").grad().defined() ? "b" : "!";
  };
  hooks.after_step = [&] { calls += "s"; };
  hooks.after_epoch = [&](int epoch) {
    calls += std::to_string(epoch);
    return std::vector<AdmmRow>{};
  };

  (void)run_phase({learner, learner.parameters(), set, progress}, small_plan(2, 1e-3), hooks,
                  {scratch.folder("a") / "c", "s"});

  // 300 training images in batches of 32: ten steps an epoch.
  std::string epoch;
  for (int i = 0; i < 10; ++i) epoch += "bs";
  EXPECT_EQ(calls, epoch + "1" + epoch + "2");
}

}  // namespace
}  // namespace ohmweave::train
