// SPDX-License-Identifier: Apache-2.0
#include "power_area/programming.h"

#include <gtest/gtest.h>

#include "crossbar/device.h"
#include "crossbar/pair.h"
#include "crossbar/write_verify.h"
#include "mapped_networks.h"

namespace ohmweave::power_area {
namespace {

TEST(Programming, ByPulsesIsTheHandCount) {
  const Circuits circuits;
  const MappedNetwork mapped = map_random(one_convolution(), 1, circuits);

  const Programming found = program_network(mapped, circuits, isaac_library(), RandomStream(1));

  // 9 x 2 weights in four arrays; every weight has its slices in the arrays of its sign.
  EXPECT_EQ(found.method, "pulses");
  EXPECT_EQ(found.num_cells, 9 * 2 * 4);
  const double step =
      (circuits.device.g_max_siemens - circuits.device.g_min_siemens) / 3.0;  // 2 bits a cell
  double siemens = 0.0;
  for (const std::int32_t code : mapped.network.nodes[1].weights->codes)
    siemens += 4 * circuits.device.g_min_siemens +
               0.5 * step * ((std::abs(code) & 3) + (std::abs(code) >> 2));
  EXPECT_NEAR(found.energy_j, 8.52 * 2.0 * 2.0 * 10e-9 * siemens, 1e-9 * found.energy_j);
  // Four arrays on one tile, 9 rows each.
  EXPECT_NEAR(found.time_s, 4 * 9 * 8.52 * 10e-9, 1e-18);
  EXPECT_EQ(found.endurance, 1e6);
}

TEST(Programming, OfRowPairsWritesBothRowsOfAnArray) {
  const Circuits circuits;
  const MappedNetwork pair = map_random(one_convolution(), 1, circuits);
  Circuits in_rows;
  in_rows.array.encoding = Encoding::RowPair;
  const MappedNetwork rows = map_random(one_convolution(), 1, in_rows);

  const Programming of_pair = program_network(pair, circuits, isaac_library(), RandomStream(1));
  const Programming of_rows = program_network(rows, in_rows, isaac_library(), RandomStream(1));

  // Two arrays of 18 rows each instead of four of 9; the same cells.
  EXPECT_EQ(of_rows.num_cells, of_pair.num_cells);
  EXPECT_NEAR(of_rows.energy_j, of_pair.energy_j, 1e-12 * of_pair.energy_j);
  EXPECT_NEAR(of_rows.time_s, of_pair.time_s, 1e-12 * of_pair.time_s);
}

TEST(Programming, WithVerificationIsWhatWritingTheArraysTakes) {
  Circuits circuits;
  circuits.device.kind = "write_verify";
  circuits.device.write.emplace();
  const MappedNetwork mapped = map_random(one_convolution(), 1, circuits);

  const Programming found = program_network(mapped, circuits, isaac_library(), RandomStream(1));

  double energy_j = 0.0;
  double time_s = 0.0;
  std::int64_t pulses = 0;
  for (int a = 0; a < 4; ++a) {
    const std::vector<int> levels = mapping::cell_levels(mapped.placement, mapped.network, a);
    std::vector<double> targets;
    for (int i = 0; i < 18; ++i)
      targets.push_back(
          crossbar::level_siemens(circuits.device, levels[i / 2 * circuits.array.cols + i % 2], 2));
    const auto result = crossbar::write_cells(circuits.device, targets,
                                              crossbar::array_stream(RandomStream(1), 0, a));
    energy_j += result.energy_j;
    time_s += result.time_s;
    pulses += result.total_pulses;
  }
  EXPECT_EQ(found.method, "write_verify");
  EXPECT_NEAR(found.energy_j, energy_j, 1e-9 * energy_j);
  EXPECT_NEAR(found.time_s, time_s, 1e-9 * time_s);
  EXPECT_NEAR(found.pulses_per_cell, static_cast<double>(pulses) / 72, 1e-12);
}

TEST(Programming, IsNoPartOfAnInference) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  const Json before = estimate_chips(inputs);
  inputs.library = inputs.library.with_factors({{"write_pulses", 10.0}});

  const Json after = estimate_chips(inputs);

  EXPECT_NEAR(after.at("programming").at("energy_j").get<double>(),
              10.0 * before.at("programming").at("energy_j").get<double>(), 1e-18);
  EXPECT_EQ(after.at("chip"), before.at("chip"));
}

TEST(Programming, OfALargeChipIsScaledFromASampleOfItsArrays) {
  Circuits circuits;
  circuits.device.kind = "write_verify";
  circuits.device.write.emplace();
  circuits.array.rows = circuits.array.cols = 32;
  const MappedNetwork mapped = map_random(residual(), 1, circuits);
  ASSERT_GT(mapped.placement.arrays.size(), 16U);

  const Programming found = program_network(mapped, circuits, isaac_library(), RandomStream(1));

  EXPECT_LT(found.num_cells_simulated, found.num_cells);
  EXPECT_GT(found.num_cells_simulated, 0);
  EXPECT_GT(found.energy_j, 0.0);
}

}  // namespace
}  // namespace ohmweave::power_area
