// SPDX-License-Identifier: Apache-2.0
// What every layout, every placer and every placement keeps, on random sparse networks.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "mapping/map_network.h"
#include "mapping/partition.h"
#include "mapping/placers.h"
#include "mapping/traffic.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

const Geometry kGeometry{32, 16, 2, 2};
const ArraySize kArray{kGeometry.rows, kGeometry.cols};

struct Case {
  double density = 1.0;
  std::uint64_t seed = 0;
};

class RandomNetwork : public ::testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] QuantizedNetwork network() const {
    QuantizedNetwork network = residual_network();
    fill_randomly(network, GetParam().density, GetParam().seed);
    return network;
  }
};

TEST_P(RandomNetwork, IsCutByEveryLayoutIntoPiecesThatHoldEachNonzeroOnce) {
  const QuantizedNetwork network = this->network();
  const std::vector<Shape> shapes = infer_shapes(network.network);
  for (const Layout& layout : layouts())
    for (const int node : weight_nodes(network.network)) {
      SCOPED_TRACE(layout.name + " of " + network.network.nodes[node].name);
      const MatrixShape shape = matrix_shape(network.network, shapes, node);
      for (int group = 0; group < shape.groups; ++group) {
        const NonzeroPattern pattern(*network.nodes[node].weights, shape, group);
        std::set<std::pair<int, int>> held;
        for (const Piece& piece : layout.cut(pattern, kArray)) {
          ASSERT_LE(piece.rows.size(), static_cast<std::size_t>(kArray.rows));
          ASSERT_LE(piece.columns.size(), static_cast<std::size_t>(kArray.cols));
          ASSERT_EQ(pattern.alive_rows(piece.rows, piece.columns), piece.rows);
          ASSERT_EQ(pattern.alive_columns(piece.rows, piece.columns), piece.columns);
          ASSERT_FALSE(piece.rows.empty() || piece.columns.empty());
          for (const int row : piece.rows)
            for (const int column : piece.columns)
              ASSERT_TRUE(held.emplace(row, column).second) << "held twice";
        }
        for (int row = 0; row < shape.rows; ++row)
          for (int column = 0; column < shape.columns; ++column)
            ASSERT_TRUE(!pattern.contains(row, column) || held.count({row, column}) == 1);
      }
    }
}

TEST_P(RandomNetwork, HasEachNonzeroWeightOnceInEverySliceAndSign) {
  const QuantizedNetwork network = this->network();
  const Placement placement = map_network(network, kGeometry, {"traffic", 8});

  EXPECT_NO_THROW(validate(placement, network));
  for (const int node : weight_nodes(network.network)) {
    const std::vector<std::int32_t>& codes = network.nodes[node].weights->codes;
    const int outputs = network.network.nodes[node].out_channels;
    const int rows = static_cast<int>(codes.size()) / outputs;
    for (int out = 0; out < outputs; ++out)
      for (int row = 0; row < rows; ++row) {
        const std::vector<CellAddress> cells = locate(placement, network, node, out, row);
        if (cells.empty()) {
          ASSERT_EQ(codes[out * rows + row], 0);
          continue;
        }
        std::set<std::pair<int, Sign>> kinds;
        for (const CellAddress& cell : cells)
          kinds.emplace(placement.arrays[cell.array].slice, placement.arrays[cell.array].sign);
        ASSERT_EQ(cells.size(), 4u);
        ASSERT_EQ(kinds.size(), 4u);
      }
  }
}

TEST_P(RandomNetwork, IsReadBackFromTheLevelsOfItsCells) {
  const QuantizedNetwork network = this->network();
  const Placement placement = map_network(network, kGeometry, {"traffic", 8});
  std::vector<std::vector<int>> levels;
  for (std::size_t array = 0; array < placement.arrays.size(); ++array)
    levels.push_back(cell_levels(placement, network, static_cast<int>(array)));

  for (const int node : weight_nodes(network.network)) {
    const std::vector<std::int32_t>& codes = network.nodes[node].weights->codes;
    const int rows = static_cast<int>(codes.size()) / network.network.nodes[node].out_channels;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      int code = 0;
      for (const CellAddress& cell : locate(placement, network, node, static_cast<int>(i) / rows,
                                            static_cast<int>(i) % rows)) {
        const Array& array = placement.arrays[cell.array];
        const int level = levels[cell.array][cell.row * kGeometry.cols + cell.column];
        ASSERT_LT(level, 1 << kGeometry.bits_per_cell);
        code += (array.sign == Sign::Positive ? level : -level)
                << (array.slice * kGeometry.bits_per_cell);
      }
      ASSERT_EQ(code, codes[i]);
    }
  }
}

