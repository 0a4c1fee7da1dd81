// SPDX-License-Identifier: Apache-2.0
// Mapping of whole networks with random codes on one core: arrays of 128 x 128, 2 slices of 2 bits,
// 16 arrays a tile. Codes are drawn before the clock starts. Counters: arrays, tiles, and the byte
// hops of the placement over those of the row-major one.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/random.h"
#include "mapping/map_network.h"
#include "mapping/placers.h"
#include "mapping/traffic.h"
#include "models/models.h"

namespace ohmweave::mapping {
namespace {

const Geometry kGeometry{128, 128, 2, 2};

/// The networks of the table, folded: batch norms carry no weights.
Network without_batch_norms(Network network) {
  for (Node& node : network.nodes)
    if (node.op == Op::BatchNorm2d || node.op == Op::Dropout) node.op = Op::Relu;
  return network;
}

/// Each weight is non-zero with probability `density`: +-1 .. +-15.
QuantizedNetwork random_network(const std::string& model, double density) {
  QuantizedNetwork quantized;
  quantized.network = without_batch_norms(models::build_model(model));
  quantized.nodes.resize(quantized.network.nodes.size());
  const std::vector<Shape> shapes = infer_shapes(quantized.network);
  for (const int node : weight_nodes(quantized.network)) {
    const std::int64_t size = matrix_shape(quantized.network, shapes, node).num_weights();
    const RandomStream stream = RandomStream(7).child("codes", node);
    std::vector<std::int32_t>& codes = quantized.nodes[node].weights.emplace().codes;
    codes.reserve(size);
    for (std::int64_t i = 0; i < size; ++i) {
      const auto draw = static_cast<std::int32_t>(stream.below(30, 2 * i));
      const bool is_alive = stream.uniform(2 * i + 1) < density;
      codes.push_back(is_alive ? (draw < 15 ? draw - 15 : draw - 14) : 0);
    }
  }
  return quantized;
}

const QuantizedNetwork& network_of(const std::string& model, int percent) {
  static std::map<std::pair<std::string, int>, QuantizedNetwork> known;
  const auto key = std::make_pair(model, percent);
  if (known.count(key) == 0) known[key] = random_network(model, percent / 100.0);
  return known.at(key);
}

void map_model(benchmark::State& state, const std::string& model, Packing packing) {
  const auto percent = static_cast<int>(state.range(0));
  const QuantizedNetwork& network = network_of(model, percent);
  MappingOptions options;
  options.packing = packing;
  Placement placement;
  for (auto _ : state) placement = map_network(network, kGeometry, options);
  options.placer = "row_major";
  const double row_major = traffic_hops(map_network(network, kGeometry, options), network);
  state.counters["arrays"] = static_cast<double>(placement.arrays.size());
  state.counters["tiles"] = static_cast<double>(placement.tiles.size());
  state.counters["hops_over_row_major"] = traffic_hops(placement, network) / row_major;
}

/// Without cutting: the placement of tiles alone.
void place_tiles(benchmark::State& state, const std::string& model) {
  const QuantizedNetwork& network = network_of(model, 100);
  const Placement placement = map_network(network, kGeometry, {"row_major"});
  PlacingProblem problem;
  problem.num_tiles = static_cast<int>(placement.tiles.size());
  problem.mesh = square_mesh(problem.num_tiles);
  problem.traffic = tile_traffic(placement, network);
  for (auto _ : state) benchmark::DoNotOptimize(place_by_traffic(problem));
}

BENCHMARK_CAPTURE(map_model, vgg16_cifar, "vgg16_cifar", Packing::None)
    ->Unit(benchmark::kMillisecond)
    ->ArgName("density_percent")
    ->Arg(100)
    ->Arg(10);
BENCHMARK_CAPTURE(map_model, vgg16_cifar_shared, "vgg16_cifar", Packing::AcrossLayers)
    ->Unit(benchmark::kMillisecond)
    ->ArgName("density_percent")
    ->Arg(100)
    ->Arg(10);
BENCHMARK_CAPTURE(map_model, resnet50_imagenet, "resnet50_imagenet", Packing::None)
    ->Unit(benchmark::kMillisecond)
    ->ArgName("density_percent")
    ->Arg(100)
    ->Arg(10);
BENCHMARK_CAPTURE(map_model, mobilenet_v1_imagenet_shared, "mobilenet_v1_imagenet",
                  Packing::AcrossLayers)
    ->Unit(benchmark::kMillisecond)
    ->ArgName("density_percent")
    ->Arg(100);
BENCHMARK_CAPTURE(place_tiles, vgg16_cifar, "vgg16_cifar")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(place_tiles, resnet50_imagenet, "resnet50_imagenet")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ohmweave::mapping

BENCHMARK_MAIN();
