// SPDX-License-Identifier: Apache-2.0
// The two stages end to end on a small network: what they write, and that being stopped anywhere
// changes no byte of it.
#include "train/stages.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "admm/conductance_levels.h"
#include "core/owz.h"
#include "core/safetensors.h"
#include "nn/torch_io.h"
#include "tests/core/residual_model.h"
#include "tests/train/small_stages.h"

namespace ohmweave::train {
namespace {

CompressOptions small_steps() {
  CompressStep first;
  first.constraints = {constraint("array_row", "fc1.weight", 40)};
  first.admm.iterations = 2;
  first.admm.rho = 0.05;
  first.retrain.epochs = 1;
  CompressStep second;
  second.constraints = {constraint("cardinality", "fc1.weight", 100),
                        constraint("cardinality", "fc2.weight", 60)};
  second.admm.iterations = 2;
  second.admm.rho = 0.05;
  second.retrain.epochs = 2;
  second.retrain.ema_decay = 0.9;
  second.quantize.emplace();
  second.quantize->admm.iterations = 1;
  second.quantize->retrain.epochs = 2;
  second.quantize->retrain.ema_decay = 0.9;
  CompressOptions options;
  options.steps = {first, second};
  options.distill.emplace();
  return options;
}

TEST(DenseStage, StoppedAfterEveryEpochWritesTheSameBytes) {
  const ScratchFolder straight("straight");
  const ScratchFolder stopped("stopped");
  StopAt never(0);

  const Files expected = run_dense(straight, never);
  int num_stops = 0;
  const Files files =
      run_with_stops([&](Progress& progress) { return run_dense(stopped, progress); }, num_stops);

  EXPECT_EQ(num_stops, 4);
  EXPECT_EQ(files, expected);
  EXPECT_EQ(
      files.count("model.safetensors") + files.count("network.json") + files.count("train.csv"),
      3U);
}

TEST(DenseStage, OtherSeedsGiveOtherWeights) {
  const ScratchFolder scratch("seeds");
  StopAt never(0);
  const Files first = run_dense(scratch, never);

  // Same work folder: the checkpoint of the other seed must not be taken for this one's.
  dense_stage(small_network(), small_data(), small_training(),
              {scratch.folder("dense2"), scratch.folder("dense.work"), 2,
               RandomStream(2).child("dense"), never});

  EXPECT_NE(contents(scratch.folder("dense2")).at("model.safetensors"),
            first.at("model.safetensors"));
}

TEST(DenseStage, RefusesANetworkThatDoesNotFitTheImages) {
  const ScratchFolder scratch("fit");
  StopAt never(0);
  Network network = small_network();
  network.input = {3, 28, 28};

  try {
    dense_stage(network, small_data(), {},
                {scratch.folder("dense"), scratch.folder("work"), 1, RandomStream(1), never});
    FAIL() << "3 channels were taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("images are 1 x 28 x 28, the network takes 3 x 28"),
              std::string::npos)
        << error.what();
  }
}

TEST(CompressStage, LeavesExactCountsOnLevelsInsideItsMasks) {
  const ScratchFolder scratch("compress");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressOptions options = small_steps();
  options.steps[1].remove_dead_paths = false;  // which would leave less than the counts

  (void)run_compress(scratch, options, never);

  const NetworkModel model = load_network_model(scratch.folder("compress"));
  const nn::TensorMap masks = nn::load_tensors(scratch.folder("compress") / "masks.safetensors");
  EXPECT_EQ(masks.at("fc1.weight").sum().item<int>(), 100);
  EXPECT_EQ(masks.at("fc2.weight").sum().item<int>(), 60);
  for (const std::string node : {"fc1", "fc2"}) {
    const torch::Tensor weight = nn::to_torch(model.parameters.at(node + ".weight"));
    const torch::Tensor mask = masks.at(node + ".weight").to(torch::kBool);
    const admm::ConductanceLevels levels(4, mask);
    EXPECT_TRUE(levels.contains(weight)) << node;
    EXPECT_GT(model.level_scales.at(node), 0.0);
    EXPECT_EQ(torch::count_nonzero(weight.masked_select(mask.logical_not())).item<int>(), 0);
  }
  EXPECT_EQ(model.network.nodes[5].dropout_fraction, 0.2);
}

TEST(CompressStage, SecondStepStaysInsideTheFirstStepsSet) {
  const ScratchFolder scratch("progressive");
  StopAt never(0);
  (void)run_dense(scratch, never);

  (void)run_compress(scratch, small_steps(), never);

  // 49 inputs x 16 outputs in arrays of 16 columns: one group a matrix row, of which 40 may stay.
  const NetworkModel model = load_network_model(scratch.folder("compress"));
  const torch::Tensor weight = nn::to_torch(model.parameters.at("fc1.weight"));
  EXPECT_LE(torch::count_nonzero(weight.abs().sum(0)).item<int>(), 40);
}

TEST(CompressStage, ArchiveHoldsTheSameNetwork) {
  const ScratchFolder scratch("archive");
  StopAt never(0);
  (void)run_dense(scratch, never);

  const Files files = run_compress(scratch, small_steps(), never);

  const NetworkModel model = load_network_model(scratch.folder("compress"));
  const NetworkModel decoded = decode_owz(files.at("model.owz"), "model.owz");
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_EQ(decoded.parameters.at(name).values, tensor.values) << name;
  }
  const Json compression = Json::parse(files.at("compression.json"));
  EXPECT_EQ(compression.at("dense_weights"), 49 * 16 + 160);
  EXPECT_LE(compression.at("nonzero_weights"), 160);
}