TEST_P(RandomNetwork, IsReadBackFromTheCellsOfAnyEncoding) {
  const QuantizedNetwork network = this->network();
  for (const EncodingKind& kind : encodings()) {
    SCOPED_TRACE(kind.name);
    Geometry geometry{32, 16, kind.is_pair ? 2 : 3, 2};
    geometry.encoding = kind.encoding;
    geometry.rows_active = 6;
    const Placement placement = map_network(network, geometry, {"traffic", 8});
    const WeightCells cells = geometry.cells();
    std::vector<std::vector<int>> levels;
    for (std::size_t array = 0; array < placement.arrays.size(); ++array)
      levels.push_back(cell_levels(placement, network, static_cast<int>(array)));

    ASSERT_NO_THROW(validate(placement, network));
    for (const int node : weight_nodes(network.network)) {
      const std::vector<std::int32_t>& codes = network.nodes[node].weights->codes;
      const int rows = static_cast<int>(codes.size()) / network.network.nodes[node].out_channels;
      for (std::size_t i = 0; i < codes.size(); ++i) {
        const std::vector<CellAddress> held = locate(
            placement, network, node, static_cast<int>(i) / rows, static_cast<int>(i) % rows);
        ASSERT_TRUE(held.size() == static_cast<std::size_t>(cells.num_cells()) ||
                    (held.empty() && codes[i] == 0));
        int code = held.empty() ? 0 : -cells.offset();
        for (std::size_t cell = 0; cell < held.size(); ++cell) {
          const int level =
              levels[held[cell].array][held[cell].row * geometry.cols + held[cell].column];
          const bool is_negative = kind.is_pair && cell % 2 == 1;
          const int slice = static_cast<int>(cell) / cells.cells_per_slice();
          code += (is_negative ? -level : level) * (1 << cells.slice(slice).shift);
        }
        ASSERT_EQ(code, codes[i]);
      }
    }
  }
}

/// Sums of one group-free layer for the input, through the levels of the placed arrays.
std::vector<std::int64_t> product_through_arrays(const Placement& placement,
                                                 const QuantizedNetwork& network, int node,
                                                 const std::vector<std::int64_t>& input) {
  std::vector<std::int64_t> sums(network.network.nodes[node].out_channels, 0);
  for (std::size_t a = 0; a < placement.arrays.size(); ++a) {
    const Array& array = placement.arrays[a];
    const std::vector<int> levels = cell_levels(placement, network, static_cast<int>(a));
    const std::int64_t weight = (array.sign == Sign::Positive ? 1 : -1) *
                                (std::int64_t{1} << (array.slice * kGeometry.bits_per_cell));
    for (const int index : array.blocks) {
      const Block& block = placement.blocks[index];
      if (block.node != node || block.copy != 0) continue;
      for (std::size_t r = 0; r < block.rows.size(); ++r)
        for (std::size_t c = 0; c < block.columns.size(); ++c)
          sums[block.columns[c]] +=
              weight * input[block.rows[r]] *
              levels[(block.first_row + r) * kGeometry.cols + block.first_column + c];
    }
  }
  return sums;
}

TEST_P(RandomNetwork, MultipliesThroughItsArraysAsDirectly) {
  const QuantizedNetwork network = this->network();
  const Placement placement = map_network(network, kGeometry, {"traffic", 8});
  const int head = 8;
  const std::vector<std::int32_t>& codes = network.nodes[head].weights->codes;
  const std::size_t outputs = 10;
  const std::size_t rows = codes.size() / outputs;
  const RandomStream stream = RandomStream(GetParam().seed).child("input");
  std::vector<std::int64_t> input(rows);
  std::vector<std::int64_t> direct(outputs, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    input[row] = static_cast<std::int64_t>(stream.below(256, row));
    for (std::size_t out = 0; out < outputs; ++out)
      direct[out] += codes[out * rows + row] * input[row];
  }

  EXPECT_EQ(product_through_arrays(placement, network, head, input), direct);
}

