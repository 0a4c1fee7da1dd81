// SPDX-License-Identifier: Apache-2.0
// The bill of a chip, written out once more: every part's area, leakage and dynamic energy from the
// mapping, what the simulation counted, and the published numbers of ISAAC.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "mapped_networks.h"
#include "power_area/array_energy.h"
#include "power_area/chip_bill.h"

namespace ohmweave::power_area {
namespace {

constexpr int kSide = 16;  // rows and columns of an array
constexpr int kRowsAtOnce = 8;
constexpr int kDigits = 8;  // of 8-bit inputs at one bit a drive
constexpr int kSlices = 2;  // of 4-bit weights in cells of 2 bits
constexpr int kArrays = 4;  // of a block: a pair a slice
constexpr double kSumBytes = 4.0;
constexpr double kReadCycle = 100e-9;
constexpr double kLeaks = 0.1;  // of a published power
constexpr double kUm2 = 1e-12;
constexpr double kRelativeTolerance = 1e-9;  // of sums of a few hundred products

/// What a part should cost.
struct Due {
  double area_m2 = 0.0;
  double leakage_w = 0.0;
  double dynamic_j = 0.0;
};

/// `count` units of which each takes this area and this power, and actions of this energy.
Due due(double count, double area_m2, double power_w, double actions, double energy_j) {
  return {count * area_m2, count * kLeaks * power_w, actions * energy_j};
}

/// The energy of an action that a published power pays for at a published rate.
double each(double power_w, double per_s) { return (1.0 - kLeaks) * power_w / per_s; }

/// residual() on 4 arrays of 16 x 16 a block, two blocks a tile, so that layers share tiles; conv1
/// twice, conv2 three times.
class BillOfAChip : public ::testing::Test {
 protected:
  BillOfAChip() {
    circuits_.array.rows = kSide;
    circuits_.array.cols = kSide;
    circuits_.array.rows_active = kRowsAtOnce;
    circuits_.array.topology = crossbar::Topology::RowSelect;
    circuits_.arrays_per_tile = 2 * kArrays;
    circuits_.adc.bits = 5;
    circuits_.chip.columns_per_adc = kSide / 2;
    circuits_.chip.off_chip_links = 1;
    mapped_ = map_random(residual(), 1, circuits_);
    mapping::MappingOptions options;
    options.arrays_per_tile = circuits_.arrays_per_tile;
    mapped_.placement =
        mapping::map_network(mapped_.network, mapped_.placement.geometry, options,
                             {1, kCopiesOf.at(1), 1, kCopiesOf.at(3), 1, 1, 1, 1, 1});
    chip_.plans = plan_layers(mapped_, circuits_, library_);
    chip_.pipeline = build_pipeline(mapped_, chip_.plans, circuits_);
    chip_.result = simulate(chip_.pipeline.model);
    const ChipSample sample = sample_chip(mapped_, circuits_, RandomStream(1));
    for (const LayerPlan& plan : chip_.plans) {
      chip_.nonzero.push_back(nonzero_shares(mapped_, plan, circuits_));
      chip_.share_energies_j.push_back(share_energies_j(mapped_, sample, plan, circuits_));
    }
    bill_ = bill_chip(chip_);
  }

  /// Windows of an inference that a copy of a layer reads: all maps are 2 x 2, fc has one.
  [[nodiscard]] static double windows(int node, int copy) {
    const int all = node == kFc ? 1 : 4;
    const int copies = kCopiesOf.at(node);
    return (all - copy + copies - 1) / copies;
  }

  [[nodiscard]] static double groups(const mapping::Block& block) {
    return (static_cast<int>(block.rows.size()) + kRowsAtOnce - 1) / kRowsAtOnce;
  }

  /// Sum over the blocks of a chip of what each does in one window, times its windows.
  template <class PerWindow>
  [[nodiscard]] double over_blocks(PerWindow per_window) const {
    double sum = 0.0;
    for (const mapping::Block& block : mapped_.placement.blocks)
      sum += windows(block.node, block.copy) * per_window(static_cast<double>(block.rows.size()),
                                                          static_cast<double>(block.columns.size()),
                                                          groups(block));
    return sum;
  }

