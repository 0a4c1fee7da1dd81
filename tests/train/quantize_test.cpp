// SPDX-License-Identifier: Apache-2.0
#include "train/quantize_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

#include "core/equalize.h"
#include "core/error.h"
#include "nn/torch_io.h"
#include "tests/train/small_stages.h"
#include "tests/train/small_steps.h"
#include "train/calibration.h"
#include "train/weight_levels.h"

namespace ohmweave::train {
namespace {

admm::ConstraintOptions uniform_levels(const std::string& weights, int count) {
  admm::ConstraintOptions options;
  options.kind = "uniform_levels";
  options.weights = weights;
  options.levels = count;
  return options;
}

QuantizeOptions small_quantize() {
  QuantizeOptions options;
  options.levels = {uniform_levels("*", 3)};
  options.admm.iterations = 0;
  options.retrain.epochs = 0;
  options.retrain.learning_rate = 1e-2;
  return options;
}

struct Quantized {
  NetworkModel model;
  Traces traces;
  [[nodiscard]] torch::Tensor tensor(const std::string& name) const {
    return nn::to_torch(model.parameters.at(name));
  }
  /// Weights over their scale: whole numbers.
  [[nodiscard]] torch::Tensor codes(const std::string& node) const {
    return (tensor(node + ".weight") / model.level_scales.at(node)).round();
  }
};

Masks some_masks() { return random_masks(0.3, 5); }

/// A random network of those weights, quantized.
Quantized quantized(const QuantizeOptions& options, EngineKind engine = EngineKind::Dense,
                    const std::vector<double>& code_values = {}) {
  const ScratchFolder scratch("quantize");
  const TrainingSet set = small_set();
  StopAt progress(0);
  StepContext context = small_context(set, progress, scratch.folder("work"));
  context.engine = engine;
  context.grid.quantization.code_values = code_values;
  nn::GraphModule module = random_module(some_masks());
  Quantized result;
  result.model = quantize_weights(module, some_masks(), options, context, result.traces);
  return result;
}

TEST(Quantize, EveryWeightOfTheMaskIsALevelThatIsNotZero) {
  QuantizeOptions options = small_quantize();
  options.admm.iterations = 1;
  options.fix.emplace();
  options.fix->shares = {0.5, 1.0};
  options.fix->epochs = 1;
  options.retrain.epochs = 2;
  options.train_scales = true;
  for (const EngineKind engine : {EngineKind::Dense, EngineKind::Sparse}) {
    const Quantized result = quantized(options, engine);

    for (const std::string node : {"fc1", "fc2"}) {
      const torch::Tensor weight = result.tensor(node + ".weight");
      const torch::Tensor codes = result.codes(node);
      const torch::Tensor scale =
          torch::tensor({result.model.level_scales.at(node)}).to(torch::kFloat32);
      EXPECT_TRUE(torch::equal(weight, codes * scale)) << node;
      EXPECT_TRUE(torch::equal(codes.ne(0.0), some_masks().at(node + ".weight"))) << node;
      EXPECT_EQ(codes.abs().max().item<float>(), 3.0F) << node;
    }
  }
}

TEST(Quantize, EachLayerTakesTheLastSetThatNamesItAndOthersStayFree) {
  QuantizeOptions options = small_quantize();
  admm::ConstraintOptions ternary;
  ternary.kind = "ternary";
  ternary.weights = "fc2*";
  options.levels.push_back(ternary);

  const Quantized both = quantized(options);
  options.levels = {ternary};
  const Quantized second = quantized(options);

  EXPECT_EQ(both.codes("fc1").abs().max().item<float>(), 3.0F);
  EXPECT_EQ(both.codes("fc2").abs().max().item<float>(), 1.0F);
  EXPECT_TRUE(torch::equal(both.codes("fc2"), second.codes("fc2")));
  EXPECT_EQ(second.model.level_scales.size(), 1U);
  EXPECT_TRUE(torch::equal(second.tensor("fc1.weight"),
                           random_module(some_masks()).parameter("fc1.weight")));
}

TEST(Quantize, WithoutSetsTheLevelsAreTheChips) {
  QuantizeOptions options = small_quantize();
  options.levels.clear();

  const Quantized result = quantized(options);

  EXPECT_EQ(result.codes("fc1").abs().max().item<float>(), 15.0F);  // 4 bits
}

TEST(Quantize, OnMeasuredLevelsEveryWeightIsWhatItsCellsConduct) {
  QuantizeOptions options = small_quantize();
  options.levels.clear();
  options.admm.iterations = 1;
  options.retrain.epochs = 2;
  options.train_scales = true;
  const std::vector<double> code_values = {0,   0.4, 0.9, 1.7, 3.2, 4.1,  5.9,  7.7,
                                           8.2, 8.8, 9.7, 11,  12,  13.5, 14.2, 15};
  for (const EngineKind engine : {EngineKind::Dense, EngineKind::Sparse}) {
    const Quantized result = quantized(options, engine, code_values);

    EXPECT_TRUE(result.model.level_scales.empty()) << "the levels have no common step";
    QuantizationOptions chip;
    chip.code_values = code_values;
    const QuantizedNetwork integers = quantize(result.model, chip);
    for (const std::string node : {"fc1", "fc2"}) {
      const QuantizedWeights& q = *integers.nodes[integers.network.index_of(node)].weights;
      const std::vector<float>& weights = result.model.parameters.at(node + ".weight").values;
      EXPECT_GT(result.model.codebooks.at(node).size(), 8U);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double value = q.scale * code_values[std::abs(q.codes[i])];
        EXPECT_NEAR(std::fabs(weights[i]), value, 1e-6 * value) << node << " weight " << i;
        EXPECT_EQ(weights[i] < 0, q.codes[i] < 0 && value != 0.0);
      }
    }
  }
}

TEST(Quantize, FixingWithoutTrainingIsRounding) {
  QuantizeOptions options = small_quantize();
  const Quantized at_once = quantized(options);
  options.fix.emplace();
  options.fix->epochs = 0;

  const Quantized in_rounds = quantized(options);

  for (const auto& [name, tensor] : at_once.model.parameters) {
    EXPECT_EQ(in_rounds.model.parameters.at(name).values, tensor.values) << name;
  }
  EXPECT_EQ(in_rounds.model.level_scales, at_once.model.level_scales);
}

TEST(Quantize, TheNearestWeightsKeepTheirLevelsWhileTheOthersMove) {
  QuantizeOptions options = small_quantize();
  const torch::Tensor rounded = quantized(options).codes("fc1");
  options.fix.emplace();
  options.fix->shares = {0.5, 1.0};
  options.fix->epochs = 2;
  options.fix->learning_rate = 2e-2;
  nn::GraphModule module = random_module(some_masks());
  DenseLearner learner(module, some_masks());
  WeightLevels levels({{"fc1.weight", admm::LevelList({-3, -2, -1, 1, 2, 3})}}, some_masks(),
                      learner);
  levels.fit();
  levels.fix_nearest(0.5);
  const torch::Tensor first = levels.levels("fc1.weight").view({16, 49});

  const Quantized result = quantized(options);

  EXPECT_TRUE(torch::equal(result.codes("fc1") * first.ne(0.0), first));
  EXPECT_FALSE(torch::equal(result.codes("fc1"), rounded));
  ASSERT_EQ(result.traces.epochs.size(), 4U);
  EXPECT_EQ(result.traces.epochs.front().phase, "step/quantize/fix_1");
  EXPECT_EQ(result.traces.epochs.back().phase, "step/quantize/fix_2");
}

TEST(Quantize, TrainedScalesMoveTheWeightsOfALayerTogether) {
  QuantizeOptions options = small_quantize();
  const Quantized projected = quantized(options);
  options.refine = RefineKind::Biases;
  options.retrain.epochs = 2;
  const Quantized biases = quantized(options);
  options.train_scales = true;

  const Quantized scales = quantized(options);

  EXPECT_EQ(biases.model.level_scales, projected.model.level_scales);
  for (const std::string node : {"fc1", "fc2"}) {
    EXPECT_TRUE(torch::equal(scales.codes(node), projected.codes(node))) << node;
    EXPECT_NE(scales.model.level_scales.at(node), projected.model.level_scales.at(node)) << node;
  }
}

TEST(WeightLevels, RefuseAScaleThatTrainingHasMadeNegative) {
  const Masks masks = some_masks();
  nn::GraphModule module = random_module(masks);
  DenseLearner learner(module, masks);
  WeightLevels levels({{"fc1.weight", admm::LevelList({-1.0F, 1.0F})}}, masks, learner);
  levels.fit();
  levels.settle_all();

  for (const float scale : {0.0F, -0.25F, std::numeric_limits<float>::quiet_NaN()}) {
    torch::Tensor(levels.scales().at("fc1.weight.scale")).fill_(scale);
    try {
      levels.settle_all();
      FAIL() << "took a scale of " << scale;
    } catch (const NumericError& error) {
      EXPECT_EQ(std::string(error.what()).rfind("the scale of the levels of 'fc1.weight' is ", 0),
                0U)
          << error.what();
    }
    EXPECT_THROW(levels.settle_fixed(), NumericError);
  }
}

TEST(Quantize, BiasesAreRoundedToTheMantissaBitsInTheEnd) {
  QuantizeOptions options = small_quantize();
  options.refine = RefineKind::Biases;
  options.retrain.epochs = 1;
  const Quantized whole = quantized(options);
  options.bias_mantissa_bits = 2;

  const Quantized rounded = quantized(options);

  int num_changed = 0;
  for (const auto& [name, tensor] : whole.model.parameters) {
    const bool is_bias = name == "fc1.bias" || name == "fc2.bias";
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      const float value = tensor.values[i];
      const float expected = is_bias ? round_mantissa(value, 2) : value;
      EXPECT_EQ(rounded.model.parameters.at(name).values[i], expected) << name;
      num_changed += expected != value ? 1 : 0;
    }
  }
  EXPECT_GT(num_changed, 20);
}

