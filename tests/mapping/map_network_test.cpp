// SPDX-License-Identifier: Apache-2.0
#include "mapping/map_network.h"

#include <gtest/gtest.h>

#include <ctime>

#include "core/error.h"
#include "mapping/network_graph.h"
#include "mapping/traffic.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

const Geometry kGeometry{128, 64, 2, 2};

TEST(MapNetwork, GivesTheKnownArraysOfADenseLenet) {
  QuantizedNetwork network = lenet();
  fill_randomly(network, 1.0, 1);

  const Placement placement = map_network(network, kGeometry, {});

  // Blocks: conv1 25x20: 1; conv2 500x50: 4; fc1 800x500: 7*8 = 56; fc2 500x10: 4. 4 arrays each.
  EXPECT_EQ(placement.blocks.size(), 65u);
  EXPECT_EQ(placement.arrays.size(), 260u);
  // 4 blocks a tile: conv1's 1 opens a tile, conv2 1, fc1 14, fc2 1.
  EXPECT_EQ(placement.tiles.size(), 17u);
  EXPECT_EQ(placement.mesh_width, 5);
  EXPECT_EQ(placement.mesh_height, 4);
}

TEST(MapNetwork, LeavesOutALayerOfZeros) {
  QuantizedNetwork network = lenet();
  fill_randomly(network, 1.0, 1);
  std::vector<std::int32_t>& fc1 = network.nodes[6].weights->codes;
  fc1.assign(fc1.size(), 0);

  EXPECT_EQ(map_network(network, kGeometry, {}).blocks.size(), 9u);
}

TEST(MapNetwork, CountsTheArraysOfAGridThatMovesNothing) {
  QuantizedNetwork network = one_layer(8, 8);
  network.weight_bits = 2;
  for (int i = 0; i < 8; ++i) code_at(network, i, i % 2) = 1;
  const Geometry geometry{2, 2, 1, 2};

  // Only the first two columns are alive: 4 of 16 arrays of 2 x 2, in pairs; packing cannot help.
  EXPECT_EQ(arrays_in_grid(network, geometry), (std::vector<int>{0, 8}));
  // The rows of column 0 and those of column 1 are apart: 8 cells in 2 x 1 pieces, 4 of them.
  EXPECT_EQ(map_network(network, geometry, {}).arrays.size(), 8u);
  code_at(network, 0, 7) = 1;
  EXPECT_EQ(arrays_in_grid(network, geometry), (std::vector<int>{0, 10}));
}

TEST(TrafficSummary, ComparesThePlacementWithTheRowMajorOne) {
  QuantizedNetwork network = lenet();
  fill_randomly(network, 1.0, 1);

  const Json by_traffic = traffic_summary(map_network(network, kGeometry, {"traffic", 4}), network);
  const Json by_rows = traffic_summary(map_network(network, kGeometry, {"row_major", 4}), network);

  EXPECT_DOUBLE_EQ(by_rows["hops_ratio"].get<double>(), 1.0);
  EXPECT_EQ(by_traffic["byte_hops_row_major"], by_rows["byte_hops"]);
  EXPECT_LT(by_traffic["hops_ratio"].get<double>(), 0.9);
  EXPECT_EQ(by_traffic["bytes_between_tiles"], by_rows["bytes_between_tiles"]);
  // The image goes to the one tile of conv1: 28 * 28 codes of a byte; 10 accumulators come out.
  EXPECT_GT(by_traffic["bytes_through_port"].get<double>(), 28.0 * 28.0);
}

TEST(TrafficSummary, OfOneTileHasNoRatio) {
  QuantizedNetwork network = one_layer(3, 2);
  fill_randomly(network, 1.0, 1);

  const Json summary = traffic_summary(map_network(network, kGeometry, {}), network);

  EXPECT_EQ(summary["byte_hops"], 0.0);
  EXPECT_FALSE(summary.contains("hops_ratio"));
}

TEST(MapNetwork, NamesATileThatIsTooSmall) {
  try {
    static_cast<void>(map_network(lenet(), kGeometry, {"traffic", 3}));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems(), (std::vector<std::string>{
                                    "/mapping/arrays_per_tile = 3: must be at least 4, the arrays "
                                    "of all slices of a block (of a pair, for each sign)"}));
  }
}

TEST(MapNetwork, NamesCellsThatAreTooFew) {
  try {
    static_cast<void>(map_network(lenet(), {128, 64, 1, 3}, {}));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems(),
              (std::vector<std::string>{"/array/weight_bits = 4: must be at "
                                        "most 3, the magnitude bits that the slices hold"}));
  }
}

TEST(MapNetwork, RefusesAnUnknownPlacerInTheConfig) {
  try {
    static_cast<void>(read_config<MappingOptions>(Json{{"placer", "trafic"}}, "/mapping"));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("/mapping/placer"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("traffic"), std::string::npos);
  }
}

TEST(LayerOrder, RunsThroughOneBranchBeforeTheNext) {
  Network network;
  network.input = {2, 4, 4};
  network.nodes = {input_node(),
                   conv("fork", 0, 2, 1),
                   conv("left1", 1, 2, 1),
                   conv("right1", 1, 2, 1),
                   conv("left2", 2, 2, 1),
                   conv("right2", 3, 2, 1),
                   plain("sum", Op::Add, {4, 5})};

  EXPECT_EQ(layer_order(network), (std::vector<int>{1, 2, 4, 3, 5}));
}

/// VGG-16 for 32 x 32 images: 13 convolutions and one Linear layer, 14.7 million weights.
QuantizedNetwork vgg16() {
  Network network;
  network.name = "vgg16";
  network.input = {3, 32, 32};
  network.nodes = {input_node()};
  const auto add = [&](Node node) { network.nodes.push_back(std::move(node)); };
  int num_convs = 0;
  for (const int channels :
       {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0}) {
    const int last = static_cast<int>(network.nodes.size()) - 1;
    const std::string number = std::to_string(num_convs++);
    if (channels == 0)
      add(plain("pool" + number, Op::MaxPool2d, {last}));
    else
      add(conv("conv" + number, last, channels, 3));
  }
  add(plain("flat", Op::Flatten, {static_cast<int>(network.nodes.size()) - 1}));
  add(linear("fc", static_cast<int>(network.nodes.size()) - 1, 10));
  return with_zero_weights(network);
}

// The limit is for optimized code; builds for debugging or with sanitizers only count the blocks.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr double kMaxVggCpuSeconds = 1.0;
#else
constexpr double kMaxVggCpuSeconds = 30.0;
#endif

TEST(MapNetwork, TakesUnderASecondForADenseVgg16) {
  QuantizedNetwork network = vgg16();
  for (QuantizedNode& node : network.nodes)
    if (node.weights) node.weights->codes.assign(node.weights->codes.size(), 1);

  const std::clock_t start = std::clock();
  const Placement placement = map_network(network, {128, 128, 2, 2}, {});
  const double cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;

  int num_blocks = 0;  // sum over layers of ceil(rows / 128) * ceil(columns / 128)
  const std::vector<Shape> shapes = infer_shapes(network.network);
  for (const int node : weight_nodes(network.network)) {
    const MatrixShape shape = matrix_shape(network.network, shapes, node);
    num_blocks += ((shape.rows + 127) / 128) * ((shape.columns + 127) / 128);
  }
  EXPECT_EQ(placement.blocks.size(), num_blocks);
  EXPECT_LT(cpu_s, kMaxVggCpuSeconds);
  RecordProperty("cpu_s", std::to_string(cpu_s));
}

}  // namespace
}  // namespace ohmweave::mapping