  [[nodiscard]] int tile_of(const mapping::Block& block) const {
    return mapped_.placement.arrays[block.first_array].tile;
  }

  /// Additions that merge slices, blocks of a tile and tiles of a copy.
  [[nodiscard]] double merges() const {
    std::map<std::pair<int, int>, int> homes;  // by node and copy: the tile of its first block
    std::map<std::array<int, 3>, std::set<int>> columns;  // by node, copy and tile
    double sum = 0.0;
    for (const mapping::Block& block : mapped_.placement.blocks) {
      homes.emplace(std::pair(block.node, block.copy), tile_of(block));
      columns[{block.node, block.copy, tile_of(block)}].insert(block.columns.begin(),
                                                               block.columns.end());
      sum += windows(block.node, block.copy) * kSlices * static_cast<double>(block.columns.size());
    }
    for (const auto& [place, distinct] : columns) {
      const auto [node, copy, tile] = place;
      const bool is_home = homes.at({node, copy}) == tile;
      sum -= is_home ? windows(node, copy) * static_cast<double>(distinct.size()) : 0.0;
    }
    return sum;
  }

  /// Bytes that windows read from buffers: each distinct row of a tile once.
  [[nodiscard]] double window_bytes() const {
    std::map<std::array<int, 3>, std::set<int>> rows;
    for (const mapping::Block& block : mapped_.placement.blocks)
      rows[{block.node, block.copy, tile_of(block)}].insert(block.rows.begin(), block.rows.end());
    double bytes = 0.0;
    for (const auto& [place, distinct] : rows)
      bytes += windows(place[0], place[1]) * static_cast<double>(distinct.size());
    return bytes;
  }

  /// Of all buffers: the rows that each tile holds of what each of its stages reads.
  [[nodiscard]] double buffer_capacity_bytes() const {
    double bits = 0.0;
    for (const PipelineNode& stage : chip_.pipeline.model.nodes)
      for (std::size_t e = 0; e < stage.edges.size(); ++e) {
        std::map<int, std::int64_t> of_tile;
        for (const PipelineUnit& unit : stage.units)
          of_tile[unit.tile] = std::max(of_tile[unit.tile], unit.row_bits[e]);
        for (const auto& [tile, row_bits] : of_tile)
          if (tile < num_tiles())
            bits += static_cast<double>(stage.edges[e].capacity_rows * row_bits);
      }
    return bits / 8.0;
  }

  /// Of one inference, over all stages.
  [[nodiscard]] double counted(std::int64_t NodeResult::*what) const {
    double sum = 0.0;
    for (const NodeResult& node : chip_.result.nodes) sum += static_cast<double>(node.*what);
    return sum / chip_.pipeline.model.num_inferences;
  }

  [[nodiscard]] double cells_j() const {
    double sum = 0.0;
    for (std::size_t p = 0; p < chip_.plans.size(); ++p)
      for (std::size_t u = 0; u < chip_.plans[p].shares.size(); ++u)
        sum += windows(chip_.plans[p].node, chip_.plans[p].shares[u].copy) *
               chip_.share_energies_j[p][u];
    return sum;
  }

  [[nodiscard]] int num_tiles() const { return static_cast<int>(mapped_.placement.tiles.size()); }
  [[nodiscard]] double num_arrays() const {
    return static_cast<double>(mapped_.placement.arrays.size());
  }
  [[nodiscard]] double num_positions() const {
    return mapped_.placement.mesh_width * mapped_.placement.mesh_height;
  }

  [[nodiscard]] std::map<std::string, Due> due_of_arrays() const;
  [[nodiscard]] std::map<std::string, Due> due_of_tiles() const;