TEST(Quantize, TrainsOnRoundedActivationsUnlessToldNotTo) {
  const TrainingSet set = small_set();
  QuantizeOptions options = small_quantize();
  options.retrain.epochs = 2;
  const auto best_loss_of = [](const Traces& traces) {
    double best = 1e300;
    for (const EpochRow& row : traces.epochs) best = std::min(best, row.validation_loss);
    return best;
  };
  for (const bool is_rounding : {true, false}) {
    options.round_activations = is_rounding;

    const Quantized result = quantized(options);

    nn::GraphModule module = nn::make_module(result.model);
    const double exact = nn::evaluate(module, set.data.validation).loss;
    module.set_activation_formats(training_formats(result.model, {}));
    const double rounded = nn::evaluate(module, set.data.validation).loss;
    EXPECT_NE(exact, rounded);
    EXPECT_EQ(best_loss_of(result.traces), is_rounding ? rounded : exact);
  }
}

TEST(Quantize, EqualizesBeforeAllElse) {
  const ScratchFolder scratch("equalize");
  const TrainingSet set = small_set();
  StopAt progress(0);
  QuantizeOptions options = small_quantize();
  const Quantized plain = quantized(options);
  nn::GraphModule module = random_module(some_masks());
  module.load(equalize_layers(module.network(), module.state()));
  Traces traces;
  const NetworkModel expected = quantize_weights(
      module, some_masks(), options, small_context(set, progress, scratch.folder("work")), traces);
  options.equalize = true;

  const Quantized result = quantized(options);

  EXPECT_EQ(result.model.level_scales, expected.level_scales);
  for (const auto& [name, tensor] : expected.parameters) {
    EXPECT_EQ(result.model.parameters.at(name).values, tensor.values) << name;
  }
  EXPECT_NE(result.model.level_scales, plain.model.level_scales);
}

