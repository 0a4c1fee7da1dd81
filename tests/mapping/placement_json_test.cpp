// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/error.h"
#include "mapping/map_network.h"
#include "mapping/placement.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

Json sample_json() {
  QuantizedNetwork network = residual_network();
  fill_randomly(network, 0.3, 5);
  return placement_to_json(map_network(network, {16, 8, 2, 2}, {"traffic", 8}));
}

std::string message_of(const Json& json) {
  try {
    static_cast<void>(placement_from_json(json));
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(PlacementJson, SurvivesARoundTrip) {
  const Json json = sample_json();

  EXPECT_EQ(placement_to_json(placement_from_json(json)), json);
  EXPECT_EQ(placement_to_json(placement_from_json(Json::parse(json.dump()))), json);
}

TEST(PlacementJson, OfAnEmptyPlacementSurvivesARoundTrip) {
  const Json json = placement_to_json(map_network(one_layer(3, 2), Geometry{}, {}));

  EXPECT_EQ(placement_to_json(placement_from_json(json)), json);
}

TEST(PlacementJson, NamesAMissingKey) {
  Json json = sample_json();
  json["geometry"].erase("cols");

  EXPECT_EQ(message_of(json), "placement: /geometry/cols: is missing");
}

TEST(PlacementJson, NamesAWrongType) {
  Json json = sample_json();
  json["blocks"][1]["rows"] = "all";

  EXPECT_EQ(message_of(json), "placement: /blocks/1/rows = \"all\": must be an array");
}

TEST(PlacementJson, RefusesWhatIsNoObject) {
  EXPECT_EQ(message_of(Json::array()), "placement: / = []: must be an object");
}

TEST(PlacementJson, RefusesRowsOutOfOrder) {
  Json json = sample_json();
  json["blocks"][0]["rows"] = {4, 2};

  EXPECT_EQ(message_of(json), "placement: /blocks/0/rows/1 = 2: must be above the one before it");
}

TEST(PlacementJson, RefusesMoreColumnsThanAnArrayHas) {
  Json json = sample_json();
  json["blocks"][0]["columns"] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

  EXPECT_EQ(message_of(json), "placement: /blocks/0/columns: has 9 entries; an array holds 1 to 8");
}

TEST(PlacementJson, RefusesANegativeIndex) {
  Json json = sample_json();
  json["blocks"][0]["rows"] = {-1, 2};

  EXPECT_EQ(message_of(json),
            "placement: /blocks/0/rows/0 = -1: must be an integer in [0, 2147483647]");
}

TEST(PlacementJson, RefusesAnArrayOnATileThatIsNotThere) {
  Json json = sample_json();
  const std::size_t num_tiles = json["tiles"].size();
  json["arrays"][3]["tile"] = num_tiles;

  EXPECT_EQ(message_of(json), "placement: /arrays/3/tile = " + std::to_string(num_tiles) +
                                  ": must be an integer in [0, " + std::to_string(num_tiles - 1) +
                                  "]");
}

TEST(PlacementJson, RefusesTwoTilesAtOnePlace) {
  Json json = sample_json();
  json["tiles"][1] = json["tiles"][0];

  EXPECT_EQ(message_of(json),
            "placement: /tiles/1: another tile sits at the same place of the mesh");
}

TEST(PlacementJson, RefusesTwoArraysOfTheSameSign) {
  Json json = sample_json();
  json["arrays"][1]["sign"] = "positive";

  EXPECT_EQ(message_of(json),
            "placement: /arrays/1/sign = \"positive\": must be \"negative\": positive and negative "
            "arrays of a pair take turns");
}

TEST(PlacementJson, RefusesAnUnknownSign) {
  Json json = sample_json();
  json["arrays"][0]["sign"] = "plus";

  EXPECT_EQ(message_of(json),
            "placement: /arrays/0/sign = \"plus\": must be \"positive\": positive and negative "
            "arrays of a pair take turns");
}

TEST(PlacementJson, RefusesAMissingArray) {
  Json json = sample_json();
  const std::size_t num_arrays = json["arrays"].size();
  json["arrays"].erase(num_arrays - 1);

  EXPECT_EQ(message_of(json), "placement: /arrays: has " + std::to_string(num_arrays - 1) +
                                  " entries; must be a multiple of 4 (slices x signs)");
}

TEST(PlacementJson, RefusesAMissingPosition) {
  Json json = sample_json();
  const std::size_t num_arrays = json["arrays"].size();
  const std::size_t last = json["blocks"].size() - 1;
  for (int i = 0; i < 4; ++i) json["arrays"].erase(json["arrays"].size() - 1);

  EXPECT_EQ(message_of(json), "placement: /blocks/" + std::to_string(last) +
                                  "/first_array = " + std::to_string(num_arrays - 4) +
                                  ": there are " + std::to_string(num_arrays - 4) + " arrays");
}

TEST(PlacementJson, RefusesBlocksThatAreNotThoseOfThePosition) {
  Json json = sample_json();
  json["arrays"][5]["blocks"] = {0};

  EXPECT_EQ(message_of(json),
            "placement: /arrays/5/blocks = [0]: must be [1], the blocks with first_array at this "
            "position");
}

TEST(PlacementJson, RefusesAFirstArrayInTheMiddleOfAPosition) {
  Json json = sample_json();
  json["blocks"][1]["first_array"] = 6;

  EXPECT_EQ(message_of(json),
            "placement: /blocks/1/first_array = 6: must be a multiple of 4 (slices x signs)");
}

TEST(PlacementJson, RefusesABlockThatLeavesItsArray) {
  Json json = sample_json();
  json["blocks"][0]["rows"] = {1, 2, 3};
  json["blocks"][0]["first_row"] = 14;

  EXPECT_EQ(message_of(json), "placement: /blocks/0/first_row = 14: must be an integer in [0, 13]");
}

TEST(PlacementJson, KeepsHowManyRowsAreReadAtOnce) {
  QuantizedNetwork network = one_layer(3, 2);
  fill_randomly(network, 1.0, 1);
  Geometry geometry{16, 8, 2, 2, 4};

  const Placement placement =
      placement_from_json(placement_to_json(map_network(network, geometry, {})));

  EXPECT_EQ(placement.geometry.rows_at_once(), 4);
}

}  // namespace
}  // namespace ohmweave::mapping
