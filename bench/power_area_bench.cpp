// SPDX-License-Identifier: Apache-2.0
// The chip model on dense VGG-16 and ResNet-18 for CIFAR-10: 128 x 128 arrays, 2 slices of 2 bits,
// random codes. Mapping and plans are made before the clock starts.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <string>

#include "core/random.h"
#include "mapping/map_network.h"
#include "models/builder.h"
#include "power_area/chip_pipeline.h"
#include "power_area/sim/analyze.h"
#include "power_area/sim/simulate.h"

namespace ohmweave::power_area {
namespace {

Network vgg16() {
  models::Builder b("vgg16", {3, 32, 32});
  int conv = 0;
  int pool = 0;
  for (const int filters :
       {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0}) {
    if (filters == 0) {
      b.max_pool2d("pool" + std::to_string(++pool), {2, 2});
      continue;
    }
    b.conv2d("conv" + std::to_string(++conv), filters, {3, 1, 1});
    b.relu("relu" + std::to_string(conv));
  }
  b.flatten("flatten");
  b.linear("fc", 10);
  return b.build();
}

Network resnet18() {
  models::Builder b("resnet18", {3, 32, 32});
  b.conv2d("stem", 64, {3, 1, 1});
  int from = b.relu("stem_relu");
  int filters = 64;
  for (int block = 0; block < 8; ++block) {
    const std::string name = "block" + std::to_string(block);
    const bool shrinks = block > 0 && block % 2 == 0;
    if (shrinks) filters *= 2;
    b.from(from).conv2d(name + "_a", filters, {3, shrinks ? 2 : 1, 1});
    b.relu(name + "_relu");
    const int main = b.conv2d(name + "_b", filters, {3, 1, 1});
    const int shortcut = shrinks ? b.from(from).conv2d(name + "_short", filters, {1, 2, 0}) : from;
    b.add(name + "_add", main, shortcut);
    from = b.relu(name + "_out");
  }
  b.avg_pool2d("pool", {4, 4});
  b.flatten("flatten");
  b.linear("fc", 10);
  return b.build();
}

/// Codes of 4 bits and a sign, none of them 0.
QuantizedNetwork with_random_codes(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  QuantizedNetwork quantized;
  quantized.network = network;
  quantized.nodes.resize(network.nodes.size());
  const RandomStream stream(7);
  for (const int node : weight_nodes(network)) {
    const std::int64_t size = matrix_shape(network, shapes, node).num_weights();
    const RandomStream draws = stream.child("codes", node);
    QuantizedWeights& weights = quantized.nodes[node].weights.emplace();
    weights.codes.reserve(size);
    for (std::int64_t i = 0; i < size; ++i) {
      const auto draw = static_cast<std::int32_t>(draws.below(30, i));
      weights.codes.push_back(draw < 15 ? draw - 15 : draw - 14);
    }
  }
  return quantized;
}

struct Example {
  Circuits circuits;
  ComponentLibrary library;
  MappedNetwork mapped;
  std::vector<LayerPlan> plans;
  PipelineModel model;
};

Example make_example(const Network& network) {
  Example example;
  example.library = load_component_library(OHMWEAVE_SOURCE_DIR
                                           "/configs/presets/components/isaac_isca_2016.json");
  example.mapped.network = with_random_codes(network);
  const crossbar::ArrayOptions& array = example.circuits.array;
  example.mapped.placement =
      mapping::map_network(example.mapped.network,
                           {array.rows, array.cols, array.num_slices(), array.bits_per_cell}, {});
  example.plans = plan_layers(example.mapped, example.circuits, example.library);
  example.model =
      build_pipeline(example.mapped, example.plans, example.circuits, example.library).model;
  return example;
}

const Example& example_of(const std::string& name) {
  static std::map<std::string, Example> examples;
  const auto found = examples.find(name);
  if (found != examples.end()) return found->second;
  return examples.emplace(name, make_example(name == "vgg16" ? vgg16() : resnet18())).first->second;
}

void simulate_pipeline(benchmark::State& state, const std::string& name) {
  PipelineModel model = example_of(name).model;
  model.num_inferences = static_cast<int>(state.range(0));
  double latency = 0.0;
  for (auto _ : state) latency = static_cast<double>(simulate(model).latency_cycles());
  state.counters["latency_cycles"] = latency;
}
BENCHMARK_CAPTURE(simulate_pipeline, vgg16, "vgg16")
    ->Arg(1)
    ->Arg(6)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(simulate_pipeline, resnet18, "resnet18")
    ->Arg(1)
    ->Arg(6)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void analyze_pipeline(benchmark::State& state, const std::string& name) {
  PipelineModel model = example_of(name).model;
  model.num_inferences = static_cast<int>(state.range(0));
  double latency = 0.0;
  for (auto _ : state) latency = static_cast<double>(analyze(model).latency_cycles());
  state.counters["latency_cycles"] = latency;
}
BENCHMARK_CAPTURE(analyze_pipeline, vgg16, "vgg16")->Arg(1)->Arg(6)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analyze_pipeline, resnet18, "resnet18")
    ->Arg(1)
    ->Arg(6)
    ->Unit(benchmark::kMillisecond);

void plan_pipeline(benchmark::State& state, const std::string& name) {
  const Example& example = example_of(name);
  for (auto _ : state) {
    const auto plans = plan_layers(example.mapped, example.circuits, example.library);
    benchmark::DoNotOptimize(
        build_pipeline(example.mapped, plans, example.circuits, example.library));
  }
}
BENCHMARK_CAPTURE(plan_pipeline, vgg16, "vgg16")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ohmweave::power_area

BENCHMARK_MAIN();
