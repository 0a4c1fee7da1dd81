// SPDX-License-Identifier: Apache-2.0
// The chip model on dense VGG-16 and ResNet-18 for CIFAR-10: 128 x 128 arrays, 2 slices of 2 bits,
// random codes. Mapping and plans are made before the clock starts.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "mapping/map_network.h"
#include "models/models.h"
#include "power_area/chip_pipeline.h"
#include "power_area/estimate.h"
#include "power_area/functional_chip.h"
#include "power_area/sim/analyze.h"
#include "power_area/sim/simulate.h"

namespace ohmweave::power_area {
namespace {

/// The network as it is after folding: batch norms are part of the convolutions before them.
Network without_batch_norms(const Network& network) {
  Network folded = network;
  folded.nodes.clear();
  std::vector<int> place;  // of the network's nodes in the folded one
  for (Node node : network.nodes) {
    for (int& input : node.inputs) input = place[input];
    if (node.op == Op::BatchNorm2d) {
      place.push_back(node.inputs.front());
      continue;
    }
    place.push_back(static_cast<int>(folded.nodes.size()));
    folded.nodes.push_back(std::move(node));
  }
  return folded;
}

/// 8-bit codes between layers and requantizers that keep them spread.
void set_formats(QuantizedNetwork& quantized, const std::vector<Shape>& shapes) {
  const Network& network = quantized.network;
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const Node& node = network.nodes[n];
    QuantizedNode& integers = quantized.nodes[n];
    integers.output.is_signed = has_weights(node.op) || node.op == Op::Add;
    const std::int64_t low = integers.output.low();
    const std::int64_t high = integers.output.high();
    if (has_weights(node.op) && n + 1 < network.nodes.size()) {
      const MatrixShape matrix = matrix_shape(network, shapes, static_cast<int>(n));
      integers.requantizer = make_requantizer(0.1 / std::sqrt(matrix.rows), low, high);
    }
    if (node.op == Op::AvgPool2d)
      integers.requantizer = make_requantizer(1.0 / (node.kernel * node.kernel), low, high);
    if (node.op == Op::Add)
      integers.addend_requantizers.assign(2, make_requantizer(0.6, low, high));
  }
}

/// Codes of 4 bits and a sign, none of them 0.
QuantizedNetwork with_random_codes(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  QuantizedNetwork quantized;
  quantized.network = network;
  quantized.nodes.resize(network.nodes.size());
  set_formats(quantized, shapes);
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
  ChipPipeline pipeline;
};

/// Copies with which no layer has more than `windows` windows an image.
std::vector<std::int64_t> copies_for(const Network& network, std::int64_t windows) {
  const std::vector<Shape> shapes = infer_shapes(network);
  std::vector<std::int64_t> copies(network.nodes.size(), 1);
  for (const int node : weight_nodes(network))
    copies[node] = (matrix_shape(network, shapes, node).windows + windows - 1) / windows;
  return copies;
}

constexpr std::int64_t kNoDuplicates = 1 << 20;

Example make_example(const Network& network, std::int64_t most_windows) {
  Example example;
  example.library = load_component_library(OHMWEAVE_SOURCE_DIR
                                           "/configs/presets/components/isaac_isca_2016.json");
  example.mapped.network = with_random_codes(network);
  const crossbar::ArrayOptions& array = example.circuits.array;
  example.mapped.placement = mapping::map_network(
      example.mapped.network, {array.rows, array.cols, array.num_slices(), array.bits_per_cell}, {},
      copies_for(network, most_windows));
  example.plans = plan_layers(example.mapped, example.circuits, example.library);
  example.pipeline = build_pipeline(example.mapped, example.plans, example.circuits);
  return example;
}

const Example& example_of(const std::string& name, std::int64_t most_windows = kNoDuplicates) {
  static std::map<std::pair<std::string, std::int64_t>, Example> examples;
  const auto found = examples.find({name, most_windows});
  if (found != examples.end()) return found->second;
  const Network network = without_batch_norms(models::build_model(name));
  return examples.emplace(std::pair(name, most_windows), make_example(network, most_windows))
      .first->second;
}

void set_times(benchmark::State& state, const PipelineResult& result) {
  state.counters["latency_cycles"] = static_cast<double>(result.latency_cycles());
  if (result.finish_cycles.size() > 2) state.counters["period_cycles"] = result.period_cycles();
}

/// state.range(0) inferences; layers duplicated to at most state.range(1) windows each.
void simulate_pipeline(benchmark::State& state, const std::string& name) {
  PipelineModel model = example_of(name, state.range(1)).pipeline.model;
  model.num_inferences = static_cast<int>(state.range(0));
  PipelineResult result;
  for (auto _ : state) result = simulate(model);
  set_times(state, result);
}

void analyze_pipeline(benchmark::State& state, const std::string& name) {
  PipelineModel model = example_of(name, state.range(1)).pipeline.model;
  model.num_inferences = static_cast<int>(state.range(0));
  PipelineResult result;
  for (auto _ : state) result = analyze(model);
  set_times(state, result);
}

void choose_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const std::int64_t windows : {kNoDuplicates, std::int64_t{64}})
    benchmark->Args({1, windows})->Args({6, windows});
}
BENCHMARK_CAPTURE(simulate_pipeline, vgg16_cifar, "vgg16_cifar")->Apply(choose_sizes);
BENCHMARK_CAPTURE(simulate_pipeline, resnet18_cifar, "resnet18_cifar")->Apply(choose_sizes);
BENCHMARK_CAPTURE(analyze_pipeline, vgg16_cifar, "vgg16_cifar")->Apply(choose_sizes);
BENCHMARK_CAPTURE(analyze_pipeline, resnet18_cifar, "resnet18_cifar")->Apply(choose_sizes);