TEST_P(RandomNetwork, StaysWithinArraysTilesAndMesh) {
  const QuantizedNetwork network = this->network();
  const int arrays_per_tile = 10;  // room for two blocks of four arrays

  const Placement placement = map_network(network, kGeometry, {"traffic", arrays_per_tile});

  std::vector<int> arrays_in_tile(placement.tiles.size(), 0);
  for (const Array& array : placement.arrays) {
    ++arrays_in_tile.at(array.tile);
    for (const int block : array.blocks)
      EXPECT_EQ(array.tile, placement.arrays[placement.blocks[block].first_array].tile);
  }
  for (const int count : arrays_in_tile) {
    EXPECT_GT(count, 0);
    EXPECT_LE(count, arrays_per_tile);
  }
  for (const Block& block : placement.blocks) {
    EXPECT_LE(block.rows.size(), static_cast<std::size_t>(kGeometry.rows));
    EXPECT_LE(block.columns.size(), static_cast<std::size_t>(kGeometry.cols));
  }
  const Json json = placement_to_json(placement);
  EXPECT_EQ(placement_to_json(placement_from_json(json)), json);
}

/// What the cells of every copy of a layer hold: codes by (copy, output, matrix row), each weight
/// put together from the arrays' levels, slice by slice and sign by sign. Fails where two blocks of
/// an array share a line or one lies outside the array.
using HeldCodes = std::map<std::tuple<int, int, int>, std::int32_t>;
std::vector<HeldCodes> codes_in_cells(const Placement& placement, const QuantizedNetwork& network) {
  std::vector<HeldCodes> held(network.nodes.size());
  std::vector<std::map<std::tuple<int, int, int>, int>> times_held(network.nodes.size());
  for (std::size_t a = 0; a < placement.arrays.size(); ++a) {
    const Array& array = placement.arrays[a];
    const std::vector<int> levels = cell_levels(placement, network, static_cast<int>(a));
    std::set<int> rows_used;
    std::set<int> columns_used;
    for (const int index : array.blocks) {
      const Block& block = placement.blocks[index];
      const Node& layer = network.network.nodes[block.node];
      const int first_output = block.group * (layer.out_channels / layer.groups);
      for (std::size_t r = 0; r < block.rows.size(); ++r) {
        const int row = block.first_row + static_cast<int>(r);
        EXPECT_TRUE(row < kGeometry.rows && rows_used.insert(row).second);
      }
      for (std::size_t c = 0; c < block.columns.size(); ++c) {
        const int column = block.first_column + static_cast<int>(c);
        EXPECT_TRUE(column < kGeometry.cols && columns_used.insert(column).second);
        for (std::size_t r = 0; r < block.rows.size(); ++r) {
          const int level = levels[(block.first_row + r) * kGeometry.cols + column];
          const std::tuple key{block.copy, first_output + block.columns[c], block.rows[r]};
          held[block.node][key] += (array.sign == Sign::Positive ? level : -level)
                                   << (array.slice * kGeometry.bits_per_cell);
          ++times_held[block.node][key];
        }
      }
    }
  }
  for (const auto& layer : times_held)
    for (const auto& [key, count] : layer) EXPECT_EQ(count, kGeometry.arrays_per_position());
  return held;
}