TEST(CompressStage, StoppedAfterEveryEpochWritesTheSameBytes) {
  const ScratchFolder straight("compress_straight");
  const ScratchFolder stopped("compress_stopped");
  StopAt never(0);
  (void)run_dense(straight, never);
  (void)run_dense(stopped, never);

  const Files expected = run_compress(straight, small_steps(), never);
  int num_stops = 0;
  const Files files = run_with_stops(
      [&](Progress& progress) { return run_compress(stopped, small_steps(), progress); },
      num_stops);

  EXPECT_EQ(num_stops, 2 + 1 + 2 + 2 + 1 + 2);  // all epochs of all phases
  EXPECT_EQ(files, expected);
}

TEST(CompressStage, TrainsTheTeachersItAsksForAndGoesOnWithThem) {
  const ScratchFolder alone("one_teacher");
  const ScratchFolder straight("two_teachers");
  const ScratchFolder stopped("two_teachers_stopped");
  StopAt never(0);
  for (const ScratchFolder* scratch : {&alone, &straight, &stopped}) {
    (void)run_dense(*scratch, never);
  }
  CompressOptions options = small_steps();
  options.distill.emplace();
  const Files own_teacher = run_compress(alone, options, never);
  options.distill->teachers = 2;

  const Files expected = run_compress(straight, options, never);
  int num_stops = 0;
  const Files files = run_with_stops(
      [&](Progress& progress) { return run_compress(stopped, options, progress); }, num_stops);

  EXPECT_EQ(num_stops, TrainOptions().epochs + 2 + 1 + 2 + 2 + 1 + 2);
  EXPECT_EQ(files, expected);
  EXPECT_NE(files.at("model.owz"), own_teacher.at("model.owz"));
}

TEST(CompressStage, DoesNotRepeatAFinishedStep) {
  const ScratchFolder scratch("finished");
  StopAt never(0);
  (void)run_dense(scratch, never);
  const Files first = run_compress(scratch, small_steps(), never);

  StopAt again(0);
  const Files second = run_compress(scratch, small_steps(), again);

  EXPECT_EQ(again.num_steps, 0);
  EXPECT_EQ(second, first);
}

TEST(CompressStage, ChangingTheSecondStepKeepsTheFirst) {
  const ScratchFolder scratch("changed");
  StopAt never(0);
  (void)run_dense(scratch, never);
  (void)run_compress(scratch, small_steps(), never);
  CompressOptions changed = small_steps();
  changed.steps[1].constraints[0].keep = 90;

  StopAt again(0);
  (void)run_compress(scratch, changed, again);

  EXPECT_EQ(again.num_chances, 2 + 2 + 1 + 2);  // the epochs of the second step only
  const NetworkModel model = load_network_model(scratch.folder("compress"));
  const torch::Tensor weight = nn::to_torch(model.parameters.at("fc1.weight"));
  EXPECT_LE(torch::count_nonzero(weight).item<int>(), 90);
}

