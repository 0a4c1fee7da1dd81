// SPDX-License-Identifier: Apache-2.0
// Progressive compression: beams, cycles, regrowth and cuts, and that stops change no byte of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/owz.h"
#include "nn/torch_io.h"
#include "tests/train/small_stages.h"
#include "tests/train/small_steps.h"

namespace ohmweave::train {
namespace {

CompressStep counted_step(int keep) {
  CompressStep step;
  step.constraints = {constraint("global_cardinality", "*", keep)};
  step.admm.iterations = 0;
  step.retrain.epochs = 1;
  return step;
}

/// All that a step can be told: two steps, two tries each, the second from both results.
CompressOptions everything() {
  CompressStep first = counted_step(200);
  first.admm.iterations = 2;
  first.admm.metric = admm::MetricKind::Fisher;
  first.quantize.emplace();
  first.quantize->admm.iterations = 0;
  first.quantize->train_scales = true;
  first.quantize->retrain.epochs = 2;
  first.quantize->retrain.learning_rate = 1e-2;
  CompressStep second = counted_step(100);
  second.constraints.front().floors = {{"fc2.weight", 20}};
  second.cycles = 2;
  second.admm = {};
  second.cut.emplace().epochs = 2;
  second.regrow.emplace().epochs = 1;
  second.retrain.ema_decay = 0.9;
  second.quantize.emplace();
  admm::ConstraintOptions levels;
  levels.kind = "uniform_levels";
  levels.weights = "*";
  levels.levels = 3;
  second.quantize->levels = {levels};
  second.quantize->equalize = true;
  second.quantize->admm.iterations = 1;
  second.quantize->admm.metric = admm::MetricKind::Fisher;
  second.quantize->fix.emplace();
  second.quantize->fix->shares = {0.5, 1.0};
  second.quantize->fix->epochs = 2;
  second.quantize->train_scales = true;
  second.quantize->round_activations = false;
  second.quantize->bias_mantissa_bits = 7;
  second.quantize->retrain.epochs = 2;
  second.quantize->retrain.learning_rate = 1e-2;
  second.quantize->retrain.ema_decay = 0.9;
  CompressOptions options;
  options.steps = {first, second};
  options.beam.parents = 2;
  options.beam.children = 2;
  options.fisher.images = 100;
  options.distill.emplace();
  return options;
}

TEST(Progressive, StoppedAfterEveryEpochWritesTheSameBytes) {
  const ScratchFolder straight("progressive_straight");
  const ScratchFolder stopped("progressive_stopped");
  StopAt never(0);
  (void)run_dense(straight, never);
  (void)run_dense(stopped, never);

  const Files expected = run_compress(straight, everything(), never);
  int num_stops = 0;
  const Files files = run_with_stops(
      [&](Progress& progress) { return run_compress(stopped, everything(), progress); }, num_stops);

  // Two tries of ADMM, retraining and refinement; four of two cycles (regrowth, cuts, retraining),
  // ADMM, two rounds of fixing and refinement.
  EXPECT_EQ(num_stops, 2 * (2 + 1 + 2) + 4 * (2 * (1 + 2 + 1) + 1 + 2 * 2 + 2));
  ASSERT_EQ(files.size(), expected.size());
  for (const auto& [name, text] : expected) EXPECT_TRUE(files.at(name) == text) << name;
}

TEST(Progressive, KeepsAllPromisesOfItsSecondStep) {
  const ScratchFolder scratch("promises");
  StopAt never(0);
  (void)run_dense(scratch, never);

  const Files files = run_compress(scratch, everything(), never);

  const NetworkModel model = load_network_model(scratch.folder("compress"));
  const Masks masks = masks_of(nn::load_tensors(scratch.folder("compress") / "masks.safetensors"));
  EXPECT_EQ(count_weights(masks), 100);
  EXPECT_GE(masks.at("fc2.weight").sum().item<int>(), 20);
  EXPECT_EQ(live_weights(model.network, as_bytes(masks)), as_bytes(masks));
  for (const std::string node : {"fc1", "fc2"}) {
    const torch::Tensor codes =
        nn::to_torch(model.parameters.at(node + ".weight")) / model.level_scales.at(node);
    EXPECT_TRUE(torch::allclose(codes, codes.round(), 0.0, 1e-5)) << node;
    EXPECT_TRUE(torch::equal(codes.ne(0.0), masks.at(node + ".weight"))) << node;
    EXPECT_LE(codes.abs().max().item<double>(), 3.0 + 1e-5) << node;
    for (const float bias : model.parameters.at(node + ".bias").values) {
      EXPECT_EQ(bias, round_mantissa(bias, 7)) << node;
    }
  }
  EXPECT_EQ(decode_owz(files.at("model.owz"), "model.owz").parameters.at("fc1.weight").values,
            model.parameters.at("fc1.weight").values);
}

TEST(Beam, GoesOnFromTheResultsOfLeastValidationLoss) {
  const ScratchFolder scratch("beam");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressStep none;  // leaves its parent as it is
  none.retrain.epochs = 0;
  CompressOptions options;
  options.steps = {counted_step(60), none};
  options.beam.parents = 2;
  options.beam.children = 3;

  (void)run_compress(scratch, options, never);

  const auto state = [&](const std::string& name) {
    return load_state(scratch.folder("compress.work") / name);
  };
  std::vector<CompressState> tries = {state("step_1"), state("step_1_1_2"), state("step_1_1_3")};
  EXPECT_NE(tries[0].validation_loss, tries[1].validation_loss);
  EXPECT_NE(tries[1].validation_loss, tries[2].validation_loss);
  std::sort(tries.begin(), tries.end(), [](const CompressState& a, const CompressState& b) {
    return a.validation_loss < b.validation_loss;
  });
  EXPECT_EQ(state("step_2").validation_loss, tries[0].validation_loss);
  EXPECT_EQ(state("step_2_2_1").validation_loss, tries[1].validation_loss);
  const NetworkModel result = load_network_model(scratch.folder("compress"));
  EXPECT_EQ(result.parameters.at("fc1.weight").values,
            tries[0].model.parameters.at("fc1.weight").values);
}

TEST(Beam, AskedToGoesOnFromTheResultsWithMostRightAnswers) {
  CompressState right;
  right.validation_accuracy = 0.99;
  right.validation_loss = 0.05;
  CompressState sure = right;
  sure.validation_accuracy = 0.98;
  sure.validation_loss = 0.03;
  CompressState surer = right;
  surer.validation_loss = 0.04;

  EXPECT_TRUE(is_better(sure, right, JudgeKind::Validation));
  EXPECT_TRUE(is_better(right, sure, JudgeKind::ValidationAccuracy));
  EXPECT_FALSE(is_better(sure, right, JudgeKind::ValidationAccuracy));
  EXPECT_TRUE(is_better(surer, right, JudgeKind::ValidationAccuracy)) << "as many: the lesser loss";

  const ScratchFolder scratch("beam_accuracy");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressStep none;
  none.retrain.epochs = 0;
  CompressOptions options;
  options.steps = {counted_step(60), none};
  options.beam.children = 4;
  options.beam.judge = JudgeKind::ValidationAccuracy;
  (void)run_compress(scratch, options, never);
  const auto state = [&](const std::string& name) {
    return load_state(scratch.folder("compress.work") / name);
  };
  CompressState best = state("step_1");
  for (const std::string name : {"step_1_1_2", "step_1_1_3", "step_1_1_4"}) {
    const CompressState next = state(name);
    if (is_better(next, best, JudgeKind::ValidationAccuracy)) best = next;
  }
  EXPECT_EQ(state("step_2").validation_accuracy, best.validation_accuracy);
  EXPECT_EQ(state("step_2").validation_loss, best.validation_loss);
}

TEST(Beam, LossIsThatOfTheQuantizedNetwork) {
  const ScratchFolder scratch("beam_loss");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressOptions options;
  options.steps = {counted_step(60)};
  options.steps[0].quantize.emplace();
  options.steps[0].quantize->bias_mantissa_bits = 0;

  (void)run_compress(scratch, options, never);

  const CompressState state = load_state(scratch.folder("compress.work") / "step_1");
  nn::GraphModule module = nn::make_module(state.model);
  EXPECT_EQ(state.validation_loss, nn::evaluate(module, small_set().data.validation).loss);
}

/// A network of 200 weights, trained for a while.
struct TrainedState {
  TrainedState(const ScratchFolder& scratch, int epochs)
      : set(small_set()), progress(0), folder(scratch.folder("start")) {
    CompressStep step = counted_step(200);
    step.retrain.epochs = epochs;
    step.retrain.learning_rate = 1e-2;
    const nn::GraphModule module = random_module();
    state = run_step({nn::to_model(module, {}), full_masks(module), {}}, step, context("start"));
    state.traces = {};
  }
  [[nodiscard]] StepContext context(const std::string& name) {
    return small_context(set, progress, folder / name);
  }
  TrainingSet set;
  StopAt progress;
  std::filesystem::path folder;
  CompressState state;
};

TEST(Cycles, ThatMakeTheNetworkWorseAreDiscarded) {
  const ScratchFolder scratch("worse");
  TrainedState start(scratch, 30);
  CompressStep harmful = counted_step(200);
  harmful.cycles = 2;
  harmful.retrain.learning_rate = 1.0;

  const CompressState result = run_step(start.state, harmful, start.context("harmful"));

  const CompressState first = load_state(start.folder / "harmful" / "cycle_1.done");
  const CompressState second = load_state(start.folder / "harmful" / "cycle_2.done");
  EXPECT_GT(first.validation_loss, start.state.validation_loss);
  EXPECT_GT(second.validation_loss, start.state.validation_loss);
  EXPECT_EQ(second.traces.epochs.size(), 1U);  // it went on from the start, not from the first
  EXPECT_EQ(result.validation_loss, start.state.validation_loss);
  for (const auto& [name, tensor] : start.state.model.parameters) {
    EXPECT_EQ(result.model.parameters.at(name).values, tensor.values) << name;
  }
}

TEST(Cycles, GoOnFromTheBestNetworkSoFar) {
  const ScratchFolder scratch("better");
  TrainedState start(scratch, 2);
  CompressStep step = counted_step(200);
  step.cycles = 2;
  step.regrow.emplace().epochs = 1;
  step.retrain.learning_rate = 1e-2;

  const CompressState result = run_step(start.state, step, start.context("step"));

  const CompressState first = load_state(start.folder / "step" / "cycle_1.done");
  const CompressState second = load_state(start.folder / "step" / "cycle_2.done");
  ASSERT_LT(first.validation_loss, start.state.validation_loss);
  EXPECT_EQ(second.traces.epochs.size(), 4U);  // two of its own after two of the first
  EXPECT_EQ(result.validation_loss, std::min(first.validation_loss, second.validation_loss));
}

TEST(Cycles, TakeTheFirstWhenTheStartIsNotInTheSets) {
  const ScratchFolder scratch("outside");
  TrainedState start(scratch, 30);
  CompressStep step = counted_step(30);  // worse than 200 weights, whatever is trained
  step.cycles = 2;

  const CompressState result = run_step(start.state, step, start.context("step"));

  EXPECT_EQ(count_weights(result.masks), 30);
  EXPECT_GT(result.validation_loss, start.state.validation_loss);
}

TEST(Regrow, LetsRemovedWeightsComeBack) {
  const ScratchFolder scratch("regrow");
  TrainedState start(scratch, 2);
  CompressStep step = counted_step(200);
  step.cut.emplace().epochs = 2;
  const auto new_weights = [&](const CompressState& state) {
    std::int64_t count = 0;
    for (const auto& [name, mask] : state.masks) {
      count += mask.logical_and(start.state.masks.at(name).logical_not()).sum().item<int>();
    }
    return count;
  };

  const CompressState without = run_step(start.state, step, start.context("without"));
  step.regrow.emplace().epochs = 1;
  const CompressState with = run_step(start.state, step, start.context("with"));

  EXPECT_EQ(new_weights(without), 0);
  EXPECT_GT(new_weights(with), 0);
  EXPECT_EQ(count_weights(with.masks), 200);
}

TEST(Cut, RefusesACountThatSomeWeightsDoNotShareBeforeAnythingIsTrained) {
  const ScratchFolder scratch("cut_part");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressOptions options;
  options.steps = {counted_step(200), counted_step(60)};
  options.steps[1].constraints[0].weights = "fc1*";
  options.steps[1].cut.emplace();

  StopAt progress(0);
  try {
    (void)run_compress(scratch, options, progress);
    FAIL() << "a cut of a part of the network was taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what())
                  .find("/compress/steps/1/cut: needs constraints/0/weights to match all weights "
                        "of the network"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(progress.num_steps, 0);
}

TEST(CompressOptions, EverythingSurvivesARoundTrip) {
  const Json written = write_config(everything());

  EXPECT_EQ(write_config(read_config<CompressOptions>(written, "/compress")), written);
}

}  // namespace
}  // namespace ohmweave::train
