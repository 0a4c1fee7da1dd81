// SPDX-License-Identifier: Apache-2.0
// Sparse training of LeNet-5: logits and gradients of batches of 64 images, by the sparse engine
// and by libtorch with dense weights that a mask keeps at zero. Both must give the same gradients,
// or the run stops with an error. Divide 55,000 by items_per_second for the time of an MNIST epoch.
#include <benchmark/benchmark.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/parameter_shapes.h"
#include "models/models.h"
#include "nn/graph_module.h"
#include "nn/sparse_network.h"

namespace ohmweave::nn {
namespace {

constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kImageSize = 28 * 28;
constexpr double kAgreement = 2e-5;  // of the largest gradient: float rounding

/// Weights of conv1, conv2, fc1 and fc2 by their total, as pruned networks share them out.
const std::map<std::int64_t, std::vector<std::int64_t>>& layer_counts() {
  static const std::map<std::int64_t, std::vector<std::int64_t>> kCounts{
      {1200, {70, 600, 400, 130}},
      {6050, {100, 2000, 3600, 350}},
      {13000, {250, 3500, 8250, 1000}}};
  return kCounts;
}

struct Setting {
  Network network = models::build_model("lenet5");
  Parameters parameters;
  SparseMasks masks;
  std::vector<std::uint8_t> images;
  std::vector<std::int64_t> labels;
};

Setting make_setting(std::int64_t num_weights) {
  Setting setting;
  for (Node& node : setting.network.nodes) node.dropout_fraction = 0.0;
  const RandomStream stream(1);
  GraphModule module(setting.network);
  initialize(module, stream);
  setting.parameters = module.state();
  std::size_t layer = 0;
  for (const int index : weight_nodes(setting.network)) {
    const std::string name =
        setting.network.nodes[static_cast<std::size_t>(index)].name + ".weight";
    const std::int64_t size = num_elements(setting.parameters.at(name).shape);
    const double fraction =
        static_cast<double>(layer_counts().at(num_weights)[layer++]) / static_cast<double>(size);
    for (std::int64_t i = 0; i < size; ++i) {
      const double draw = stream.child(name).uniform(static_cast<std::uint64_t>(i));
      setting.masks[name].push_back(draw < fraction ? 1 : 0);
    }
  }
  for (std::int64_t i = 0; i < kBatch * kImageSize; ++i) {
    setting.images.push_back(static_cast<std::uint8_t>(i * 37 % 256));
  }
  for (std::int64_t i = 0; i < kBatch; ++i) setting.labels.push_back(i * 7 % 10);
  return setting;
}

/// Gradient of the summed cross-entropy.
LogitGradient cross_entropy(const Setting& setting) {
  return [&setting](const LogitGroup& group) {
    for (int i = 0; i < group.num_images; ++i) {
      const float* logit = group.logits + i * group.num_classes;
      float* gradient = group.gradient + i * group.num_classes;
      const float largest = *std::max_element(logit, logit + group.num_classes);
      float sum = 0.0F;
      for (int c = 0; c < group.num_classes; ++c) {
        gradient[c] = std::exp(logit[c] - largest);
        sum += gradient[c];
      }
      for (int c = 0; c < group.num_classes; ++c) gradient[c] /= sum;
      gradient[setting.labels[static_cast<std::size_t>(group.first_image + i)]] -= 1.0F;
    }
  };
}

struct DenseStep {
  explicit DenseStep(const Setting& setting) : module(setting.network) {
    module.load(SparseNetwork(setting.network, setting.parameters, setting.masks).to_parameters());
    module.train();
    images = torch::tensor(setting.images).reshape({kBatch, 1, 28, 28});
    labels = torch::tensor(setting.labels);
  }
  void run() {
    module.zero_grad();
    torch::cross_entropy_loss(module.forward(images.to(torch::kFloat32) / 255.0), labels, {},
                              at::Reduction::Sum)
        .backward();
  }
  GraphModule module;
  torch::Tensor images;
  torch::Tensor labels;
};

/// Largest difference of the gradients, over the largest gradient.
double difference(const Setting& setting, SparseNetwork& sparse) {
  DenseStep dense(setting);
  dense.run();
  const std::vector<float> given =
      sparse
          .backward(consecutive_images(setting.images.data(), kBatch, kImageSize),
                    NormStatistics::Batch, cross_entropy(setting))
          .gradient;
  double largest = 0.0;
  double apart = 0.0;
  for (const SparseRange& range : sparse.ranges()) {
    const torch::Tensor gradient = dense.module.parameter(range.name).grad().contiguous();
    for (std::size_t i = 0; i < range.places.size(); ++i) {
      const double expected = gradient.data_ptr<float>()[range.places[i]];
      const double value = given[static_cast<std::size_t>(range.first) + i];
      largest = std::max(largest, std::abs(expected));
      apart = std::max(apart, std::abs(expected - value));
    }
  }
  return apart / largest;
}

void count_images(benchmark::State& state, const Setting& setting) {
  std::int64_t num_weights = 0;
  for (const auto& [name, mask] : setting.masks) {
    num_weights += std::count(mask.begin(), mask.end(), 1);
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
  state.counters["weights"] = static_cast<double>(num_weights);
}

/// Arguments: weights, threads.
void sparse_forward_and_backward(benchmark::State& state) {
  const Setting setting = make_setting(state.range(0));
  SparseNetwork sparse(setting.network, setting.parameters, setting.masks,
                       {static_cast<int>(state.range(1))});
  const SparseImages images = consecutive_images(setting.images.data(), kBatch, kImageSize);
  const LogitGradient loss = cross_entropy(setting);
  for (auto _ : state) {
    benchmark::DoNotOptimize(sparse.backward(images, NormStatistics::Batch, loss));
  }
  count_images(state, setting);
  if (!(difference(setting, sparse) < kAgreement)) state.SkipWithError("differs from libtorch");
}

void sparse_forward(benchmark::State& state) {
  const Setting setting = make_setting(state.range(0));
  SparseNetwork sparse(setting.network, setting.parameters, setting.masks,
                       {static_cast<int>(state.range(1))});
  const SparseImages images = consecutive_images(setting.images.data(), kBatch, kImageSize);
  for (auto _ : state) benchmark::DoNotOptimize(sparse.forward(images));
  count_images(state, setting);
}

void dense_forward_and_backward(benchmark::State& state) {
  const Setting setting = make_setting(state.range(0));
  torch::set_num_threads(static_cast<int>(state.range(1)));
  DenseStep dense(setting);
  for (auto _ : state) dense.run();
  count_images(state, setting);
}

BENCHMARK(sparse_forward_and_backward)
    ->ArgsProduct({{1200, 6050, 13000}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(sparse_forward)
    ->ArgsProduct({{1200, 6050, 13000}, {1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(dense_forward_and_backward)
    ->ArgsProduct({{6050}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace ohmweave::nn

BENCHMARK_MAIN();
