// SPDX-License-Identifier: Apache-2.0
#include "mapping/tiles.h"

#include <gtest/gtest.h>

namespace ohmweave::mapping {
namespace {

TEST(FillTiles, LetsRemaindersShareATile) {
  // Tiles of 3 blocks: layer A has 4, B has 2, C has 1.
  const std::vector<int> tiles = fill_tiles({{0, 1, 2, 3}, {4, 5}, {6}}, 3);

  // A: whole tile 0, remainder opens tile 1; B fits the two places left there; C opens tile 2.
  EXPECT_EQ(tiles, (std::vector<int>{0, 0, 0, 1, 1, 1, 2}));
}

TEST(FillTiles, NeverSplitsALayerOverMoreTilesThanItNeeds) {
  // Two places are left after A, but B's three blocks stay together.
  EXPECT_EQ(fill_tiles({{0}, {1, 2, 3}}, 3), (std::vector<int>{0, 1, 1, 1}));
}

TEST(FillTiles, TakesTheTileWithTheLeastSufficientRoom) {
  // Room left before the last layer: 3 in tile 0, 2 in tile 1.
  EXPECT_EQ(fill_tiles({{0}, {1, 2}, {3, 4}}, 4).back(), 1);
}

TEST(FillTiles, FollowsTheGivenOrderOfLayers) {
  EXPECT_EQ(fill_tiles({{2, 3}, {0, 1}}, 2), (std::vector<int>{0, 0, 1, 1}));
  EXPECT_EQ(fill_tiles({{5}, {7, 3, 9}}, 2), (std::vector<int>{0, 1, 1, 0}));
}

TEST(SquareMesh, IsAsNearASquareAsPossible) {
  EXPECT_EQ(square_mesh(0).width, 0);
  EXPECT_EQ(square_mesh(1).width, 1);
  EXPECT_EQ(square_mesh(5).width, 3);
  EXPECT_EQ(square_mesh(5).height, 2);
  EXPECT_EQ(square_mesh(9).height, 3);
  EXPECT_EQ(square_mesh(10).width, 4);
  EXPECT_EQ(square_mesh(10).height, 3);
}

}  // namespace
}  // namespace ohmweave::mapping
