// SPDX-License-Identifier: Apache-2.0
// Placements on arrays whose inputs drive two rows each, one for each sign of a weight.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/error.h"
#include "mapping/line_assignment.h"
#include "mapping/map_network.h"
#include "mapping/packing.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

Geometry row_pairs(int rows, int cols, int num_slices = 2) {
  Geometry geometry{rows, cols, num_slices, 2};
  geometry.encoding = Encoding::RowPair;
  return geometry;
}

/// 3 inputs, 2 outputs; codes (row, column): (0,0) = 6, (2,0) = -9, (2,1) = 15. Row 1 is dead.
QuantizedNetwork pruned_network() {
  QuantizedNetwork network = one_layer(3, 2);
  code_at(network, 0, 0) = 6;
  code_at(network, 2, 0) = -9;
  code_at(network, 2, 1) = 15;
  return network;
}

TEST(RowPairs, HoldMagnitudesInTheRowOfTheirSign) {
  const QuantizedNetwork network = pruned_network();
  const Placement placement = map_network(network, row_pairs(6, 3), {});

  // 6 = 1*4 + 2, 9 = 2*4 + 1, 15 = 3*4 + 3; inputs of the array: matrix rows 0 and 2.
  ASSERT_EQ(placement.arrays.size(), 2u);
  EXPECT_EQ(cell_levels(placement, network, 0),
            (std::vector<int>{2, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(cell_levels(placement, network, 1),
            (std::vector<int>{1, 0, 0, 0, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(placement.arrays[1].slice, 1);
  EXPECT_EQ(placement.arrays[1].sign, Sign::Both);
  EXPECT_NO_THROW(validate(placement, network));
}

TEST(RowPairs, LocateBothRowsOfAWeight) {
  const QuantizedNetwork network = pruned_network();
  const std::vector<CellAddress> cells =
      locate(map_network(network, row_pairs(6, 3), {}), network, 1, 1, 2);

  ASSERT_EQ(cells.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(cells[i].array, i / 2);
    EXPECT_EQ(cells[i].row, 2 + i % 2);
    EXPECT_EQ(cells[i].column, 1);
  }
}

TEST(RowPairs, NameTheMatrixRowOfBothRowsInTheNpz) {
  const NpyArrays arrays = arrays_to_npz(map_network(pruned_network(), row_pairs(6, 3), {}));
  const auto first_array_of = [&](const char* name, std::size_t length) {
    std::vector<std::int32_t> values(length);
    std::memcpy(values.data(), arrays.at(name).bytes.data(), length * sizeof(std::int32_t));
    return values;
  };

  EXPECT_EQ(first_array_of("rows", 6), (std::vector<std::int32_t>{0, 0, 2, 2, -1, -1}));
  EXPECT_EQ(first_array_of("row_blocks", 6), (std::vector<std::int32_t>{0, 0, 0, 0, -1, -1}));
  EXPECT_EQ(first_array_of("columns", 3), (std::vector<std::int32_t>{0, 1, -1}));
}

TEST(RowPairs, SeatHalfAsManyMatrixRowsAsAnArrayHasRows) {
  QuantizedNetwork network = one_layer(40, 8);
  fill_randomly(network, 1.0, 1);

  const Json summary = placement_summary(map_network(network, row_pairs(16, 8), {}), network);
  const Json of_pairs = placement_summary(map_network(network, {16, 8, 2, 2}, {}), network);

  EXPECT_EQ(summary["arrays_needed"], 5 * 2);       // 8 inputs an array, one array a slice
  EXPECT_EQ(of_pairs["arrays_needed"], 3 * 2 * 2);  // 16 rows, two arrays
  EXPECT_DOUBLE_EQ(summary["cell_utilization_fraction"].get<double>(), 1.0);
  EXPECT_DOUBLE_EQ(of_pairs["cell_utilization_fraction"].get<double>(), 40.0 / 48.0);
}

TEST(RowPairs, AreNeverSplitByAGroupOfRowsReadAtOnce) {
  Geometry geometry = row_pairs(32, 16, 1);
  geometry.rows_active = 8;
  // As on 16 rows that are read four at a time.
  const std::vector<Seat> seats = pack_along_diagonals({{6, 2}, {3, 2}, {2, 2}}, geometry);

  EXPECT_EQ(num_positions(seats), 1);
  EXPECT_EQ(seats[1].first_row, 8);
  EXPECT_EQ(seats[2].first_row, 12);
  EXPECT_EQ(num_positions(pack_along_diagonals({{16, 8}, {1, 8}}, geometry)), 2);
}

TEST(RowPairs, NeedArraysOfWholePairs) {
  Geometry geometry = row_pairs(15, 8);
  geometry.rows_active = 5;
  try {
    static_cast<void>(map_network(pruned_network(), geometry, {}));
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems(),
              (std::vector<std::string>{"/array/rows = 15 and /array/rows_active = 5: must be "
                                        "multiples of 2, the rows that an input drives"}));
  }
}

TEST(RowPairs, SurviveJsonAndAreRefusedThereInHalves) {
  QuantizedNetwork network = residual_network();
  fill_randomly(network, 0.3, 5);
  Json json = placement_to_json(map_network(network, row_pairs(16, 8), {"traffic", 8}));
  const auto message_of = [](const Json& changed) {
    try {
      static_cast<void>(placement_from_json(changed));
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };

  EXPECT_EQ(placement_to_json(placement_from_json(json)), json);
  Json odd = json;
  odd["geometry"]["rows"] = 17;
  EXPECT_EQ(message_of(odd),
            "placement: /geometry/rows = 17: must be a multiple of 2, the rows of an input");
  odd = json;
  odd["geometry"]["rows_active"] = 5;
  EXPECT_EQ(message_of(odd),
            "placement: /geometry/rows_active = 5: must be a multiple of 2, the rows of an input");
  json["blocks"][0]["first_row"] = 8;  // the array has 8 inputs
  EXPECT_NE(message_of(json).find("/blocks/0/first_row = 8"), std::string::npos);
}

TEST(RowPairs, AreRefusedWhenABlockLeavesItsArray) {
  Placement placement = map_network(pruned_network(), row_pairs(6, 3), {});
  placement.blocks[0].first_row = 2;
  try {
    validate(placement, pruned_network());
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "placement: /blocks/0: leaves its array of 3 pairs of rows and 3 columns");
  }
}

/// Squared errors of all weights for the given lines, straight from the definition.
double error_on_lines(const Placement& placement, const QuantizedNetwork& network,
                      const std::vector<int>& lines, const StuckLevel& stuck) {
  const Geometry& geometry = placement.geometry;
  const Block& block = placement.blocks[0];
  double total = 0.0;
  for (std::size_t r = 0; r < block.rows.size(); ++r)
    for (std::size_t c = 0; c < block.columns.size(); ++c) {
      double error = 0.0;
      for (int slice = 0; slice < geometry.num_slices; ++slice)
        for (int sign = 0; sign < 2; ++sign) {
          const auto column = static_cast<int>(c);
          const int row = 2 * static_cast<int>(r) + sign;
          const int line = 2 * lines[r] + sign;
          const int level = cell_levels(placement, network, slice)[row * geometry.cols + column];
          const double held = stuck(slice, line * geometry.cols + column).value_or(level);
          error += (sign == 0 ? 1.0 : -1.0) * std::exp2(2 * slice) * (held - level);
        }
      total += error * error;
    }
  return total;
}

TEST(RowPairs, MoveTogetherToTheLinesWhereStuckCellsHurtLeast) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    QuantizedNetwork network = one_layer(5, 3);
    fill_randomly(network, 0.8, seed);
    const Placement placement = map_network(network, row_pairs(12, 4), {});
    const RandomStream stream = RandomStream(seed).child("stuck");
    const StuckLevel stuck = [&](int array, int cell) -> std::optional<double> {
      const double u = stream.uniform(100 * array + cell);
      if (u < 0.15) return 3.0;
      if (u < 0.3) return 0.0;
      return std::nullopt;
    };
    std::vector<int> lines(6);
    std::iota(lines.begin(), lines.end(), 0);
    double least = std::numeric_limits<double>::infinity();
    do least = std::min(least, error_on_lines(placement, network, lines, stuck));
    while (std::next_permutation(lines.begin(), lines.end()));

    const std::vector<int> assigned = assign_lines(placement, network, 0, stuck);

    ASSERT_EQ(assigned.size(), 6u);
    EXPECT_NEAR(error_on_lines(placement, network, assigned, stuck), least, 1e-9 * (1.0 + least));
  }
}

TEST(RowPairs, KeepTheirRowsTogetherOnTheirLines) {
  EXPECT_EQ(levels_on_lines({1, 2, 3, 4, 5, 6, 7, 8}, {1, 0}),
            (std::vector<int>{5, 6, 7, 8, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace ohmweave::mapping
