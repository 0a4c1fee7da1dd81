// SPDX-License-Identifier: Apache-2.0
// Is the sparse learner the dense one under the same masks?
#include "train/sparse_learner.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "tests/train/small_steps.h"
#include "train/phase.h"

namespace ohmweave::train {
namespace {

/// Two networks with the same weights, three in four of them gone.
struct Pair {
  Pair() : module(small_network_without_dropout()), other(module.network()) {
    nn::initialize(module, RandomStream(4));
    const torch::NoGradGuard no_grad;
    for (const std::string& name : weight_names(module.network())) {
      torch::manual_seed(7);
      masks[name] = torch::rand(module.parameter(name).sizes()) < 0.25;
    }
    mask_weights(module.trainable(), masks);
    other.load(module.state());
  }
  nn::GraphModule module;
  nn::GraphModule other;
  Masks masks;
};

TrainingSet set_with_copies() {
  data::AugmentOptions augment;
  augment.copies = 1;
  return load_training_set(small_data(), augment, 1);
}

TEST(SparseLearner, HasTheDenseLossGradientsAndScore) {
  Pair pair;
  TrainingSet set = set_with_copies();
  add_teachers(set, {nn::to_model(pair.other, {})});
  const Batch batch = make_batch(set, torch::arange(37, torch::kInt64),
                                 draw_versions(set, set.original_fraction, RandomStream(1)));
  DenseLearner dense(pair.module, pair.masks);
  SparseLearner sparse(pair.other, pair.masks);
  const DistillOptions distill;

  const double dense_loss = dense.compute_gradients(batch, distill, RandomStream(1));
  const double sparse_loss = sparse.compute_gradients(batch, distill, RandomStream(1));

  EXPECT_NEAR(sparse_loss, dense_loss, 1e-5);
  ASSERT_EQ(sparse.parameters().size(), dense.parameters().size());
  for (const auto& [name, parameter] : sparse.parameters()) {
    const torch::Tensor expected = dense.parameters().at(name).grad();
    EXPECT_TRUE(torch::allclose(sparse.expanded(name, parameter.grad()), expected, 1e-3, 1e-6))
        << name;
  }
  const nn::Score expected = dense.evaluate(set.data.validation);
  const nn::Score score = sparse.evaluate(set.data.validation);
  EXPECT_EQ(score.num_correct, expected.num_correct);
  EXPECT_NEAR(score.loss, expected.loss, 1e-5);
}

TEST(SparseLearner, TrainsTheSameNetworkAsTheDenseOne) {
  const ScratchFolder scratch("sparse");
  Pair pair;
  const TrainingSet set = set_with_copies();
  StopAt progress(0);
  PhasePlan plan{"test",         2, 32, cosine_rate(1e-2, 2), 1e-3, Keep::LeastValidationLoss,
                 RandomStream(9)};
  plan.ema_decay = 0.5;
  DenseLearner dense(pair.module, pair.masks);
  SparseLearner sparse(pair.other, pair.masks);

  (void)run_phase({dense, dense.parameters(), set, progress}, plan, {},
                  {scratch.folder("dense") / "c", "s"});
  (void)run_phase({sparse, sparse.parameters(), set, progress}, plan, {},
                  {scratch.folder("sparse") / "c", "s"});
  sparse.store(pair.other);

  // Twenty Adam steps of 1e-2: rounding differences of the gradients stay far below one step.
  for (const auto& [name, parameter] : pair.module.trainable()) {
    EXPECT_TRUE(torch::allclose(pair.other.parameter(name), parameter, 1e-2, 1e-3)) << name;
  }
}

TEST(SparseLearner, ExpandsAndCompactsWithoutLoss) {
  Pair pair;
  const SparseLearner learner(pair.other, pair.masks);

  const torch::Tensor& compact = learner.tensors().at("fc1.weight");
  const torch::Tensor full = learner.expanded("fc1.weight", compact);

  EXPECT_TRUE(torch::equal(full, pair.module.parameter("fc1.weight")));
  EXPECT_TRUE(torch::equal(learner.compacted("fc1.weight", full), compact));
  EXPECT_EQ(compact.numel(), pair.masks.at("fc1.weight").count_nonzero().item<std::int64_t>());
}

TEST(Learners, FisherIsTheMeanSquaredGradientOfDrawnLabels) {
  Pair pair;
  const TrainingSet set = small_set();
  const torch::Tensor images = set.data.train.images.slice(0, 0, 20);
  DenseLearner dense(pair.module, pair.masks);
  SparseLearner sparse(pair.other, pair.masks);
  const RandomStream stream(8);

  const nn::TensorMap of_dense = dense.fisher(images, 1.5, stream);
  const nn::TensorMap of_sparse = sparse.fisher(images, 1.5, stream);

  ASSERT_EQ(of_dense.size(), 4U);
  for (const auto& [name, values] : fisher_by_autograd(pair.module, images, 1.5, stream)) {
    const auto mask = pair.masks.find(name);
    const torch::Tensor expected = mask == pair.masks.end() ? values : values * mask->second;
    EXPECT_GT(expected.max().item<double>(), 1e-4) << name;
    EXPECT_TRUE(torch::allclose(of_dense.at(name), expected, 1e-3, 1e-8)) << name;
    EXPECT_TRUE(torch::allclose(sparse.expanded(name, of_sparse.at(name)), expected, 1e-3, 1e-8))
        << name;
  }
}

TEST(DenseLearner, FisherCountsBatchNormByItsRunningAverages) {
  Network network = small_network_without_dropout();
  network.nodes[1].name = "bn";  // in place of the pool
  network.nodes[1].op = Op::BatchNorm2d;
  nn::GraphModule module(network);
  nn::initialize(module, RandomStream(4));
  module.parameter("bn.running_mean").fill_(0.3);
  module.parameter("bn.running_var").fill_(0.5);
  const torch::Tensor images = small_set().data.train.images.slice(0, 0, 10);
  DenseLearner learner(module);

  const nn::TensorMap fisher = learner.fisher(images, 1.5, RandomStream(8));

  for (const auto& [name, expected] : fisher_by_autograd(module, images, 1.5, RandomStream(8))) {
    EXPECT_TRUE(torch::allclose(fisher.at(name), expected, 1e-3, 1e-8)) << name;
  }
  EXPECT_TRUE(torch::equal(module.parameter("bn.running_mean"), torch::full({1}, 0.3)));
}

TEST(Learners, TakeAModulesParametersWhereTheyHaveThem) {
  Pair pair;
  const nn::GraphModule source = random_module();
  DenseLearner dense(pair.module, pair.masks);
  SparseLearner sparse(pair.other, pair.masks);
  for (Learner* learner : {static_cast<Learner*>(&dense), static_cast<Learner*>(&sparse)}) {
    learner->take(source);

    for (const auto& [name, tensor] : learner->tensors()) {
      EXPECT_TRUE(torch::equal(tensor, learner->compacted(name, source.parameter(name)))) << name;
    }
  }
  EXPECT_TRUE(torch::equal(pair.module.parameter("fc1.bias"), source.parameter("fc1.bias")));
}

TEST(SparseLearner, TrainsBatchNormWithItsAveragesAsTheDenseOneDoes) {
  const ScratchFolder scratch("batch_norm");
  Network network = small_network_without_dropout();
  network.nodes[1].name = "bn";  // in place of the pool
  network.nodes[1].op = Op::BatchNorm2d;
  nn::GraphModule module(network);
  nn::initialize(module, RandomStream(4));
  nn::GraphModule other(network);
  other.load(module.state());
  const TrainingSet set = small_set();
  StopAt progress(0);
  const PhasePlan plan{"test",         1, 32, cosine_rate(1e-3, 1), 0.0, Keep::LeastValidationLoss,
                       RandomStream(9)};
  DenseLearner dense(module);
  SparseLearner sparse(other, full_masks(other));

  (void)run_phase({dense, dense.parameters(), set, progress}, plan, {},
                  {scratch.folder("dense") / "c", "s"});
  (void)run_phase({sparse, sparse.parameters(), set, progress}, plan, {},
                  {scratch.folder("sparse") / "c", "s"});
  const nn::TensorMap checkpoint = sparse.state();
  sparse.store(other);

  EXPECT_NE(module.parameter("bn.running_mean").item<float>(), 0.0F);
  for (const std::string name : {"bn.running_mean", "bn.running_var", "bn.weight"}) {
    EXPECT_TRUE(torch::allclose(other.parameter(name), module.parameter(name), 1e-3, 1e-5)) << name;
    EXPECT_TRUE(torch::equal(checkpoint.at(name), other.parameter(name))) << name;
  }
}

TEST(MakeLearner, TakesTheSparseEngineOnceFewWeightsAreLeft) {
  Pair pair;
  const auto is_sparse = [&](EngineKind engine) {
    const auto learner = make_learner(pair.other, pair.masks, engine);
    return dynamic_cast<SparseLearner*>(learner.get()) != nullptr;
  };

  EXPECT_FALSE(is_sparse(EngineKind::Auto));  // a quarter is left
  EXPECT_TRUE(is_sparse(EngineKind::Sparse));
  for (auto& [name, mask] : pair.masks) mask.slice(0, 0, mask.size(0) / 2).fill_(false);
  EXPECT_TRUE(is_sparse(EngineKind::Auto));
  EXPECT_FALSE(is_sparse(EngineKind::Dense));
}

}  // namespace
}  // namespace ohmweave::train
