// SPDX-License-Identifier: Apache-2.0
#include "train/weight_clusters.h"

#include <gtest/gtest.h>

#include <set>

#include "admm/clusters.h"
#include "tests/train/small_steps.h"
#include "train/quantize_step.h"

namespace ohmweave::train {
namespace {

std::shared_ptr<const admm::Constraint> clusters_of(int count) {
  return std::make_shared<admm::Clusters>(count, admm::Clustering::Exact, torch::Tensor());
}

class WeightClustersOnBoth : public testing::TestWithParam<EngineKind> {};
INSTANTIATE_TEST_SUITE_P(Engines, WeightClustersOnBoth,
                         testing::Values(EngineKind::Dense, EngineKind::Sparse));

TEST_P(WeightClustersOnBoth, MembersShareTheMeanOfTheirClusterInsideTheMask) {
  const Masks masks = random_masks(0.3, 5);
  nn::GraphModule module = random_module(masks);
  const torch::Tensor mask = masks.at("fc2.weight");
  const torch::Tensor inside = module.parameter("fc2.weight").detach().masked_select(mask);
  const std::unique_ptr<Learner> learner = make_learner(module, masks, GetParam());
  WeightClusters clusters({{"fc2.weight", clusters_of(3)}}, masks, *learner);

  EXPECT_FALSE(clusters.hold());
  clusters.settle();
  learner->store(module);

  EXPECT_TRUE(clusters.hold());
  const torch::Tensor settled = module.parameter("fc2.weight").detach();
  EXPECT_TRUE(torch::equal(settled.masked_select(mask), clusters_of(3)->project(inside)));
  EXPECT_EQ(settled.masked_select(mask.logical_not()).count_nonzero().item<int>(), 0);
  EXPECT_EQ(clusters.codebooks().at("fc2.weight").size(), 3U);
}

TEST_P(WeightClustersOnBoth, GradientOfACentroidIsTheSumOfItsMembers) {
  const Masks masks = random_masks(0.3, 5);
  nn::GraphModule module = random_module(masks);
  const std::unique_ptr<Learner> learner = make_learner(module, masks, GetParam());
  WeightClusters clusters({{"fc2.weight", clusters_of(2)}}, masks, *learner);
  clusters.settle();
  const TrainingSet set = small_set();
  (void)learner->compute_gradients(draw_batch(set, 30, RandomStream(1)), {}, RandomStream(2));

  clusters.set_centroid_gradients();

  const torch::Tensor& centroids = clusters.centroids().at("fc2.weight.centroids");
  const torch::Tensor& weight = learner->parameters().at("fc2.weight");
  for (std::int64_t i = 0; i < centroids.numel(); ++i) {
    const torch::Tensor members = weight.detach().eq(centroids[i]);
    EXPECT_NEAR(centroids.grad()[i].item<double>(),
                weight.grad().masked_select(members).sum().item<double>(), 1e-5);
  }
}

TEST(QuantizeOntoClusters, TrainsCentroidsAndKeepsMembersTogether) {
  const ScratchFolder scratch("clusters");
  const TrainingSet set = small_set();
  StopAt progress(0);
  const Masks masks = random_masks(0.3, 5);
  nn::GraphModule module = random_module(masks);
  QuantizeOptions options;
  options.levels.emplace_back();
  options.levels.back().kind = "clusters";
  options.levels.back().weights = "*";
  options.levels.back().clusters = 3;
  options.admm.iterations = 1;
  options.retrain.epochs = 2;
  options.retrain.learning_rate = 1e-2;
  Traces traces;

  const NetworkModel model = quantize_weights(
      module, masks, options, small_context(set, progress, scratch.folder("work")), traces);

  validate(model);  // every weight is in its codebook
  EXPECT_TRUE(model.level_scales.empty());
  for (const std::string node : {"fc1", "fc2"}) {
    const std::vector<float>& values = model.parameters.at(node + ".weight").values;
    std::set<float> different(values.begin(), values.end());
    different.erase(0.0F);
    EXPECT_EQ(std::vector<float>(different.begin(), different.end()), model.codebooks.at(node));
    EXPECT_EQ(different.size(), 3U) << node;
  }
  const EpochRow& last = traces.epochs.back();
  EXPECT_LT(last.train_loss, traces.epochs[traces.epochs.size() - 2].train_loss);
}

TEST(QuantizeByPrecision, KeepsTheBudgetWithNoZeroAmongTheCodes) {
  const ScratchFolder scratch("precision");
  const TrainingSet set = small_set();
  StopAt progress(0);
  const Masks masks = random_masks(0.3, 5);
  nn::GraphModule module = random_module(masks);
  QuantizeOptions options;
  options.precision = PrecisionOptions{2.0, 8};
  options.admm.iterations = 0;
  options.retrain.epochs = 0;
  Traces traces;

  const NetworkModel model = quantize_weights(
      module, masks, options, small_context(set, progress, scratch.folder("work")), traces);

  double bits = 0.0;
  for (const std::string node : {"fc1", "fc2"}) {
    double largest = 0.0;
    std::int64_t count = 0;
    for (const float weight : model.parameters.at(node + ".weight").values) {
      if (weight == 0.0F) continue;
      largest = std::max(largest, std::abs(weight / model.level_scales.at(node)));
      ++count;
    }
    EXPECT_EQ(count, masks.at(node + ".weight").count_nonzero().item<std::int64_t>());
    bits += std::ceil(std::log2(2.0 * std::round(largest)) - 1e-9) * static_cast<double>(count);
  }
  EXPECT_LE(bits, 2.0 * static_cast<double>(count_weights(masks)));
}

}  // namespace
}  // namespace ohmweave::train