void plan_pipeline(benchmark::State& state, const std::string& name) {
  const Example& example = example_of(name);
  for (auto _ : state) {
    const auto plans = plan_layers(example.mapped, example.circuits, example.library);
    benchmark::DoNotOptimize(build_pipeline(example.mapped, plans, example.circuits));
  }
}
BENCHMARK_CAPTURE(plan_pipeline, vgg16_cifar, "vgg16_cifar")->Unit(benchmark::kMillisecond);

/// One image through the frozen chip; the matrices are made before.
void simulate_image(benchmark::State& state, const std::string& name) {
  const Example& example = example_of(name);
  const auto readers =
      program_readers(example.mapped, example.plans, example.circuits, RandomStream(1));
  std::vector<std::int32_t> image(example.mapped.network.network.input.size());
  for (std::size_t i = 0; i < image.size(); ++i)
    image[i] = static_cast<std::int32_t>(RandomStream(2).below(256, i));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        simulate_images(example.mapped, example.plans, example.pipeline, readers, {image}));
}
BENCHMARK_CAPTURE(simulate_image, vgg16_cifar, "vgg16_cifar")
    ->Unit(benchmark::kSecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(simulate_image, resnet18_cifar, "resnet18_cifar")
    ->Unit(benchmark::kSecond)
    ->UseRealTime();

/// The whole stage but for its files: conductances, simulation of 6 inferences, bill, report.
void estimate_chip(benchmark::State& state, const std::string& name) {
  const Example& example = example_of(name);
  EstimateInputs inputs;
  inputs.chip = example.mapped;
  inputs.circuits = example.circuits;
  inputs.library = example.library;
  for (auto _ : state) benchmark::DoNotOptimize(estimate_chips(inputs));
}
BENCHMARK_CAPTURE(estimate_chip, vgg16_cifar, "vgg16_cifar")
    ->Unit(benchmark::kSecond)
    ->UseRealTime();

/// Whole analytic estimates of variants of one mapped network, bill included: state.range(0) of
/// them, with converters, clocks, links and lanes that differ. The chip sample is made once.
void sweep_chips(benchmark::State& state, const std::string& name) {
  const Example& example = example_of(name);
  double area_m2 = 0.0;
  for (auto _ : state) {
    const ChipSample sample = sample_chip(example.mapped, example.circuits, RandomStream(1));
    for (int variant = 0; variant < state.range(0); ++variant) {
      Circuits circuits = example.circuits;
      circuits.chip.timing = Timing::Analytic;
      circuits.adc.bits = 4 + variant % 5;
      circuits.chip.columns_per_adc = 8 << variant / 5 % 5;
      circuits.chip.link_bits_per_cycle = 32 << variant / 25 % 4;
      circuits.chip.vector_lanes = 1 + variant / 100;
      area_m2 += chip_figures(example.mapped, sample, circuits, example.library).area_m2;
    }
  }
  state.counters["mean_area_m2"] =
      area_m2 / static_cast<double>(state.iterations()) / static_cast<double>(state.range(0));
}
BENCHMARK_CAPTURE(sweep_chips, vgg16_cifar, "vgg16_cifar")
    ->Arg(1)
    ->Arg(1000)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace ohmweave::power_area

BENCHMARK_MAIN();
