// SPDX-License-Identifier: Apache-2.0
#include "mapping/packing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "core/random.h"
#include "mapping/map_network.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

const Geometry kSquareGeometry{16, 16, 1, 2};

TEST(PackAlongDiagonals, PutsTwoQuartersIntoOnePosition) {
  const std::vector<Seat> seats = pack_along_diagonals({{8, 8}, {8, 8}}, kSquareGeometry);

  EXPECT_EQ(num_positions(seats), 1);
  EXPECT_EQ(seats[1].first_row, 8);
  EXPECT_EQ(seats[1].first_column, 8);
}

TEST(PackAlongDiagonals, NeverLetsBlocksShareAColumn) {
  // Rows would do (4 + 4 of 16), columns would not (9 + 8 of 16).
  EXPECT_EQ(num_positions(pack_along_diagonals({{4, 9}, {4, 8}}, kSquareGeometry)), 2);
}

TEST(PackAlongDiagonals, NumbersPositionsByTheirFirstBlock) {
  const std::vector<Seat> seats = pack_along_diagonals({{2, 2}, {16, 16}, {3, 3}}, kSquareGeometry);

  EXPECT_EQ(seats[0].position, 0);
  EXPECT_EQ(seats[1].position, 1);
  EXPECT_EQ(seats[2].position, 0);
}

TEST(PackAlongDiagonals, KeepsBlocksWithinGroupsOfRowsReadAtOnce) {
  Geometry geometry = kSquareGeometry;
  geometry.rows_active = 4;
  // 6 rows take 2 reads of 4 from the beginning of a group; 3 rows behind them would straddle one.
  const std::vector<Seat> seats = pack_along_diagonals({{6, 2}, {3, 2}, {2, 2}}, geometry);

  EXPECT_EQ(num_positions(seats), 1);
  EXPECT_EQ(seats[0].first_row, 0);
  EXPECT_EQ(seats[1].first_row, 8);
  EXPECT_EQ(seats[2].first_row, 12);
}

struct Line {
  int first = 0;
  int end = 0;
};
bool meet(Line a, Line b) { return a.first < b.end && b.first < a.end; }

std::vector<Extent> random_extents(int count, std::uint64_t seed) {
  const RandomStream stream = RandomStream(seed).child("extents");
  std::vector<Extent> extents;
  for (int i = 0; i < count; ++i)
    extents.push_back({1 + static_cast<int>(stream.below(16, 2 * i)),
                       1 + static_cast<int>(stream.below(16, 2 * i + 1))});
  return extents;
}

TEST(PackAlongDiagonals, KeepsRowsAndColumnsApartAndWithinTheArray) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Geometry geometry = kSquareGeometry;
    if (seed % 2 == 0) geometry.rows_active = 1 << (seed % 5);
    const std::vector<Extent> extents = random_extents(30, seed);

    const std::vector<Seat> seats = pack_along_diagonals(extents, geometry);

    for (std::size_t i = 0; i < seats.size(); ++i) {
      const Line rows{seats[i].first_row, seats[i].first_row + extents[i].rows};
      const Line columns{seats[i].first_column, seats[i].first_column + extents[i].cols};
      ASSERT_LE(rows.end, geometry.rows);
      ASSERT_LE(columns.end, geometry.cols);
      const int group = geometry.rows_at_once();
      const int reads_alone = (extents[i].rows + group - 1) / group;
      ASSERT_EQ((rows.end - 1) / group - rows.first / group + 1, reads_alone);
      for (std::size_t j = 0; j < i; ++j) {
        if (seats[j].position != seats[i].position) continue;
        const Line other_rows{seats[j].first_row, seats[j].first_row + extents[j].rows};
        const Line other_columns{seats[j].first_column, seats[j].first_column + extents[j].cols};
        ASSERT_FALSE(meet(rows, other_rows));
        ASSERT_FALSE(meet(columns, other_columns));
      }
    }
  }
}

/// The fewest positions, by trying every assignment.
int fewest_positions(const std::vector<Extent>& extents, const Geometry& geometry) {
  int best = static_cast<int>(extents.size());
  std::vector<Extent> used;
  const std::function<void(std::size_t)> place = [&](std::size_t index) {
    if (static_cast<int>(used.size()) >= best) return;
    if (index == extents.size()) {
      best = static_cast<int>(used.size());
      return;
    }
    const Extent& extent = extents[index];
    for (std::size_t p = 0; p < used.size(); ++p) {
      if (used[p].rows + extent.rows > geometry.rows) continue;
      if (used[p].cols + extent.cols > geometry.cols) continue;
      used[p] = {used[p].rows + extent.rows, used[p].cols + extent.cols};
      place(index + 1);
      used[p] = {used[p].rows - extent.rows, used[p].cols - extent.cols};
    }
    used.push_back(extent);
    place(index + 1);
    used.pop_back();
  };
  place(0);
  return best;
}

TEST(PackAlongDiagonals, ComesNearTheOptimumOfSmallCases) {
  int found = 0;
  int optimal = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const std::vector<Extent> extents = random_extents(8, seed);
    const int here = num_positions(pack_along_diagonals(extents, kSquareGeometry));
    const int best = fewest_positions(extents, kSquareGeometry);
    ASSERT_GE(here, best);
    ASSERT_LE(here, best + 1);
    found += here;
    optimal += best;
  }
  EXPECT_LE(found, 1.03 * optimal);
}

/// Two grouped layers: many small matrices.
QuantizedNetwork grouped_network() {
  Network network;
  network.name = "grouped";
  network.input = {8, 6, 6};
  network.nodes = {input_node(), conv("depthwise1", 0, 8, 3), conv("depthwise2", 1, 8, 3)};
  network.nodes[1].groups = network.nodes[2].groups = 8;
  QuantizedNetwork quantized = with_zero_weights(network);
  fill_randomly(quantized, 1.0, 3);
  return quantized;
}

TEST(MapNetwork, SharesArraysAsTheConfigSays) {
  const QuantizedNetwork network = grouped_network();
  const Geometry geometry{32, 16, 2, 2};  // room for 3 blocks of 9 x 1
  const auto arrays_with = [&](Packing packing) {
    MappingOptions options;
    options.packing = packing;
    const Placement placement = map_network(network, geometry, options);
    validate(placement, network);
    EXPECT_EQ(placement.blocks.size(), 16u);
    return placement.arrays.size();
  };

  EXPECT_EQ(arrays_with(Packing::None), 16u * 4);
  EXPECT_EQ(arrays_with(Packing::WithinLayers), 6u * 4);  // ceil(8 / 3) a layer
  EXPECT_EQ(arrays_with(Packing::AcrossLayers), 6u * 4);  // ceil(16 / 3)
}

TEST(AssignPositions, KeepsCopiesApart) {
  Block needed;
  needed.rows = {0, 1};
  needed.columns = {0};
  Block copy = needed;
  copy.copy = 1;

  EXPECT_EQ(num_positions(assign_positions({needed, copy}, kSquareGeometry, Packing::AcrossLayers)),
            2);
}

}  // namespace
}  // namespace ohmweave::mapping
