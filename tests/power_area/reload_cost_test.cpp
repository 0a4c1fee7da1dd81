// SPDX-License-Identifier: Apache-2.0
#include "power_area/reload_cost.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "crossbar/device.h"
#include "crossbar/write_verify.h"
#include "mapped_networks.h"
#include "mapping/map_network.h"

namespace ohmweave::power_area {
namespace {

/// LeNet-5 on a chip of two tiles.
MappedNetwork in_rounds(const Circuits& circuits) {
  MappedNetwork mapped = map_random(lenet5(), 1, circuits);
  mapping::MappingOptions options;
  options.max_tiles = 2;
  options.reload = true;
  mapped.placement = mapping::map_network(mapped.network, mapped.placement.geometry, options);
  return mapped;
}

/// What every place of the chip holds, round after round, without mapping::rewrites().
struct Twin {
  std::int64_t cells_written = 0;
  double siemens = 0.0;  // sum over changed cells of the mean of before and after
  double seconds_per_pulse = 0.0;
};

Twin replay(const MappedNetwork& mapped, const Circuits& circuits) {
  const mapping::Placement& placement = mapped.placement;
  const int rounds = mapping::num_rounds(placement);
  std::vector<std::map<std::tuple<int, int, int>, int>> array_at(rounds);  // (x, y, index)
  std::map<int, int> arrays_in_tile;
  for (std::size_t a = 0; a < placement.arrays.size(); ++a) {
    const int t = placement.arrays[a].tile;
    const mapping::Tile& tile = placement.tiles[t];
    array_at[tile.round][{tile.x, tile.y, arrays_in_tile[t]++}] = static_cast<int>(a);
  }
  std::map<std::tuple<int, int, int>, std::vector<int>> held;
  Twin twin;
  for (const bool is_counted : {false, true}) {  // the first image finds empty arrays
    for (int round = 0; round < rounds; ++round) {
      std::map<std::pair<int, int>, int> rows_of_tile;
      for (const auto& [place, array] : array_at[round]) {
        const std::vector<int> levels = mapping::cell_levels(placement, mapped.network, array);
        std::vector<int>& before = held[place];
        if (before.empty()) before = levels;
        std::set<int> rows;
        for (int cell = 0; cell < static_cast<int>(levels.size()); ++cell) {
          if (levels[cell] == before[cell]) continue;
          rows.insert(cell / circuits.array.cols);
          if (!is_counted) continue;
          ++twin.cells_written;
          twin.siemens += 0.5 * (crossbar::level_siemens(circuits.device, levels[cell], 2) +
                                 crossbar::level_siemens(circuits.device, before[cell], 2));
        }
        rows_of_tile[{std::get<0>(place), std::get<1>(place)}] += static_cast<int>(rows.size());
        before = levels;
      }
      int most = 0;
      for (const auto& [tile, rows] : rows_of_tile) most = std::max(most, rows);
      if (is_counted) twin.seconds_per_pulse += most;
    }
  }
  return twin;
}

TEST(ReloadCost, ByPulsesIsThatOfAReplayOfTheSchedule) {
  const Circuits circuits;
  const MappedNetwork mapped = in_rounds(circuits);
  ASSERT_GT(mapping::num_rounds(mapped.placement), 2);

  const Json json = reload_json(mapped, circuits, isaac_library(), RandomStream(1));

  const Twin twin = replay(mapped, circuits);
  EXPECT_EQ(json["method"], "pulses");
  EXPECT_EQ(json["cells_written_per_image"], twin.cells_written);
  const double energy_j = 8.52 * 2.0 * 2.0 * 10e-9 * twin.siemens;
  EXPECT_NEAR(json["write_energy_per_image_j"].get<double>(), energy_j, 1e-9 * energy_j);
  EXPECT_NEAR(json["write_time_per_image_s"].get<double>(), twin.seconds_per_pulse * 8.52 * 10e-9,
              1e-15);
  double energy_of_rounds_j = 0.0;
  double time_of_rounds_s = 0.0;
  for (const Json& round : json["schedule"]) {
    energy_of_rounds_j += round["write_energy_j"].get<double>();
    time_of_rounds_s += round["write_time_s"].get<double>();
  }
  EXPECT_DOUBLE_EQ(energy_of_rounds_j, json["write_energy_per_image_j"].get<double>());
  EXPECT_DOUBLE_EQ(time_of_rounds_s, json["write_time_per_image_s"].get<double>());
  EXPECT_DOUBLE_EQ(json["images_until_worn_out"].get<double>(),
                   1e6 / json["most_writes_of_a_cell_per_image"].get<double>());
}

TEST(ReloadCost, WithVerificationFollowsTheChangedCells) {
  Circuits circuits;
  circuits.device.kind = "write_verify";
  circuits.device.write.emplace();
  const MappedNetwork mapped = in_rounds(circuits);

  const Json json = reload_json(mapped, circuits, isaac_library(), RandomStream(1));

  EXPECT_EQ(json["method"], "write_verify");
  const auto energy_j = json["write_energy_per_image_j"].get<double>();
  const auto cells = json["cells_written_per_image"].get<double>();
  EXPECT_GT(energy_j, 0.0);
  for (const Json& round : json["schedule"])  // energy a cell is one number, scaled
    EXPECT_NEAR(round["write_energy_j"].get<double>(),
                energy_j * round["cells_written"].get<double>() / cells, 1e-9 * energy_j);
}

}  // namespace
}  // namespace ohmweave::power_area