std::string problem_of_step(const std::string& step) {
  try {
    (void)read_config<CompressOptions>(Json::parse(R"({"steps": [)" + step + "]}"), "/compress");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

void expect_problem(const std::string& step, const std::string& text) {
  EXPECT_NE(problem_of_step(step).find("/compress/steps/0/" + text), std::string::npos)
      << step << ": " << problem_of_step(step);
}

TEST(QuantizeOptions, TakeOnlyLevelsWithOneScaleATensor) {
  const std::string tail = " is no set of levels times one scale for each weight tensor";

  expect_problem(R"({"quantize": {"levels": [
      {"kind": "binary", "weights": "*", "scale_per": "filter"}]}})",
                 "quantize/levels: binary" + tail);
  expect_problem(R"({"quantize": {"levels": [{"kind": "cardinality", "weights": "*",
      "keep": 4}]}})",
                 "quantize/levels: cardinality" + tail);
  EXPECT_EQ(problem_of_step(R"({"quantize": {"levels": [
      {"kind": "power_of_two", "weights": "*", "levels": 3, "with_zero": true}]}})"),
            "");
}

TEST(QuantizeOptions, SharesRiseAndEndWithOne) {
  for (const std::string shares : {"[0.5,0.9]", "[0.9,0.5,1.0]", "[]"})
    expect_problem(R"({"quantize": {"fix": {"shares": )" + shares + "}}}",
                   "quantize/fix/shares = " + shares + ": must rise and end with 1");
  EXPECT_EQ(problem_of_step(R"({"quantize": {"fix": {"shares": [0.5, 1]}}})"), "");
}

TEST(CompressOptions, TakeCutsTowardsOneSharedCountOnly) {
  const std::string text =
      "cut: needs 'constraints' to be one global_cardinality, whose count it goes to";
  const std::string shared = R"({"kind": "global_cardinality", "weights": "*", "keep": 60})";
  const std::string single = R"({"kind": "cardinality", "weights": "*", "keep": 60})";

  expect_problem(R"({"cut": {}})", text);
  expect_problem(R"({"cut": {}, "constraints": [)" + single + "]}", text);
  expect_problem(R"({"cut": {}, "constraints": [)" + shared + ", " + single + "]}", text);
  EXPECT_EQ(problem_of_step(R"({"cut": {}, "constraints": [)" + shared + "]}"), "");
}

}  // namespace
}  // namespace ohmweave::train
