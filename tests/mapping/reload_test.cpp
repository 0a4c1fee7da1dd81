// SPDX-License-Identifier: Apache-2.0
#include "mapping/reload.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "core/error.h"
#include "mapping/map_network.h"
#include "mapping/tiles.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

TEST(SplitIntoRounds, KeepsLayersWholeWhereTheyFit) {
  // Tiles of 2 positions, 2 tiles a round: layers of 3 positions, 2, 1.
  const std::vector<LayerPositions> rounds = split_into_rounds({{0, 1, 2}, {3, 4}, {5}}, 2, 2);

  EXPECT_EQ(rounds, (std::vector<LayerPositions>{{{0, 1, 2}}, {{3, 4}, {5}}}));
}

TEST(SplitIntoRounds, SplitsALayerThatIsLargerThanTheChip) {
  const std::vector<LayerPositions> rounds = split_into_rounds({{0}, {1, 2, 3, 4, 5}, {6}}, 1, 2);

  EXPECT_EQ(rounds, (std::vector<LayerPositions>{{{0}}, {{1, 2}}, {{3, 4}}, {{5}, {6}}}));
}

TEST(SplitIntoRounds, IsOneRoundWhereAllFits) {
  EXPECT_EQ(split_into_rounds({{0, 1}, {}, {2}}, 2, 2).size(), 1u);
}

MappingOptions on_chip(int max_tiles, bool reload) {
  MappingOptions options;
  options.arrays_per_tile = 4;
  options.max_tiles = max_tiles;
  options.reload = reload;
  return options;
}

TEST(MapNetwork, NamesNeedAndLimitOfAChipThatIsTooSmall) {
  QuantizedNetwork network = lenet();
  fill_randomly(network, 1.0, 1);
  try {
    static_cast<void>(map_network(network, {128, 64, 2, 2}, on_chip(64, false)));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems(),
              (std::vector<std::string>{
                  "/mapping/max_tiles = 64: the network needs 65 tiles for its 260 arrays; allow "
                  "as many, or set /mapping/reload to load it in rounds"}));
  }
}

TEST(MapNetwork, IsInOneRoundOnAChipThatIsLargeEnough) {
  QuantizedNetwork network = lenet();
  fill_randomly(network, 1.0, 1);

  EXPECT_EQ(num_rounds(map_network(network, {128, 64, 2, 2}, on_chip(65, true))), 1);
}

TEST(MappingOptions, RefuseRoundsWithArraysSharedAcrossLayers) {
  try {
    static_cast<void>(read_config<MappingOptions>(
        Json{{"reload", true}, {"packing", "across_layers"}}, "/mapping"));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("/mapping/reload = true: blocks that share arrays "),
              std::string::npos)
        << error.what();
  }
}

TEST(ReloadSchedule, OfANetworkThatFitsWritesNothing) {
  QuantizedNetwork network = lenet();
  fill_randomly(network, 1.0, 1);
  const std::vector<ReloadRound> rounds =
      reload_schedule(map_network(network, {128, 64, 2, 2}, {}), network);

  ASSERT_EQ(rounds.size(), 1u);
  EXPECT_EQ(rounds[0].cells_written, 0);
  EXPECT_EQ(rounds[0].nodes, (std::vector<int>{1, 3, 6, 8}));
}

/// Two Linear layers of 2 x 2 weights: codes 1 2 / 3 0 and 1 -1 / 3 3 (inputs x outputs).
QuantizedNetwork two_layers() {
  Network graph;
  graph.name = "two_layers";
  graph.input = {2, 1, 1};
  graph.nodes = {input_node(), linear("first", 0, 2), linear("second", 1, 2)};
  QuantizedNetwork network = with_zero_weights(graph);
  network.weight_bits = 2;
  network.nodes[1].weights->codes = {1, 3, 2, 0};
  network.nodes[2].weights->codes = {1, 3, -1, 3};
  return network;
}

TEST(ReloadSchedule, CountsCellsThatChange) {
  const QuantizedNetwork network = two_layers();
  MappingOptions options = on_chip(1, true);
  options.arrays_per_tile = 2;
  const Placement placement = map_network(network, {2, 2, 1, 2}, options);

  const std::vector<ReloadRound> rounds = reload_schedule(placement, network);

  validate(placement, network);
  ASSERT_EQ(rounds.size(), 2u);
  EXPECT_EQ(placement.mesh_width, 1);
  EXPECT_EQ(rounds[0].nodes, (std::vector<int>{1}));
  EXPECT_EQ(rounds[0].cells_held, 3);
  EXPECT_EQ(rounds[1].cells_held, 4);
  // Positive arrays 1 2 / 3 0 and 1 0 / 3 3: two cells; negative ones 0 and a single 1: one.
  EXPECT_EQ(rounds[0].cells_written, 3);
  EXPECT_EQ(rounds[1].cells_written, 3);
  const Json summary = reload_summary(placement, network);
  EXPECT_EQ(summary["rounds"], 2);
  EXPECT_EQ(summary["cells_written_per_image"], 6);
  EXPECT_EQ(summary["most_writes_of_a_cell_per_image"], 2);
  EXPECT_EQ(summary["schedule"][1]["layers"], Json::array({"second"}));
}

TEST(MapNetwork, NeverExceedsTheTilesOfTheChipInAnyRound) {
  QuantizedNetwork network = lenet();
  fill_randomly(network, 0.5, 2);
  for (const int max_tiles : {1, 3, 10, 40}) {
    const Placement placement = map_network(network, {64, 32, 2, 2}, on_chip(max_tiles, true));

    validate(placement, network);
    EXPECT_LE(placement.mesh_width, square_mesh(max_tiles).width);
    EXPECT_LE(placement.mesh_height, square_mesh(max_tiles).height);
    std::set<std::tuple<int, int, int>> places;
    for (const Tile& tile : placement.tiles)
      EXPECT_TRUE(places.emplace(tile.round, tile.x, tile.y).second);
    for (const ReloadRound& round : reload_schedule(placement, network)) {
      EXPECT_GT(round.num_tiles, 0);
      EXPECT_LE(round.num_tiles, max_tiles);
      EXPECT_LE(round.num_arrays, 4 * max_tiles);
    }
    const Json json = placement_to_json(placement);
    EXPECT_EQ(placement_to_json(placement_from_json(json)), json);
  }
}

}  // namespace
}  // namespace ohmweave::mapping