TEST(CompressStage, ResidualsOfTheConstraintShrinkAsRhoGrows) {
  const ScratchFolder scratch("residual");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressOptions options = small_steps();
  options.steps.erase(options.steps.begin() + 1);
  options.steps[0].admm.iterations = 8;
  options.steps[0].admm.rho_factor = 2.0;
  options.steps[0].admm.learning_rate = 2e-2;  // ten steps an iteration must be able to follow Z

  const Files files = run_compress(scratch, options, never);

  std::istringstream rows(files.at("admm.csv"));
  std::vector<double> violations;
  std::string row;
  std::getline(rows, row);
  while (std::getline(rows, row)) {
    const std::size_t last = row.rfind(',');
    const std::size_t before = row.rfind(',', last - 1);
    violations.push_back(std::stod(row.substr(before + 1)));
  }
  ASSERT_EQ(violations.size(), 8U);
  EXPECT_LT(violations.back(), 0.5 * violations.front());
}

TEST(CompressStage, NamesThePatternThatMatchesNoWeight) {
  const ScratchFolder scratch("pattern");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressOptions options = small_steps();
  options.steps[1].constraints[0].weights = "conv*.weight";

  StopAt progress(0);
  try {
    (void)run_compress(scratch, options, progress);
    FAIL() << "a pattern without a match was taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what())
                  .find("/compress/steps/1/constraints/0/weights = \"conv*.weight\": matches no "
                        "weight; the weights are: fc1.weight, fc2.weight"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(progress.num_steps, 0);  // found before anything was trained
}

TEST(CompressStage, BiasRefinementLeavesTheProjectedWeights) {
  const ScratchFolder scratch("biases");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressOptions options = small_steps();
  options.steps[1].quantize->refine = RefineKind::Biases;
  CompressOptions none = options;
  none.steps[1].quantize->retrain.epochs = 0;

  (void)run_compress(scratch, options, never);
  const NetworkModel refined = load_network_model(scratch.folder("compress"));
  (void)run_compress(scratch, none, never);
  const NetworkModel projected = load_network_model(scratch.folder("compress"));

  EXPECT_EQ(refined.parameters.at("fc1.weight").values,
            projected.parameters.at("fc1.weight").values);
  EXPECT_NE(refined.parameters.at("fc1.bias").values, projected.parameters.at("fc1.bias").values);
}

/// 28 x 28 -> average pool 4 -> conv 3x3, 6 filters -> batch norm -> ReLU -> fc 10; its batch norm
/// scales every filter by another gain.
NetworkModel model_with_batch_norm() {
  using sample::conv;
  using sample::node;
  NetworkModel model;
  model.network = sample::network(
      {1, 28, 28},
      {sample::windowed("pool", Op::AvgPool2d, 0, {4, 4}), conv("conv", 1, 6, {3, 1, 1}),
       node("norm", Op::BatchNorm2d, {2}), node("relu", Op::Relu, {3}),
       node("flatten", Op::Flatten, {4}), sample::with_bias(sample::linear("fc", 5, 10))});
  model.parameters = sample::random_parameters(model.network, RandomStream(7));
  return model;
}

TEST(CompressStage, FoldsBatchNormsBeforeTheLevelsAreChosen) {
  const ScratchFolder scratch("batch_norm");
  save_network_model(model_with_batch_norm(), scratch.folder("dense"));
  CompressStep pruning;
  pruning.constraints = {constraint("cardinality", "conv.weight", 30)};
  pruning.admm.iterations = 1;
  pruning.retrain.epochs = 1;
  CompressStep quantizing = pruning;
  quantizing.quantize.emplace();
  quantizing.quantize->admm.iterations = 1;
  quantizing.quantize->retrain.epochs = 1;
  CompressOptions options;
  options.steps = {pruning, quantizing};
  StopAt never(0);

  (void)run_compress(scratch, options, never);

  const NetworkModel model = load_network_model(scratch.folder("compress"));
  for (const Node& node : model.network.nodes) EXPECT_NE(node.op, Op::BatchNorm2d);
  const torch::Tensor weight = nn::to_torch(model.parameters.at("conv.weight"));
  const torch::Tensor mask =
      nn::load_tensors(scratch.folder("compress") / "masks.safetensors").at("conv.weight");
  EXPECT_EQ(mask.sum().item<int>(), 30);
  EXPECT_TRUE(admm::ConductanceLevels(4, mask.to(torch::kBool)).contains(weight));
  EXPECT_EQ(model.level_scales.size(), 2U);
  EXPECT_EQ(fold_for_inference(model).level_scales, model.level_scales);
}

TEST(CompressStage, KeepsThePatternsThatKernelsVotedForAtTheStepsStart) {
  const ScratchFolder scratch("patterns");
  save_network_model(model_with_batch_norm(), scratch.folder("dense"));
  CompressStep step;
  step.constraints = {constraint("pattern", "conv.weight", 4)};
  step.constraints[0].pattern_entries = 3;
  step.constraints[0].num_patterns = 2;
  step.admm.iterations = 2;
  step.retrain.epochs = 1;
  step.quantize.emplace();
  step.quantize->admm.iterations = 1;
  step.quantize->retrain.epochs = 1;
  CompressOptions options;
  options.steps = {step, step};
  StopAt never(0);

  (void)run_compress(scratch, options, never);

  const NetworkModel model = load_network_model(scratch.folder("compress"));
  const torch::Tensor kernels =
      nn::to_torch(model.parameters.at("conv.weight")).reshape({-1, 9}).ne(0.0);
  EXPECT_LE(kernels.any(1).sum().item<int>(), 4);
  std::set<std::vector<int>> patterns;
  for (int k = 0; k < kernels.size(0); ++k) {
    if (!kernels[k].any().item<bool>()) continue;
    std::vector<int> places;
    for (int i = 0; i < 9; ++i)
      if (kernels[k][i].item<bool>()) places.push_back(i);
    EXPECT_LE(places.size(), 3U);
    patterns.insert(places);
  }
  EXPECT_LE(patterns.size(), 2U);
}

TEST(CompressStage, RefusesSetsThatLeaveNothing) {
  const ScratchFolder scratch("nothing");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressStep step;  // one weight of the first layer and none of the second
  step.constraints = {constraint("cardinality", "fc1.weight", 1),
                      constraint("cardinality", "fc2.weight", 0)};
  step.admm.iterations = 1;
  step.retrain.epochs = 0;
  CompressOptions options;
  options.steps = {step};

  try {
    (void)run_compress(scratch, options, never);
    FAIL() << "a network without weights was kept";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().at(0).find("/compress/steps/0/constraints: leave no weight on"), 0U)
        << error.problems().at(0);
  }
}

TEST(CompressStage, RefusesLevelsBeyondTheCodesOfTheCells) {
  const ScratchFolder scratch("levels");
  StopAt never(0);
  (void)run_dense(scratch, never);
  CompressOptions options = small_steps();
  admm::ConstraintOptions levels;
  levels.kind = "uniform_levels";
  levels.weights = "*";
  levels.levels = 20;
  options.steps[1].quantize->levels = {levels};

  StopAt progress(0);
  try {
    (void)run_compress(scratch, options, progress);
    FAIL() << "20 levels of a sign were taken for 4 bits";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().at(0),
              "/compress/steps/1/quantize/levels/0: the greatest level is 20 times the scale; "
              "/array/weight_bits = 4 holds 15");
  }
  EXPECT_EQ(progress.num_steps, 0);
}

TEST(CompressOptions, RefuseAdmmBesideCuts) {
  const Json json = Json::parse(R"({"steps": [{"constraints": [
    {"kind": "global_cardinality", "weights": "*", "keep": 10}], "cut": {}, "admm": {"rho": 1}}]})");

  try {
    (void)read_config<CompressOptions>(json, "/compress");
    FAIL() << "taken";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("/compress/steps/0/admm: has no effect beside 'cut'"),
              std::string::npos)
        << error.what();
  }
}

TEST(CompressOptions, RefuseLevelsAsAConstraint) {
  const Json json = Json::parse(R"({"steps": [{"constraints": [
    {"kind": "binary", "weights": "*"}]}]})");

  try {
    (void)read_config<CompressOptions>(json, "/compress");
    FAIL() << "binary was taken as a constraint";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("/compress/steps/0/constraints: binary gives weights"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace ohmweave::train
