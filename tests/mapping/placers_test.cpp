// SPDX-License-Identifier: Apache-2.0
#include "mapping/placers.h"

#include <gtest/gtest.h>

namespace ohmweave::mapping {
namespace {

/// n tiles, each sending one byte to the next.
PlacingProblem chain(int num_tiles) {
  PlacingProblem problem;
  problem.num_tiles = num_tiles;
  problem.mesh = square_mesh(num_tiles);
  for (int tile = 0; tile + 1 < num_tiles; ++tile) problem.traffic.push_back({tile, tile + 1, 1.0});
  return problem;
}

TEST(RowMajorPlacer, FillsRowByRow) {
  const std::vector<Tile> places = place_row_major(chain(5));

  EXPECT_EQ(places[2].x, 2);
  EXPECT_EQ(places[2].y, 0);
  EXPECT_EQ(places[3].x, 0);
  EXPECT_EQ(places[3].y, 1);
}

TEST(TrafficPlacer, PutsTalkativeTilesSideBySide) {
  PlacingProblem problem = chain(4);
  problem.traffic.push_back({3, 0, 1000.0});

  // A ring of four fits a 2 x 2 mesh with every step of length 1; row-major makes two of length 2.
  EXPECT_DOUBLE_EQ(traffic_hops(place_by_traffic(problem), problem.traffic), 1003.0);
  EXPECT_DOUBLE_EQ(traffic_hops(place_row_major(problem), problem.traffic), 2004.0);
}

TEST(TrafficPlacer, FindsTheOptimumOfAChain) {
  const PlacingProblem problem = chain(9);

  EXPECT_DOUBLE_EQ(traffic_hops(place_by_traffic(problem), problem.traffic), 8.0);
}

TEST(TrafficPlacer, UsesFreePlaces) {
  // Tile 0 talks to all others; on 3 x 2 the middle place of either row is best, the corner is not.
  PlacingProblem problem;
  problem.num_tiles = 4;
  problem.mesh = {3, 2};
  problem.traffic = {{0, 1, 1.0}, {2, 0, 1.0}, {0, 3, 1.0}};

  EXPECT_DOUBLE_EQ(traffic_hops(place_by_traffic(problem), problem.traffic), 3.0);
}

TEST(TrafficPlacer, PlacesTilesWithoutTraffic) {
  PlacingProblem problem;
  problem.num_tiles = 3;
  problem.mesh = square_mesh(3);

  EXPECT_EQ(place_by_traffic(problem).size(), 3u);
}

}  // namespace
}  // namespace ohmweave::mapping