TEST_P(RandomNetwork, StandsOnceInEachCopyWhateverTheLayoutAndThePacking) {
  const QuantizedNetwork network = this->network();
  std::vector<std::int64_t> copies(network.nodes.size(), 1);
  for (std::size_t node = 0; node < copies.size(); ++node)
    copies[node] = 1 + RandomStream(GetParam().seed).child("copies").below(3, node);
  std::vector<std::string> names = {kBestLayout};
  for (const Layout& layout : layouts()) names.push_back(layout.name);
  for (const std::string& layout : names)
    for (const Packing packing : {Packing::None, Packing::WithinLayers, Packing::AcrossLayers}) {
      SCOPED_TRACE(layout + ", packing " + std::to_string(static_cast<int>(packing)));
      MappingOptions options;
      options.arrays_per_tile = 8;
      options.layout = layout;
      options.packing = packing;

      const Placement placement = map_network(network, kGeometry, options, copies);

      ASSERT_NO_THROW(validate(placement, network));
      const std::vector<HeldCodes> held = codes_in_cells(placement, network);
      for (const int node : weight_nodes(network.network)) {
        const std::vector<std::int32_t>& codes = network.nodes[node].weights->codes;
        const int rows = static_cast<int>(codes.size()) / network.network.nodes[node].out_channels;
        std::int64_t num_nonzero = 0;
        for (const auto& [key, code] : held[node]) {
          const auto [copy, output, row] = key;
          ASSERT_LT(copy, copies[node]);
          ASSERT_EQ(code, codes[output * rows + row]);
          if (code != 0) ++num_nonzero;
        }
        const auto expected =
            std::count_if(codes.begin(), codes.end(), [](int c) { return c != 0; });
        EXPECT_EQ(num_nonzero, expected * copies[node]);
      }
      std::vector<int> arrays_in_tile(placement.tiles.size(), 0);
      for (const Array& array : placement.arrays) ++arrays_in_tile.at(array.tile);
      for (const int count : arrays_in_tile) EXPECT_LE(count, options.arrays_per_tile);
    }
}

TEST_P(RandomNetwork, HasNoMoreByteHopsByTrafficThanRowMajor) {
  const QuantizedNetwork network = this->network();

  const Placement by_rows = map_network(network, kGeometry, {"row_major", 4});
  const Placement by_traffic = map_network(network, kGeometry, {"traffic", 4});

  EXPECT_GT(by_traffic.tiles.size(), 4u);
  EXPECT_LE(traffic_hops(by_traffic, network), traffic_hops(by_rows, network));
}

TEST_P(RandomNetwork, NeedsFewerArraysWithoutWholeRowSegments) {
  QuantizedNetwork network = one_layer(128, 64);
  fill_randomly(network, GetParam().density, GetParam().seed);
  const std::size_t before = map_network(network, kGeometry, {}).blocks.size();
  for (int segment = 0; segment < 4; ++segment)  // of each block of 16 columns, 64 of 128 rows
    for (int row = 0; row < 64; ++row)
      for (int column = 0; column < 16; ++column)
        code_at(network, (2 * row + segment % 2), 16 * segment + column) = 0;

  const std::size_t after = map_network(network, kGeometry, {}).blocks.size();

  EXPECT_LT(after, before);
  EXPECT_LE(after, 4u * 2u);  // 64 rows in arrays of 32, for each of 4 column blocks
}

INSTANTIATE_TEST_SUITE_P(Densities, RandomNetwork,
                         ::testing::Values(Case{1.0, 1}, Case{0.5, 2}, Case{0.1, 3}, Case{0.1, 4}));

TEST(Partition, IsNeverWorseThanAnyLayout) {
  QuantizedNetwork network = one_layer(100, 60);
  fill_randomly(network, 0.02, 11);
  const NonzeroPattern pattern(*network.nodes[1].weights, {100, 60, 1, 1}, 0);

  const std::size_t best = partition(pattern, {kGeometry}).pieces.size();

  for (const Layout& layout : layouts()) EXPECT_LE(best, layout.cut(pattern, kArray).size());
}

TEST(Layouts, AreThoseOfTheConfig) {
  const std::vector<Layout> table = layouts();
  const std::vector<Word> words = layout_words();

  ASSERT_EQ(table.size(), words.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(table[i].name, words[i].name);
    EXPECT_EQ(table[i].summary, words[i].summary);
  }
}

TEST(Layouts, NeverTakeFewerArraysThanTheLeast) {
  for (const double density : {1.0, 0.3, 0.05, 0.01}) {
    QuantizedNetwork network = one_layer(100, 60);
    fill_randomly(network, density, 12);
    const NonzeroPattern pattern(*network.nodes[1].weights, {100, 60, 1, 1}, 0);

    for (const Layout& layout : layouts())
      EXPECT_GE(static_cast<int>(layout.cut(pattern, kArray).size()),
                least_positions(pattern, kArray));
  }
}

TEST(Layouts, ThatDoNotCompeteAreNeverBetter) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    QuantizedNetwork network = one_layer(90, 50);
    fill_randomly(network, 0.2 / static_cast<double>(seed), seed);
    const NonzeroPattern pattern(*network.nodes[1].weights, {90, 50, 1, 1}, 0, 9);
    const std::size_t best = partition(pattern, {kGeometry}).pieces.size();

    for (const Layout& layout : layouts())
      EXPECT_TRUE(layout.competes || layout.cut(pattern, kArray).size() >= best) << layout.name;
  }
}

