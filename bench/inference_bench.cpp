// SPDX-License-Identifier: Apache-2.0
// Images a second through a simulated chip: LeNet-5 in the shape 6-16-120-84-10 (28 x 28, padding
// 2) with random codes, 128 x 128 arrays, one thread, batches of 64. Programming and wires are set
// up before the clock starts, as one chip serves all images.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/random.h"
#include "inference/executor.h"
#include "inference/mapped_chip.h"
#include "mapping/map_network.h"
#include "models/models.h"

namespace ohmweave::inference {
namespace {

constexpr int kBatch = 64;
constexpr int kInputBits = 8;

Node make_node(const char* name, Op op, int input) {
  Node node;
  node.name = name;
  node.op = op;
  if (input >= 0) node.inputs = {input};
  return node;
}

Node make_layer(const char* name, Op op, int input, int outputs, int kernel, int padding) {
  Node node = make_node(name, op, input);
  node.out_channels = outputs;
  node.kernel = kernel;
  node.padding = padding;
  return node;
}

Node make_pool(const char* name, int input) {
  Node node = make_node(name, Op::MaxPool2d, input);
  node.kernel = node.stride = 2;
  return node;
}

/// Random codes of `weight_bits` magnitude bits; requantizers that keep codes spread over 8 bits.
QuantizedNetwork lenet(int weight_bits) {
  QuantizedNetwork result;
  result.weight_bits = weight_bits;
  Network& graph = result.network;
  graph.name = "lenet";
  graph.input = {1, 28, 28};
  graph.nodes = {make_node("input", Op::Input, -1),
                 make_layer("conv1", Op::Conv2d, 0, 6, 5, 2),
                 make_node("relu1", Op::Relu, 1),
                 make_pool("pool1", 2),
                 make_layer("conv2", Op::Conv2d, 3, 16, 5, 0),
                 make_node("relu2", Op::Relu, 4),
                 make_pool("pool2", 5),
                 make_node("flatten", Op::Flatten, 6),
                 make_layer("fc1", Op::Linear, 7, 120, 1, 0),
                 make_node("relu3", Op::Relu, 8),
                 make_layer("fc2", Op::Linear, 9, 84, 1, 0),
                 make_node("relu4", Op::Relu, 10),
                 make_layer("fc3", Op::Linear, 11, 10, 1, 0)};
  const std::vector<Shape> shapes = infer_shapes(graph);
  const RandomStream stream(1);
  const std::int64_t highest = (std::int64_t{1} << weight_bits) - 1;
  const int last = static_cast<int>(graph.nodes.size()) - 1;
  for (int i = 0; i <= last; ++i) {
    QuantizedNode integers;
    integers.output.bits = kInputBits;
    integers.output.is_signed = has_weights(graph.nodes[i].op);
    if (has_weights(graph.nodes[i].op)) {
      const MatrixShape matrix = matrix_shape(graph, shapes, i);
      const RandomStream codes = stream.child(graph.nodes[i].name);
      integers.weights.emplace();
      for (std::int64_t w = 0; w < matrix.num_weights(); ++w) {
        integers.weights->codes.push_back(static_cast<std::int32_t>(
            static_cast<std::int64_t>(codes.below(2 * highest + 1, w)) - highest));
      }
      // A few standard deviations of the accumulator fill the codes.
      const double spread =
          std::sqrt(static_cast<double>(matrix.rows)) * static_cast<double>(highest) * 60.0;
      if (i != last) integers.requantizer = make_requantizer(127.0 / spread, -127, 127);
    }
    result.nodes.push_back(std::move(integers));
  }
  return result;
}

struct Chip {
  MappedNetwork mapped;
  Hardware hardware;
  LayerProducts products;
  CodeBatch images;
};

Chip make_chip(int bits_per_cell, int dac_bits, bool has_wires, double read_noise_fraction = 0.0) {
  constexpr int kWeightBits = 8;
  Chip chip;
  chip.hardware.array.weight_bits = kWeightBits;
  chip.hardware.array.bits_per_cell = bits_per_cell;
  chip.hardware.array.row_ohm = chip.hardware.array.col_ohm = has_wires ? 1.0 : 0.0;
  chip.hardware.device.kind = has_wires ? "level_grid" : "ideal";
  if (read_noise_fraction > 0.0) {
    chip.hardware.device.read_noise.emplace();
    chip.hardware.device.read_noise->fraction = read_noise_fraction;
  }
  chip.hardware.dac.bits = dac_bits;
  chip.hardware.adc.bits = 8;
  chip.mapped.network = lenet(kWeightBits);
  const crossbar::ArrayOptions& array = chip.hardware.array;
  chip.mapped.placement = mapping::map_network(
      chip.mapped.network,
      {array.rows, array.cols, array.num_slices(), array.bits_per_cell, array.rows_active}, {});
  chip.products = program_chip(chip.mapped, chip.hardware, {RandomStream(2), 0});
  chip.images = make_code_batch(kBatch, chip.mapped.network.network.input);
  const RandomStream stream(3);
  for (std::size_t i = 0; i < chip.images.codes.size(); ++i)
    chip.images.codes[i] = static_cast<std::int32_t>(stream.below(256, i));
  return chip;
}

void run_images(benchmark::State& state, const Chip& chip) {
  for (auto _ : state)
    benchmark::DoNotOptimize(
        run_network(chip.mapped.network, chip.products, chip.images, Reading{0, RandomStream(4)}));
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void one_slice_8_bit_inputs_and_wires(benchmark::State& state) {
  run_images(state, make_chip(8, 8, true));
}
void four_slices_8_bit_inputs_and_wires(benchmark::State& state) {
  run_images(state, make_chip(2, 8, true));
}
void four_slices_bit_serial_without_wires(benchmark::State& state) {
  run_images(state, make_chip(2, 1, false));
}

/// Every read of every column is solved, state.range(0) rows at a time; transistors of 1 kohm.
void read_by_gates(benchmark::State& state, Encoding encoding) {
  Chip chip = make_chip(4, 1, true);
  crossbar::ArrayOptions& array = chip.hardware.array;
  array.topology = crossbar::Topology::GateInput;
  array.encoding = encoding;
  array.transistor_ohm = 1e3;
  array.rows_active = static_cast<int>(state.range(0));
  chip.mapped.placement = mapping::map_network(chip.mapped.network,
                                               {array.rows, array.cols, array.num_slices(),
                                                array.bits_per_cell, array.rows_active, encoding},
                                               {});
  chip.products = program_chip(chip.mapped, chip.hardware, {RandomStream(2), 0});
  run_images(state, chip);
}

void two_slices_gate_input(benchmark::State& state) {
  read_by_gates(state, Encoding::OneSidedPair);
}
void two_slices_gate_input_row_pairs(benchmark::State& state) {
  read_by_gates(state, Encoding::RowPair);
}

/// Programming all arrays of a dense VGG-16 for CIFAR-10 and solving their wires: 128 x 128 cells
/// of 2 bits, 4-bit weights, pairs.
void all_arrays_of_vgg16(benchmark::State& state) {
  MappedNetwork mapped;
  mapped.network.weight_bits = 4;
  mapped.network.network = models::build_model("vgg16_cifar");
  const std::vector<Shape> shapes = infer_shapes(mapped.network.network);
  mapped.network.nodes.resize(shapes.size());
  for (const int node : weight_nodes(mapped.network.network)) {
    const MatrixShape matrix = matrix_shape(mapped.network.network, shapes, node);
    const RandomStream stream = RandomStream(5).child("codes", static_cast<std::uint64_t>(node));
    QuantizedWeights& weights = mapped.network.nodes[node].weights.emplace();
    for (std::int64_t i = 0; i < matrix.num_weights(); ++i)
      weights.codes.push_back(
          static_cast<std::int32_t>(stream.below(31, static_cast<std::uint64_t>(i))) - 15);
  }
  Hardware hardware;
  hardware.device.mismatch_sigma = 0.05;
  hardware.adc.bits = 8;
  const crossbar::ArrayOptions& array = hardware.array;
  mapped.placement = mapping::map_network(
      mapped.network, {array.rows, array.cols, array.num_slices(), array.bits_per_cell}, {});
  for (auto _ : state)
    benchmark::DoNotOptimize(program_chip(mapped, hardware, {RandomStream(2), 0}));
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(mapped.placement.arrays.size()));
}

void one_slice_8_bit_inputs_and_5_percent_read_noise(benchmark::State& state) {
  run_images(state, make_chip(8, 8, false, 0.05));
}

BENCHMARK(one_slice_8_bit_inputs_and_wires)->Unit(benchmark::kMillisecond);
BENCHMARK(four_slices_8_bit_inputs_and_wires)->Unit(benchmark::kMillisecond);
BENCHMARK(one_slice_8_bit_inputs_and_5_percent_read_noise)->Unit(benchmark::kMillisecond);
BENCHMARK(four_slices_bit_serial_without_wires)->Unit(benchmark::kMillisecond);
BENCHMARK(two_slices_gate_input)->Arg(8)->Arg(16)->Arg(32)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(two_slices_gate_input_row_pairs)->Arg(16)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(all_arrays_of_vgg16)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace ohmweave::inference

BENCHMARK_MAIN();
