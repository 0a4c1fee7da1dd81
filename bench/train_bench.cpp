// SPDX-License-Identifier: Apache-2.0
// What ADMM costs beside plain training (LeNet-5, dense, batches of 128): a step with and without
// its penalty, the Z and U updates, which come once in an iteration of 430 steps (an epoch of
// 55,000 images), the exact projection of 10 million weights onto a count, and the best scale of
// LeNet-5's 430,500 weights on levels.
#include <benchmark/benchmark.h>
#include <torch/utils.h>

#include <memory>
#include <vector>

#include "admm/admm_state.h"
#include "admm/cardinality.h"
#include "admm/scaled_levels.h"
#include "models/models.h"
#include "train/adam.h"
#include "train/learner.h"

namespace ohmweave::train {
namespace {

constexpr std::int64_t kBatch = 128;

struct Setting {
  Setting() {
    Network network = models::build_model("lenet5");
    for (Node& node : network.nodes) node.dropout_fraction = 0.0;
    module = std::make_unique<nn::GraphModule>(network);
    nn::initialize(*module, RandomStream(1));
    learner = std::make_unique<DenseLearner>(*module);
    optimizer = make_optimizer(admm::OptimizerKind::Adam, learner->parameters(), {});
    torch::manual_seed(1);
    batch.images = torch::randint(0, 256, {kBatch, 1, 28, 28}, torch::kUInt8);
    batch.labels = torch::randint(0, 10, {kBatch}, torch::kInt64);
    std::vector<admm::AdmmTarget> targets;
    for (const std::string& name : weight_names(network)) {
      const torch::Tensor weight = learner->parameters().at(name);
      targets.emplace_back(name, weight, std::make_shared<admm::Cardinality>(weight.numel() / 70));
    }
    state = std::make_unique<admm::AdmmState>(targets, admm::RhoSchedule{1e-3, 1.0, true});
  }

  void step(bool with_penalty) {
    benchmark::DoNotOptimize(learner->compute_gradients(batch, {}, RandomStream(2)));
    if (with_penalty) state->add_penalty_gradient();
    optimizer->step(1e-4);
  }

  std::unique_ptr<nn::GraphModule> module;
  std::unique_ptr<DenseLearner> learner;
  std::unique_ptr<Optimizer> optimizer;
  Batch batch;
  std::unique_ptr<admm::AdmmState> state;
};

void plain_step(benchmark::State& state) {
  torch::set_num_threads(static_cast<int>(state.range(0)));
  Setting setting;
  for (auto _ : state) setting.step(false);
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void admm_step(benchmark::State& state) {
  torch::set_num_threads(static_cast<int>(state.range(0)));
  Setting setting;
  for (auto _ : state) setting.step(true);
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void z_and_u_update(benchmark::State& state) {
  torch::set_num_threads(static_cast<int>(state.range(0)));
  Setting setting;
  for (auto _ : state) benchmark::DoNotOptimize(setting.state->update());
}

void project_onto_count(benchmark::State& state) {
  torch::set_num_threads(1);
  torch::manual_seed(1);
  const torch::Tensor weights = torch::randn({state.range(0)});
  const admm::Cardinality set(state.range(0) / 100);
  for (auto _ : state) benchmark::DoNotOptimize(set.project(weights));
}

void fit_scale_of_levels(benchmark::State& state) {
  const RandomStream stream(1);
  std::vector<admm::WeightedValue> values(430500);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].value = static_cast<float>(stream.normal(i));
  }
  const admm::LevelList list(admm::uniform_level_list(static_cast<int>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(admm::fit_scale(values, list));
}

BENCHMARK(plain_step)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(admm_step)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(z_and_u_update)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(project_onto_count)->Arg(10000000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(fit_scale_of_levels)->Arg(1)->Arg(15)->Arg(255)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ohmweave::train

BENCHMARK_MAIN();
