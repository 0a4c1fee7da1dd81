// SPDX-License-Identifier: Apache-2.0
#include "mapping/placement.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/error.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

const Geometry kGeometry{4, 4, 2, 2};

/// 3 inputs, 2 outputs; codes (row, column): (0,0) = 6, (2,0) = -9, (2,1) = 15. Row 1 is dead.
QuantizedNetwork small_network() {
  QuantizedNetwork network = one_layer(3, 2);
  code_at(network, 0, 0) = 6;
  code_at(network, 2, 0) = -9;
  code_at(network, 2, 1) = 15;
  return network;
}

Block block_of(std::vector<int> rows, std::vector<int> columns) {
  Block block;
  block.node = 1;
  block.rows = std::move(rows);
  block.columns = std::move(columns);
  return block;
}

Placement small_placement() { return place_blocks({block_of({0, 2}, {0, 1})}, kGeometry, 1); }

std::string message_of(const Placement& placement, const QuantizedNetwork& network) {
  try {
    validate(placement, network);
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CellLevels, SplitsMagnitudesIntoSlicesBySign) {
  const Placement placement = small_placement();
  const QuantizedNetwork network = small_network();

  // 6 = 1*4 + 2, 9 = 2*4 + 1, 15 = 3*4 + 3; rows of the array: matrix rows 0 and 2.
  const auto in_corner = [](int a, int b, int c, int d) {
    return std::vector<int>{a, b, 0, 0, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  };
  EXPECT_EQ(cell_levels(placement, network, 0), in_corner(2, 0, 0, 3));  // slice 0, +
  EXPECT_EQ(cell_levels(placement, network, 1), in_corner(0, 0, 1, 0));  // slice 0, -
  EXPECT_EQ(cell_levels(placement, network, 2), in_corner(1, 0, 0, 3));  // slice 1, +
  EXPECT_EQ(cell_levels(placement, network, 3), in_corner(0, 0, 2, 0));  // slice 1, -
}

/// Column 0 and column 1 of the small network as blocks of one position.
Placement shared_placement() {
  Placement placement = place_blocks({block_of({0, 2}, {0})}, kGeometry, 1);
  Block second = block_of({2}, {1});
  second.first_row = 2;
  second.first_column = 1;
  placement.blocks.push_back(second);
  for (Array& array : placement.arrays) array.blocks.push_back(1);
  return placement;
}

TEST(SharedArrays, HoldEachBlockAtItsOffsets) {
  const Placement placement = shared_placement();
  const QuantizedNetwork network = small_network();

  EXPECT_NO_THROW(validate(placement, network));
  EXPECT_EQ(cell_levels(placement, network, 2),  // slice 1, +: 6 / 4 at (0, 0), 15 / 4 at (2, 1)
            (std::vector<int>{1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0}));
  const std::vector<CellAddress> cells = locate(placement, network, 1, 1, 2);
  ASSERT_EQ(cells.size(), 4u);
  EXPECT_EQ(cells[3].array, 3);
  EXPECT_EQ(cells[3].row, 2);
  EXPECT_EQ(cells[3].column, 1);
}

TEST(SharedArrays, AreCountedOnce) {
  const Json summary = placement_summary(shared_placement(), small_network());

  EXPECT_EQ(summary["arrays_needed"], 4);
  EXPECT_EQ(summary["arrays_shared"], 4);
  EXPECT_EQ(summary["layers"][0]["blocks"], 2);
  EXPECT_EQ(summary["layers"][0]["arrays_needed"], 4);
  EXPECT_DOUBLE_EQ(summary["cell_utilization_fraction"].get<double>(), 3.0 / 16.0);
}

TEST(SharedArrays, NameTheBlockOfEachLineInTheNpz) {
  const NpyArrays arrays = arrays_to_npz(shared_placement());
  const auto first_array_of = [&](const char* name) {
    std::vector<std::int32_t> values(4);
    std::memcpy(values.data(), arrays.at(name).bytes.data(), 4 * sizeof(std::int32_t));
    return values;
  };

  EXPECT_EQ(first_array_of("rows"), (std::vector<std::int32_t>{0, 2, 2, -1}));
  EXPECT_EQ(first_array_of("row_blocks"), (std::vector<std::int32_t>{0, 0, 1, -1}));
  EXPECT_EQ(first_array_of("columns"), (std::vector<std::int32_t>{0, 1, -1, -1}));
  EXPECT_EQ(first_array_of("column_blocks"), (std::vector<std::int32_t>{0, 1, -1, -1}));
}

TEST(SharedArrays, AreRefusedWhenBlocksMeetInARow) {
  Placement placement = shared_placement();
  placement.blocks[1].first_row = 1;

  EXPECT_EQ(message_of(placement, small_network()),
            "placement: /blocks/1: shares rows of its array with block 0");
}

TEST(SharedArrays, AreRefusedWhenBlocksMeetInAColumn) {
  Placement placement = shared_placement();
  placement.blocks[1].first_column = 0;

  EXPECT_EQ(message_of(placement, small_network()),
            "placement: /blocks/1: shares columns of its array with block 0");
}

TEST(SharedArrays, AreRefusedWhenABlockLeavesThem) {
  Placement placement = shared_placement();
  placement.blocks[1].first_column = 4;

  EXPECT_EQ(message_of(placement, small_network()),
            "placement: /blocks/1: leaves its array of 4 rows and 4 columns");
}

TEST(CellLevels, RefusesACodeWithMoreBitsThanTheSlices) {
  QuantizedNetwork network = small_network();
  code_at(network, 0, 0) = 16;

  EXPECT_THROW(static_cast<void>(cell_levels(small_placement(), network, 0)), std::logic_error);
}

TEST(Locate, NamesEverySliceAndSign) {
  const std::vector<CellAddress> cells = locate(small_placement(), small_network(), 1, 1, 2);

  ASSERT_EQ(cells.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(cells[i].array, i);
    EXPECT_EQ(cells[i].row, 1);
    EXPECT_EQ(cells[i].column, 1);
  }
}

TEST(Locate, IsEmptyForARemovedRow) {
  EXPECT_TRUE(locate(small_placement(), small_network(), 1, 0, 1).empty());
}

TEST(Locate, FindsAllCopies) {
  Block second = block_of({0, 2}, {0, 1});
  second.copy = 1;
  const Placement placement = place_blocks({block_of({0, 2}, {0, 1}), second}, kGeometry, 1);

  EXPECT_EQ(locate(placement, small_network(), 1, 0, 0).size(), 8u);
  EXPECT_EQ(num_copies(placement, 1), 2);
  EXPECT_EQ(num_copies(placement, 0), 0);
}

TEST(PlacementSummary, CountsArraysAndUsedCells) {
  Block second = block_of({0, 2}, {0, 1});
  second.copy = 1;
  const Placement placement = place_blocks({block_of({0, 2}, {0, 1}), second}, kGeometry, 1);

  const Json summary = placement_summary(placement, small_network());

  EXPECT_EQ(summary["arrays_needed"], 4);
  EXPECT_EQ(summary["arrays_duplicated"], 4);
  EXPECT_EQ(summary["tiles"], 2);
  EXPECT_DOUBLE_EQ(summary["cell_utilization_fraction"].get<double>(), 3.0 / 16.0);
  EXPECT_EQ(summary["layers"][0]["name"], "fc");
  EXPECT_EQ(summary["layers"][0]["nonzero_weights"], 3);
  EXPECT_EQ(summary["layers"][0]["copies"], 2);
}

TEST(PlacementSummary, LeavesOutTheUtilizationOfNothing) {
  const Json summary = placement_summary(place_blocks({}, kGeometry, 1), one_layer(3, 2));

  EXPECT_EQ(summary["arrays_needed"], 0);
  EXPECT_FALSE(summary.contains("cell_utilization_fraction"));
}

TEST(UtilizationMap, HasOneEntryABlock) {
  const Json map = utilization_map(small_placement(), small_network());

  ASSERT_EQ(map.size(), 1u);
  EXPECT_EQ(map[0]["rows"], 2);
  EXPECT_EQ(map[0]["nonzero_weights"], 3);
  EXPECT_DOUBLE_EQ(map[0]["cell_utilization_fraction"].get<double>(), 3.0 / 16.0);
}

TEST(ArraysToNpz, PadsRowListsWithMinusOne) {
  const NpyArrays arrays = arrays_to_npz(small_placement());

  EXPECT_EQ(arrays.at("rows").shape, (std::vector<std::int64_t>{4, 4}));
  std::int32_t rows[16];
  ASSERT_EQ(arrays.at("rows").bytes.size(), sizeof(rows));
  std::memcpy(rows, arrays.at("rows").bytes.data(), sizeof(rows));
  EXPECT_EQ(std::vector<std::int32_t>(rows + 12, rows + 16),
            (std::vector<std::int32_t>{0, 2, -1, -1}));
  EXPECT_EQ(arrays.at("tile_xy").shape, (std::vector<std::int64_t>{1, 2}));
}

TEST(ValidatePlacement, AcceptsWhatHoldsEveryWeightOnce) {
  EXPECT_EQ(message_of(small_placement(), small_network()), "accepted");
}

TEST(ValidatePlacement, NamesAWeightThatIsNowhere) {
  const Placement placement = place_blocks({block_of({0, 2}, {0})}, kGeometry, 1);

  EXPECT_EQ(message_of(placement, small_network()),
            "placement: copy 0 of layer 'fc' holds weight (output 1, matrix row 2) nowhere");
}

TEST(ValidatePlacement, NamesAWeightThatIsThereTwice) {
  const Placement placement =
      place_blocks({block_of({0, 2}, {0, 1}), block_of({2}, {1})}, kGeometry, 1);

  EXPECT_EQ(message_of(placement, small_network()),
            "placement: copy 0 of layer 'fc' holds weight (output 1, matrix row 2) more than once");
}

TEST(ValidatePlacement, NamesALayerWithoutAnyBlock) {
  EXPECT_EQ(message_of(place_blocks({}, kGeometry, 1), small_network()),
            "placement: copy 0 of layer 'fc' holds weight (output 0, matrix row 0) nowhere");
}

TEST(ValidatePlacement, NamesARowTheLayerLacks) {
  EXPECT_EQ(message_of(place_blocks({block_of({0, 3}, {0, 1})}, kGeometry, 1), small_network()),
            "placement: /blocks/0/rows: holds 3, the layer has 3 matrix rows");
}

TEST(ValidatePlacement, NamesANodeWithoutWeights) {
  Block block = block_of({0, 2}, {0, 1});
  block.node = 0;

  EXPECT_EQ(message_of(place_blocks({block}, kGeometry, 1), small_network()),
            "placement: /blocks/0/node = 0: the network has no weights there");
}

TEST(ValidatePlacement, NamesACodeThatTheCellsCannotHold) {
  QuantizedNetwork network = small_network();
  code_at(network, 2, 0) = -16;

  EXPECT_EQ(
      message_of(small_placement(), network),
      "placement: layer 'fc' has weight code -16; the cells of a weight hold magnitudes up to 15");
}

}  // namespace
}  // namespace ohmweave::mapping