TEST(Placers, AreThoseOfTheConfig) {
  const std::vector<Placer> table = placers();
  const std::vector<Word> words = placer_words();

  ASSERT_EQ(table.size(), words.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(table[i].name, words[i].name);
    EXPECT_EQ(table[i].summary, words[i].summary);
  }
}

/// Random traffic between n tiles.
PlacingProblem random_problem(int num_tiles, std::uint64_t seed) {
  PlacingProblem problem;
  problem.num_tiles = num_tiles;
  problem.mesh = square_mesh(num_tiles);
  const RandomStream stream = RandomStream(seed).child("traffic");
  for (int i = 0; i < 4 * num_tiles; ++i) {
    const auto from = static_cast<int>(stream.below(num_tiles, 3 * i));
    const auto to = static_cast<int>(stream.below(num_tiles, 3 * i + 1));
    if (from != to) problem.traffic.push_back({from, to, 100.0 * stream.uniform(3 * i + 2)});
  }
  return problem;
}

TEST(Placers, GiveEachTileItsOwnPlaceOnTheMeshAndTheSameOneAgain) {
  for (const Placer& placer : placers())
    for (const int num_tiles : {0, 1, 2, 7, 30}) {
      SCOPED_TRACE(placer.name + " of " + std::to_string(num_tiles));
      const PlacingProblem problem = random_problem(num_tiles, 21);

      const std::vector<Tile> places = placer.place(problem);
      const std::vector<Tile> again = placer.place(problem);

      ASSERT_EQ(places.size(), static_cast<std::size_t>(num_tiles));
      std::set<std::pair<int, int>> taken;
      for (std::size_t i = 0; i < places.size(); ++i) {
        EXPECT_TRUE(taken.emplace(places[i].x, places[i].y).second);
        EXPECT_TRUE(places[i].x >= 0 && places[i].x < problem.mesh.width);
        EXPECT_TRUE(places[i].y >= 0 && places[i].y < problem.mesh.height);
        EXPECT_EQ(places[i].x, again[i].x);
        EXPECT_EQ(places[i].y, again[i].y);
      }
    }
}

TEST(TrafficPlacer, IsNeverWorseThanRowMajor) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const PlacingProblem problem = random_problem(20, seed);

    const double by_traffic = traffic_hops(place_by_traffic(problem), problem.traffic);

    EXPECT_LT(by_traffic, traffic_hops(place_row_major(problem), problem.traffic));
  }
}

/// Neighbours of a 5 x 5 grid talk, tiles are numbered in random order: the greedy start comes near
/// the optimum here, and the descent has to finish it.
PlacingProblem shuffled_grid(std::uint64_t seed) {
  PlacingProblem problem = random_problem(25, seed);
  const RandomStream stream = RandomStream(seed).child("grid");
  std::vector<int> tile(25);
  for (int i = 0; i < 25; ++i) {
    const auto j = static_cast<int>(stream.below(i + 1, i));
    tile[i] = tile[j];
    tile[j] = i;
  }
  problem.traffic.clear();
  for (int i = 0; i < 25; ++i) {
    const double bytes = 1.0 + stream.uniform(100 + i);
    if (i % 5 < 4) problem.traffic.push_back({tile[i], tile[i + 1], bytes});
    if (i < 20) problem.traffic.push_back({tile[i], tile[i + 5], bytes});
  }
  return problem;
}

TEST(TrafficPlacer, LeavesNoPairOfTilesThatShouldBeExchanged) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const PlacingProblem problem = seed <= 10 ? random_problem(20, seed) : shuffled_grid(seed);
    std::vector<Tile> places = place_by_traffic(problem);
    const double hops = traffic_hops(places, problem.traffic);
    const double rounding = 1e-9 * hops;

    for (std::size_t a = 0; a < places.size(); ++a)
      for (std::size_t b = a + 1; b < places.size(); ++b) {
        std::swap(places[a], places[b]);
        ASSERT_GE(traffic_hops(places, problem.traffic), hops - rounding);
        std::swap(places[a], places[b]);
      }
  }
}

}  // namespace
}  // namespace ohmweave::mapping
