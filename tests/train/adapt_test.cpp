// SPDX-License-Identifier: Apache-2.0
// Training through the arrays: that it wins back what wires take, holds what was placed, and ends
// with the same bytes wherever it is stopped.
#include <gtest/gtest.h>

#include <algorithm>

#include "nn/evaluate.h"
#include "tests/inference/small_networks.h"
#include "tests/train/small_stages.h"
#include "train/array_weights.h"
#include "train/calibration.h"

namespace ohmweave::train {
namespace {

/// Enough images that training for faults does not just learn them by heart.
data::DataOptions images() {
  data::DataOptions options = small_data();
  options.num_train_images = 800;
  return options;
}

/// The small network, trained once, on arrays whose wires take much of the currents.
class Adapt : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const ScratchFolder scratch("adapt_dense");
    StopAt never(0);
    TrainOptions training;
    training.epochs = 12;
    training.batch = 32;
    training.learning_rate = 1e-2;
    dense_stage(small_network_without_dropout(), images(), training,
                {scratch.folder("dense"), scratch.folder("dense.work"), 1, RandomStream(1), never});
    dense_ = new NetworkModel(load_network_model(scratch.folder("dense")));
    // Some weights are pruned: their cells are there, their codes are 0.
    for (auto& [name, tensor] : dense_->parameters)
      if (name == "fc1.weight")
        for (float& value : tensor.values)
          if (std::abs(value) < 0.02F) value = 0.0F;
  }
  static void TearDownTestSuite() {
    delete dense_;
    dense_ = nullptr;
  }

  static AdaptInputs inputs(double segment_ohm) {
    AdaptInputs inputs;
    inputs.model = *dense_;
    inputs.hardware = inference::ideal_hardware(64, 32);
    inputs.hardware.array.row_ohm = inputs.hardware.array.col_ohm = segment_ohm;
    inputs.hardware.device.mismatch_sigma = 0.02;
    inputs.placement = inference::simple_placement(quantize(*dense_, {}), inputs.hardware.array);
    inputs.stamp = "a run";
    return inputs;
  }

  static AdaptOptions options(AdaptDevices devices = AdaptDevices::Ideal) {
    AdaptOptions options;
    options.devices = devices;
    options.epochs = 3;
    options.batch = 50;
    options.learning_rate = 5e-3;
    return options;
  }

  static Files run(const ScratchFolder& scratch, const AdaptInputs& inputs,
                   const AdaptOptions& options, Progress& progress) {
    const auto output = scratch.folder("adapt");
    adapt_stage(
        inputs, images(), options,
        {output, scratch.folder("adapt.work"), 1, RandomStream(1).child("adapt"), progress});
    return contents(output);
  }

  static double loss(const Json& summary, const char* form) {
    return summary.at("validation").at(form).at("loss").get<double>();
  }

  static NetworkModel* dense_;
};
NetworkModel* Adapt::dense_ = nullptr;

TEST_F(Adapt, WinsBackWhatWiresTake) {
  const ScratchFolder scratch("adapt");
  StopAt never(0);

  const Files files = run(scratch, inputs(40.0), options(), never);

  const Json summary = Json::parse(files.at("adapt.json"));
  const double ideal = loss(summary, "ideal");
  EXPECT_GT(loss(summary, "programmed"), 1.5 * ideal);
  EXPECT_LT(loss(summary, "adapted"), ideal + 0.3 * (loss(summary, "programmed") - ideal));
  EXPECT_LT(loss(summary, "adapted"), loss(summary, "rescaled"));
  EXPECT_EQ(summary.at("kept"), "adapted");
}

TEST_F(Adapt, KeepsWhichWeightsAreThere) {
  const ScratchFolder scratch("adapt_support");
  StopAt never(0);
  const AdaptInputs given = inputs(40.0);

  (void)run(scratch, given, options(), never);

  const QuantizedNetwork before = quantize(*dense_, {});
  const QuantizedNetwork after = quantize(load_network_model(scratch.folder("adapt")), {});
  EXPECT_NO_THROW(mapping::validate(given.placement, after));
  int num_changed = 0;
  for (const int node : weight_nodes(before.network)) {
    const std::vector<std::int32_t>& old_codes = before.nodes[node].weights->codes;
    const std::vector<std::int32_t>& codes = after.nodes[node].weights->codes;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      EXPECT_EQ(codes[i] == 0, old_codes[i] == 0) << node << ", " << i;
      num_changed += codes[i] != old_codes[i] ? 1 : 0;
    }
  }
  EXPECT_GT(num_changed, 20);
}

TEST_F(Adapt, StoppedAfterEveryEpochWritesTheSameBytes) {
  for (const AdaptDevices devices : {AdaptDevices::Ideal, AdaptDevices::Drawn}) {
    const ScratchFolder straight("adapt_straight");
    const ScratchFolder stopped("adapt_stopped");
    StopAt never(0);

    const Files expected = run(straight, inputs(40.0), options(devices), never);
    int num_stops = 0;
    const Files files = run_with_stops(
        [&](Progress& progress) { return run(stopped, inputs(40.0), options(devices), progress); },
        num_stops);

    EXPECT_EQ(num_stops, 3);
    EXPECT_EQ(files, expected);
  }
}

TEST_F(Adapt, DrawnChipsAreOthersAtEveryStep) {
  const ScratchFolder ideal("adapt_ideal");
  const ScratchFolder drawn("adapt_drawn");
  StopAt never(0);

  const Files expected = run(ideal, inputs(10.0), options(), never);
  const Files files = run(drawn, inputs(10.0), options(AdaptDevices::Drawn), never);

  EXPECT_NE(files.at("model.safetensors"), expected.at("model.safetensors"));
  const Json summary = Json::parse(files.at("adapt.json"));
  EXPECT_LT(loss(summary, "adapted"), loss(summary, "programmed"));
}

