// SPDX-License-Identifier: Apache-2.0
// Is the sparse learner the dense one under the same masks?
#include "train/sparse_learner.h"

#include <gtest/gtest.h>

#include "tests/train/small_training.h"
#include "train/phase.h"

namespace ohmweave::train {
namespace {

Network small_network_without_dropout() {
  Network network = small_network();
  for (Node& node : network.nodes) node.dropout_fraction = 0.0;
  return network;
}

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

TrainingSet small_set() {
  data::AugmentOptions augment;
  augment.copies = 1;
  return load_training_set(small_data(), augment, 1);
}

TEST(SparseLearner, HasTheDenseLossGradientsAndScore) {
  Pair pair;
  TrainingSet set = small_set();
  add_teacher(set, pair.other);
  const Batch batch =
      make_batch(set, torch::arange(37, torch::kInt64), draw_versions(set, RandomStream(1)));
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
  const TrainingSet set = small_set();
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

TEST(SparseLearner, FisherIsTheMeanSquaredGradientOfDrawnLabels) {
  Pair pair;
  const TrainingSet set = small_set();
  const torch::Tensor images = set.data.train.images.slice(0, 0, 20);
  SparseLearner learner(pair.other, pair.masks);
  const RandomStream stream(8);
  constexpr double kTemperature = 1.5;

  const nn::TensorMap fisher = learner.fisher(images, kTemperature, stream);

  torch::Tensor expected = torch::zeros_like(pair.module.parameter("fc1.weight"));
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    pair.module.zero_grad();
    const torch::Tensor log_p =
        (pair.module.forward(data::normalized(images.slice(0, i, i + 1))) / kTemperature)
            .log_softmax(1)[0];
    double left = stream.uniform(static_cast<std::uint64_t>(i));
    int label = 0;
    while (label < 9 && left >= std::exp(log_p[label].item<double>())) {
      left -= std::exp(log_p[label++].item<double>());
    }
    (-log_p[label]).backward();
    expected += pair.module.parameter("fc1.weight").grad().square() / images.size(0);
  }
  EXPECT_TRUE(torch::allclose(fisher.at("fc1.weight"),
                              learner.compacted("fc1.weight", expected.detach()), 1e-3, 1e-8));
}

TEST(SparseLearner, RefusesBatchNormWhoseAveragesACheckpointWouldLose) {
  Network network;
  network.name = "normalized";
  network.input = {1, 2, 2};
  network.nodes.resize(2);
  network.nodes[0].name = "input";
  network.nodes[1].name = "bn";
  network.nodes[1].op = Op::BatchNorm2d;
  network.nodes[1].inputs = {0};
  const nn::GraphModule module(network);

  EXPECT_THROW(SparseLearner(module, {}), ConfigError);
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
