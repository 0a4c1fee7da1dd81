// SPDX-License-Identifier: Apache-2.0
#include "train/choice.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "admm/global_cardinality.h"
#include "tests/train/small_stages.h"
#include "tests/train/small_steps.h"

namespace ohmweave::train {
namespace {

Constraints one_count(const nn::GraphModule& module, const Masks& masks, int keep) {
  return resolve_constraints({constraint("global_cardinality", "*", keep)}, module, masks, {},
                             "/c");
}

torch::Tensor outputs_of(nn::GraphModule& module, const TrainingSet& set) {
  const torch::NoGradGuard no_grad;
  return module.forward(data::normalized(set.data.validation.images));
}

/// Weights of fc1 into neurons 0..7 and of fc2 from neurons 4..15: 0..3 lead nowhere, 8..15 read
/// nothing.
Masks masks_with_dead_paths() {
  Masks masks = random_masks(0.25, 5);
  masks.at("fc1.weight").slice(0, 8).fill_(false);
  masks.at("fc2.weight").slice(1, 0, 4).fill_(false);
  return masks;
}

TEST(DrawBatch, ShowsDifferentImagesAndAllWhenThereAreFewer) {
  const TrainingSet set = small_set();

  const Batch some = draw_batch(set, 20, RandomStream(1));
  const Batch all = draw_batch(set, 1000, RandomStream(1));

  EXPECT_TRUE(torch::equal(some.images, all.images.slice(0, 0, 20)));
  EXPECT_EQ(all.labels.numel(), set.num_images());
  EXPECT_TRUE(torch::equal(all.images.sum(0, false, torch::kInt64),
                           set.data.train.images.sum(0, false, torch::kInt64)));
  EXPECT_FALSE(torch::equal(some.labels, draw_batch(set, 20, RandomStream(2)).labels));
}

TEST(WeightScores, AreWhatTheKindsSay) {
  const TrainingSet set = small_set();
  const Masks masks = random_masks(0.25, 7);
  nn::GraphModule module = random_module(masks);
  const FisherOptions options{40, 1.5};
  const std::optional<DistillOptions> distill;
  const ScoreInputs inputs{set, options, distill, RandomStream(2)};
  const torch::Tensor images = draw_batch(set, 40, inputs.stream.child("fisher")).images;
  nn::GraphModule twin = random_module(masks);
  const torch::Tensor weight = twin.parameter("fc1.weight").detach();
  const torch::Tensor mask = masks.at("fc1.weight").to(torch::kFloat32);
  const torch::Tensor fisher =
      fisher_by_autograd(twin, images, 1.5, inputs.stream.child("labels")).at("fc1.weight") * mask;
  const torch::Tensor gradient = gradients_by_autograd(twin, set).at("fc1.weight");
  const std::map<ScoreKind, torch::Tensor> expected = {
      {ScoreKind::Magnitude, weight.abs()},
      {ScoreKind::Saliency, (weight * gradient).abs()},
      {ScoreKind::Fisher, weight.square() * (fisher + 0.02 * fisher.sum() / mask.sum())}};
  for (const EngineKind engine : {EngineKind::Dense, EngineKind::Sparse}) {
    const std::unique_ptr<Learner> learner = make_learner(module, masks, engine);
    for (const auto& [kind, values] : expected) {
      const WeightScores scores = weight_scores(*learner, masks, kind, inputs);

      const torch::Tensor given = torch::tensor(scores.at("fc1.weight"), torch::kFloat64);
      EXPECT_TRUE(torch::allclose(given.view({16, 49}), values.to(torch::kFloat64), 1e-3, 1e-9))
          << static_cast<int>(kind);
    }
  }
}

TEST(ChooseCounted, KeepsTheRoomOfATensorThatDeadPathsLeaveBelowItsFloor) {
  // b may hold the weights from neurons 0, 1 and 2, but only neuron 0 can be reached: b01 and b02
  // are dead, b holds one weight of its floor of 3. Of the 4 one is left for a: its best.
  const WeightMasks candidates = {{"a.weight", {1, 1, 0, 0, 0, 0}},
                                  {"b.weight", {1, 1, 1, 0, 0, 0}}};
  const WeightScores scores = {{"a.weight", {1, 2, 0, 0, 0, 0}}, {"b.weight", {3, 9, 9, 0, 0, 0}}};
  const admm::SharedCount count{4, {{"a.weight", 0}, {"b.weight", 3}}};

  const WeightMasks chosen = choose_counted(tiny_network(), candidates, scores, count);

  EXPECT_EQ(chosen.at("a.weight"), (std::vector<std::uint8_t>{0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(chosen.at("b.weight"), (std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0}));
}

TEST(ChooseCounted, StaysInTheSetWhateverTheFloors) {
  const Network network = small_network();
  int num_below = 0;
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const WeightMasks candidates = as_bytes(random_masks(0.05, trial));
    WeightScores scores;
    for (const auto& [name, mask] : candidates) scores[name].assign(mask.size(), 1.0);
    const auto floor = static_cast<std::int64_t>(trial);
    const admm::SharedCount count{25, {{"fc1.weight", 2}, {"fc2.weight", floor}}};

    const WeightMasks chosen = choose_counted(network, candidates, scores, count);

    const std::int64_t first = count_weights(WeightMasks{{"", chosen.at("fc1.weight")}});
    const std::int64_t second = count_weights(WeightMasks{{"", chosen.at("fc2.weight")}});
    EXPECT_LE(std::max<std::int64_t>(first, 2) + std::max(second, floor), 25) << trial;
    EXPECT_EQ(live_weights(network, chosen), chosen) << trial;
    num_below += second < floor ? 1 : 0;
  }
  EXPECT_GT(num_below, 3);
}

TEST(CommonCount, IsThatOfOneSetForAllWeights) {
  const nn::GraphModule module = random_module();
  const Masks masks = full_masks(module);
  const auto count_of = [&](const std::vector<admm::ConstraintOptions>& sets) {
    const Constraints constraints = resolve_constraints(sets, module, masks, {}, "/c");
    const admm::SharedCount* count = common_count(constraints, masks);
    return count == nullptr ? -1 : count->keep;
  };

  EXPECT_EQ(count_of({constraint("global_cardinality", "*", 60)}), 60);
  EXPECT_EQ(count_of({constraint("global_cardinality", "fc1*", 60)}), -1);
  EXPECT_EQ(count_of({constraint("cardinality", "*", 60)}), -1);
  EXPECT_EQ(count_of({constraint("global_cardinality", "*", 60), constraint("filter", "*", 8)}),
            -1);
}

TEST(MapOntoSets, FillsACountWithLiveWeights) {
  const Masks masks = masks_with_dead_paths();
  nn::GraphModule module = random_module(masks);
  const nn::GraphModule before = random_module(masks);

  const Masks kept = map_onto_sets(module, one_count(module, masks, 60), masks, {}, true);

  EXPECT_EQ(count_weights(kept), 60);
  EXPECT_EQ(live_weights(module.network(), as_bytes(kept)), as_bytes(kept));
  for (const auto& [name, mask] : kept) {
    EXPECT_TRUE(is_inside(mask, masks.at(name))) << name;
    EXPECT_TRUE(torch::equal(module.parameter(name), before.parameter(name) * mask)) << name;
  }
}

TEST(MapOntoSets, KeepsWhatIsLargeInTheMetric) {
  const Masks masks = random_masks(1.0, 1);
  nn::GraphModule plain = random_module();
  nn::GraphModule weighed = random_module();
  nn::TensorMap metrics = {{"fc1.weight", torch::ones({16, 49})},
                           {"fc2.weight", torch::ones({10, 16})}};
  metrics.at("fc1.weight").slice(1, 0, 24).fill_(1e-6);

  const Masks all = map_onto_sets(plain, one_count(plain, masks, 300), masks, {}, true);
  const Masks some = map_onto_sets(weighed, one_count(weighed, masks, 300), masks, metrics, true);

  EXPECT_TRUE(all.at("fc1.weight").slice(1, 0, 24).any().item<bool>());
  EXPECT_FALSE(some.at("fc1.weight").slice(1, 0, 24).any().item<bool>());
}

TEST(MapOntoSets, LeavesTheFunctionWhenOnlyDeadPathsGo) {
  const TrainingSet set = small_set();
  const Masks masks = masks_with_dead_paths();
  const std::int64_t present = count_weights(masks);
  const auto roomy = [&](const nn::GraphModule& module, const std::string& kind) {
    return resolve_constraints({constraint(kind, "*", 150)}, module, masks, {}, "/c");
  };
  ASSERT_LE(present, 150);
  for (const std::string kind : {"global_cardinality", "cardinality"}) {
    nn::GraphModule module = random_module(masks);
    const torch::Tensor expected = outputs_of(module, set);
    const torch::Tensor bias = module.parameter("fc2.bias").detach().clone();

    const Masks kept = map_onto_sets(module, roomy(module, kind), masks, {}, true);

    EXPECT_LT(count_weights(kept), present - 20) << kind;
    EXPECT_TRUE(torch::allclose(outputs_of(module, set), expected, 1e-4, 1e-5)) << kind;
    EXPECT_FALSE(torch::equal(module.parameter("fc2.bias"), bias)) << kind;
    for (const auto& [name, mask] : kept) {
      EXPECT_FALSE(module.parameter(name).masked_select(mask.logical_not()).any().item<bool>());
    }
  }
}

TEST(MapOntoSets, OnlyProjectsWhenDeadPathsMayStay) {
  const Masks masks = masks_with_dead_paths();
  nn::GraphModule module = random_module(masks);
  const nn::GraphModule before = random_module(masks);
  const torch::Tensor sizes =
      torch::cat({before.parameter("fc1.weight").view(-1), before.parameter("fc2.weight").view(-1)})
          .abs();
  const auto least = std::get<0>(sizes.sort(0, /*descending=*/true))[59].item<float>();

  const Masks kept = map_onto_sets(module, one_count(module, masks, 60), masks, {}, false);

  EXPECT_EQ(count_weights(kept), 60);
  for (const auto& [name, mask] : kept) {
    EXPECT_TRUE(torch::equal(mask, before.parameter(name).abs().ge(least))) << name;
  }
  EXPECT_TRUE(torch::equal(module.parameter("fc2.bias"), before.parameter("fc2.bias")));
}

TEST(RegrownMasks, GrowTheWeightsOfGreatestGainInEveryLayer) {
  const TrainingSet set = small_set();
  const Masks masks = masks_with_dead_paths();
  nn::GraphModule module = random_module(masks);
  const FisherOptions options{40, 1.5};
  const std::optional<DistillOptions> distill;
  const ScoreInputs inputs{set, options, distill, RandomStream(2)};

  const Masks grown = regrown_masks(module, masks, 0.4, inputs);

  const Masks growable = as_masks(growable_weights(module.network(), as_bytes(masks)), module);
  nn::GraphModule twin = random_module(masks);
  const nn::TensorMap gradients = gradients_by_autograd(twin, set);
  const torch::Tensor images = draw_batch(set, 40, inputs.stream.child("fisher")).images;
  const nn::TensorMap fisher = fisher_by_autograd(twin, images, 1.5, inputs.stream.child("labels"));
  for (const auto& [name, mask] : masks) {
    const torch::Tensor candidates = growable.at(name).logical_and(mask.logical_not());
    const torch::Tensor added = grown.at(name).logical_and(mask.logical_not());
    const auto present = mask.count_nonzero().item<std::int64_t>();
    EXPECT_NE(present % 5, 0) << name << ": the count is to be rounded down";
    EXPECT_TRUE(is_inside(mask, grown.at(name))) << name;
    EXPECT_TRUE(is_inside(added, candidates)) << name;
    EXPECT_EQ(added.count_nonzero().item<std::int64_t>(), present * 2 / 5) << name;

    const torch::Tensor all = growable.at(name).logical_or(mask);
    const torch::Tensor information = fisher.at(name) * all;
    const torch::Tensor mean = information.sum() / all.sum();
    const torch::Tensor gain = gradients.at(name).square() / (information + 0.1 * mean);
    const auto least = gain.masked_select(added).min().item<double>();
    const torch::Tensor left = candidates.logical_and(added.logical_not());
    EXPECT_GE(least, gain.masked_select(left).max().item<double>() * (1.0 - 1e-3)) << name;
  }
}

TEST(RegrownMasks, LeaveDeadPartsOfTheNetworkDead) {
  const TrainingSet set = small_set();
  const Masks masks = masks_with_dead_paths();
  nn::GraphModule module = random_module(masks);
  const FisherOptions options{40, 1.5};
  const std::optional<DistillOptions> distill;

  const Masks grown = regrown_masks(module, masks, 100.0, {set, options, distill, RandomStream(2)});

  // Neurons 0..3 lead nowhere and 8..15 read nothing: a weight into the first, or from the others,
  // could not matter. All others are there.
  EXPECT_FALSE(grown.at("fc1.weight")
                   .slice(0, 0, 4)
                   .logical_xor(masks.at("fc1.weight").slice(0, 0, 4))
                   .any()
                   .item<bool>());
  EXPECT_TRUE(grown.at("fc1.weight").slice(0, 4).all().item<bool>());
  EXPECT_TRUE(grown.at("fc2.weight").slice(1, 0, 8).all().item<bool>());
  EXPECT_TRUE(torch::equal(grown.at("fc2.weight").slice(1, 8), masks.at("fc2.weight").slice(1, 8)));
}

/// The metric of run_admm_phase() on the learner's weights as they are.
nn::TensorMap metric_twin(Learner& learner, const StepContext& context, std::uint64_t iteration) {
  const RandomStream stream = context.stream.child("metric", iteration);
  const torch::Tensor images =
      draw_batch(context.set, context.fisher.images, stream.child("images")).images;
  nn::TensorMap metric = learner.fisher(images, context.fisher.temperature, stream.child("labels"));
  std::vector<torch::Tensor> all;
  for (const std::string name : {"fc1.weight", "fc2.weight"}) {
    metric[name] = metric.at(name) + 0.02 * metric.at(name).mean();
    all.push_back(metric.at(name).view(-1));
  }
  const torch::Tensor sorted = std::get<0>(torch::cat(all).sort());
  const auto median = sorted[(sorted.numel() - 1) / 2].item<double>();
  for (auto& [name, values] : metric) values = (values / median).clamp(1.0 / 25.0, 25.0);
  return metric;
}

TEST(AdmmInTheFisherMetric, MetricIsTheFisherInformationOverItsMedian) {
  const ScratchFolder scratch("metric");
  const TrainingSet set = small_set();
  StopAt progress(0);
  for (const int iterations : {0, 2}) {
    nn::GraphModule module = random_module();
    const StepContext context =
        small_context(set, progress, scratch.folder(std::to_string(iterations)));
    admm::AdmmOptions options;
    options.metric = admm::MetricKind::Fisher;
    options.iterations = iterations;
    options.learning_rate = 1e-30;  // the weights stay where they are
    nn::GraphModule twin = random_module();
    DenseLearner learner(twin);
    nn::TensorMap expected = metric_twin(learner, context, 1);
    if (iterations == 2) {
      const nn::TensorMap next = metric_twin(learner, context, 2);
      for (auto& [name, values] : expected) values = 0.5 * values + 0.5 * next.at(name);
    }
    const Masks masks = full_masks(module);

    const AdmmOutcome outcome =
        run_admm_phase(module, one_count(module, masks, 60), masks, options, context);

    ASSERT_EQ(outcome.metrics.size(), 2U);
    ASSERT_EQ(outcome.traces.updates.size(), 2U * iterations);
    if (iterations > 0) {  // Z started in the metric, and the weights have not moved
      EXPECT_EQ(outcome.traces.updates.front().trace.dual_residual, 0.0);
    }
    for (const auto& [name, metric] : outcome.metrics) {
      EXPECT_TRUE(torch::allclose(metric, expected.at(name), 1e-4, 1e-6)) << name << iterations;
    }
  }
}

TEST(AdmmInTheFisherMetric, DropsLargeWeightsThatCarryNoInformation) {
  const ScratchFolder scratch("fisher");
  const TrainingSet set = set_with_a_blind_input();
  StopAt progress(0);
  const auto kept_blind_weights = [&](admm::MetricKind metric, int iterations, EngineKind engine) {
    nn::GraphModule module = random_module();
    module.parameter("fc1.weight").detach().slice(1, 0, 1).fill_(0.4);  // twice the others
    const Masks masks = full_masks(module);
    const Constraints constraints = one_count(module, masks, 100);
    admm::AdmmOptions options;
    options.metric = metric;
    options.iterations = iterations;
    StepContext context = small_context(set, progress, scratch.folder("work"));
    context.engine = engine;
    std::filesystem::remove_all(context.folder);
    const AdmmOutcome outcome = run_admm_phase(module, constraints, masks, options, context);
    const Masks kept = map_onto_sets(module, constraints, masks, outcome.metrics, true);
    EXPECT_EQ(count_weights(kept), 100);
    return kept.at("fc1.weight").slice(1, 0, 1).sum().item<int>();
  };
  for (const int iterations : {0, 2}) {
    for (const EngineKind engine : {EngineKind::Dense, EngineKind::Sparse}) {
      EXPECT_GT(kept_blind_weights(admm::MetricKind::Euclidean, iterations, engine), 10);
      EXPECT_EQ(kept_blind_weights(admm::MetricKind::Fisher, iterations, engine), 0);
    }
  }
}

}  // namespace
}  // namespace ohmweave::train