TEST_F(Adapt, KnownFaultsAreTrainedAround) {
  const ScratchFolder known("adapt_known");
  StopAt never(0);
  AdaptInputs given = inputs(1.0);
  given.hardware.device.stuck_on_fraction = 0.03;
  given.hardware.device.stuck_off_fraction = 0.05;

  const Json summary =
      Json::parse(run(known, given, options(AdaptDevices::FirstChip), never).at("adapt.json"));

  const double ideal = loss(summary, "ideal");
  EXPECT_GT(loss(summary, "programmed"), 1.3 * ideal);
  EXPECT_LT(loss(summary, "adapted"), ideal + 0.7 * (loss(summary, "programmed") - ideal));
  // What was trained is what an evaluation programs as chip 0.
  const NetworkModel model = load_network_model(known.folder("adapt"));
  nn::GraphModule module = nn::make_module(model);
  DenseLearner learner(module);
  learner.set_activation_formats(training_formats(fold_for_inference(*dense_), {}));
  ArrayWeights weights({quantize(model, {}), given.placement}, given.hardware, learner);
  weights.take_chip({RandomStream(1).child("adapt"), 0});
  weights.settle();
  const TrainingSet set = load_training_set(images(), std::nullopt, 1);
  EXPECT_NEAR(learner.evaluate(set.data.validation).loss, loss(summary, "adapted"), 1e-5);
}

TEST_F(Adapt, WhatWritingWillGetWrongIsNotKnown) {
  const ScratchFolder exact("adapt_exact");
  const ScratchFolder spread("adapt_spread");
  StopAt never(0);
  AdaptInputs given = inputs(1.0);
  AdaptOptions short_training = options(AdaptDevices::FirstChip);
  short_training.epochs = 1;

  const Files expected = run(exact, given, short_training, never);
  given.hardware.device.programming.emplace().fraction = 0.15;
  const Files files = run(spread, given, short_training, never);

  EXPECT_EQ(files, expected);
}

TEST_F(Adapt, OfAnAdaptedNetworkLosesNothing) {
  const ScratchFolder scratch("adapt_twice");
  StopAt never(0);
  AdaptInputs given = inputs(40.0);
  const double first =
      loss(Json::parse(run(scratch, given, options(), never).at("adapt.json")), "adapted");
  given.model = load_network_model(scratch.folder("adapt"));
  given.stamp = "the run after";
  AdaptOptions scales = options();
  scales.epochs = 0;

  const Json summary = Json::parse(run(scratch, given, scales, never).at("adapt.json"));

  EXPECT_NEAR(loss(summary, "programmed"), first, 1e-3);
  const bool is_worse = loss(summary, "rescaled") > loss(summary, "programmed");
  EXPECT_EQ(summary.at("kept"), is_worse ? "programmed" : "rescaled");
  for (const Json& layer : summary.at("layers"))
    EXPECT_EQ(layer.at("gain").get<double>() == 1.0, is_worse) << layer;
}

TEST_F(Adapt, WithoutEpochsFitsScalesAlone) {
  const ScratchFolder scratch("adapt_scales");
  StopAt never(0);
  AdaptOptions scales = options();
  scales.epochs = 0;

  const Json summary = Json::parse(run(scratch, inputs(40.0), scales, never).at("adapt.json"));

  EXPECT_FALSE(summary.at("validation").contains("adapted"));
  EXPECT_EQ(summary.at("kept"), "rescaled");
  for (const Json& layer : summary.at("layers")) {
    EXPECT_EQ(layer.at("changed_codes").get<int>(), 0);
    EXPECT_GT(layer.at("gain").get<double>(), 1.0);
  }
}

TEST_F(Adapt, OfAWorseTrainingKeepsTheFittedScales) {
  const ScratchFolder scratch("adapt_worse");
  StopAt never(0);
  AdaptOptions wild = options();
  wild.learning_rate = 1.0;

  const Json summary = Json::parse(run(scratch, inputs(1.0), wild, never).at("adapt.json"));

  EXPECT_NE(summary.at("kept"), "adapted");
  for (const Json& layer : summary.at("layers")) EXPECT_EQ(layer.at("changed_codes").get<int>(), 0);
}

/// Of what the learner computes: the derivative by a hidden value, whose code may be changed by
/// hand, against differences of the loss.
TEST_F(Adapt, GainsHaveTheGradientOfTheLoss) {
  const AdaptInputs given = inputs(40.0);
  const NetworkModel folded = fold_for_inference(given.model);
  nn::GraphModule module = nn::make_module(folded);
  DenseLearner learner(module);
  ArrayWeights weights({quantize(folded, {}), given.placement}, given.hardware, learner);
  const TrainingSet set = load_training_set(images(), std::nullopt, 1);
  const Batch batch = make_batch(set, torch::arange(100), torch::zeros({800}, torch::kInt64));
  const auto loss_of = [&] {
    weights.settle();
    return learner.compute_gradients(batch, std::nullopt, RandomStream(1));
  };
  (void)loss_of();
  weights.set_gradients();
  for (const std::string name : {"fc1.log_gain", "fc2.log_gain"}) {
    const torch::Tensor gain = weights.trained().at(name);
    const auto gradient = gain.grad().item<double>();
    constexpr float kStep = 1.0F / 256.0F;
    gain.add_(kStep);
    const double more = loss_of();
    gain.sub_(2.0F * kStep);
    const double less = loss_of();
    gain.add_(kStep);
    EXPECT_NEAR(gradient, (more - less) / (2.0 * kStep), 2e-3 * std::abs(gradient) + 1e-4) << name;
  }
}

}  // namespace
}  // namespace ohmweave::train