  void expect_parts(const std::map<std::string, Due>& dues) const {
    for (const auto& [name, expected] : dues) {
      const auto found =
          std::find_if(bill_.ledger.parts().begin(), bill_.ledger.parts().end(),
                       [name = name](const Part& part) { return part.name == name; });
      ASSERT_NE(found, bill_.ledger.parts().end()) << name;
      const Cost& cost = found->cost;
      EXPECT_NEAR(cost.area_m2, expected.area_m2, kRelativeTolerance * expected.area_m2) << name;
      EXPECT_NEAR(cost.leakage_w, expected.leakage_w, kRelativeTolerance * expected.leakage_w)
          << name;
      EXPECT_NEAR(cost.dynamic_j, expected.dynamic_j, kRelativeTolerance * expected.dynamic_j)
          << name;
    }
  }

  static constexpr int kFc = 8;
  static inline const std::map<int, int> kCopiesOf = {{1, 2}, {3, 3}, {4, 1}, {kFc, 1}};

  Circuits circuits_;
  MappedNetwork mapped_;
  ComponentLibrary library_ = isaac_library();
  SimulatedChip chip_{mapped_, circuits_, library_, {}, {}, {}, {}, {}};
  Bill bill_;
};

std::map<std::string, Due> BillOfAChip::due_of_arrays() const {
  constexpr double kFeature = 32e-9;
  const double arrays = num_arrays();
  const double lines = arrays * kSide;
  const double converters = arrays / 2 * 2;  // two of 8 columns for each pair
  const double drives = over_blocks([](double r, double, double) { return kArrays * r * kDigits; });
  const double holds =
      over_blocks([](double, double c, double g) { return kArrays * c * kDigits * g; });
  const double conversions =
      over_blocks([](double, double c, double g) { return kSlices * c * kDigits * g; });
  const double bus_bytes = over_blocks([](double r, double, double) { return r; });
  const double input_share = kSide / 2048.0;  // of the published register: a byte a row
  const double output_share = kSide * kSumBytes / 256.0;
  constexpr double kConverterW = 1.2e-12 * 1.28e9;
  constexpr double kDriverW = 0.00390625e-3;
  constexpr double kHoldW = 9.7e-9;
  return {
      {"crossbar_cells", {arrays * kSide * kSide * 48 * kFeature * kFeature, 0.0, cells_j()}},
      {"row_driver",
       due(lines, 0.166015625 * kUm2, kDriverW, drives, each(kDriverW, 1.0 / kReadCycle))},
      {"sample_hold", due(lines, 0.0390625 * kUm2, kHoldW, holds, each(kHoldW, 1.0 / kReadCycle))},
      {"adc_6b", due(converters, 626.91 * kUm2, kConverterW, conversions, each(1.2e-12, 1.0))},
      {"shift_add", due(converters, 2 * 60 * kUm2, 2 * 0.05e-3, conversions, 2 * 0.021e-12)},
      {"input_register", due(arrays, input_share * 2100 * kUm2, input_share * 1.24e-3, drives,
                             each(1.24e-3, 1024 / kReadCycle))},
      {"output_register", due(arrays / 2, output_share * 770 * kUm2, output_share * 0.23e-3,
                              conversions * kSumBytes, each(0.23e-3, 256 / kReadCycle))},
      {"tile_bus", due(arrays, 90000 * kUm2 / (12 * 8), 7e-3 / (12 * 8), bus_bytes,
                       each(7e-3, 12 * 1024 / 8.0 / kReadCycle))}};
}

std::map<std::string, Due> BillOfAChip::due_of_tiles() const {
  constexpr double kMapValues = 8 * 2 * 2;  // of conv1, conv2, shortcut and add
  constexpr double kLogits = 10;
  const double lanes = 2.0 * num_tiles();
  // Two rows of 2 x 8 codes of four stages, 8 averages, 10 sums; and what passes in an inference.
  const double output_share = 2 * (4 * 16 + 8 + kLogits * kSumBytes) / 3072;
  const double output_bytes = 4 * kMapValues + 8 + kLogits * kSumBytes;
  const double buffer_share = buffer_capacity_bytes() / 65536;
  const double buffer_bytes = counted(&NodeResult::received_bits) / 8 + window_bytes() +
                              2 * kMapValues + kMapValues;  // and what add and pool read
  const double link_bytes = 4 * 4 * 4 + kLogits * kSumBytes;
  return {
      {"router", due(num_positions(), 151000 * kUm2 / 4, 42e-3 / 4, counted(&NodeResult::flit_hops),
                     20.74e-12)},
      {"requantizer",
       due(lanes, 300 * kUm2, 0.26e-3, 4 * kMapValues + kLogits, each(0.26e-3, 1e9))},
      {"accumulator", due(lanes, 2 * 60 * kUm2, 2 * 0.05e-3, merges() + kMapValues, 2 * 0.021e-12)},
      {"pooling_unit", due(num_tiles(), 240 * kUm2, 0.4e-3, kMapValues, each(0.4e-3, 1e9))},
      {"edram_buffer", due(buffer_share, 83000 * kUm2, 20.7e-3, buffer_bytes, 20.45e-12 / 32)},
      {"tile_output_register",
       due(output_share, 3200 * kUm2, 1.68e-3, output_bytes, each(1.68e-3, 3072 / kReadCycle))},
      {"off_chip_link", due(0.25, 22.88e-6, 10.4, link_bytes, each(10.4, 4 * 6.4e9))}};
}

TEST_F(BillOfAChip, HasTilesThatLayersShareAndCopies) {
  std::map<int, std::set<int>> layers_of_tile;
  for (const mapping::Block& block : mapped_.placement.blocks)
    layers_of_tile[tile_of(block)].insert(block.node);
  EXPECT_TRUE(std::any_of(layers_of_tile.begin(), layers_of_tile.end(),
                          [](const auto& tile) { return tile.second.size() > 1; }));
  // conv1 has 36 rows, conv2 72, the shortcut 4, fc 8: blocks of 16 rows, times copies.
  EXPECT_EQ(mapped_.placement.blocks.size(), 2U * 3 + 3U * 5 + 1 + 1);
  EXPECT_GT(counted(&NodeResult::flit_hops), 0.0);
}

TEST_F(BillOfAChip, OfArraysAndWhatServesThemIsCountsTimesNumbers) {
  expect_parts(due_of_arrays());
}

TEST_F(BillOfAChip, OfTilesAndTheMeshIsCountsTimesNumbers) { expect_parts(due_of_tiles()); }

TEST_F(BillOfAChip, HasNoOtherPartsThanWhiteSpace) {
  std::map<std::string, Due> dues = due_of_arrays();
  dues.merge(due_of_tiles());
  for (const Part& part : bill_.ledger.parts())
    EXPECT_EQ(dues.count(part.name), part.group == PartGroup::WhiteSpace ? 0U : 1U) << part.name;
}

TEST_F(BillOfAChip, FillsEveryPositionOfTheMeshWithWhiteSpace) {
  double largest_m2 = 0.0;  // room for 8 arrays like those that a tile holds, and the rest of it
  std::vector<int> held(num_tiles(), 0);
  for (const mapping::Array& array : mapped_.placement.arrays) ++held[array.tile];
  const double array_m2 = [this] {
    double sum = 0.0;
    for (const auto& [name, part] : due_of_arrays()) sum += part.area_m2;
    return sum / num_arrays();
  }();
  for (int t = 0; t < num_tiles(); ++t)
    largest_m2 = std::max(largest_m2, bill_.ledger.built_area_m2(t) +
                                          (circuits_.arrays_per_tile - held[t]) * array_m2);
  for (int t = 0; t < num_tiles(); ++t)
    EXPECT_NEAR(bill_.ledger.tile(t).area_m2, largest_m2, kRelativeTolerance * largest_m2) << t;
  EXPECT_NEAR(bill_.ledger.total().area_m2, num_positions() * largest_m2 + 22.88e-6 / 4,
              kRelativeTolerance * bill_.ledger.total().area_m2);
}

}  // namespace
}  // namespace ohmweave::power_area
