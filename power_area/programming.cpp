// SPDX-License-Identifier: Apache-2.0
#include "power_area/programming.h"

#include <algorithm>
#include <cmath>

#include "crossbar/device.h"
#include "crossbar/pair.h"
#include "crossbar/write_verify.h"
#include "power_area/chip_sample.h"

namespace ohmweave::power_area {

namespace {

constexpr int kMostArraysSimulated = 16;
constexpr int kMostArraysCounted = 256;  // by pulses

/// Arrays whose writing is simulated: all of a small chip, else evenly spread ones.
std::vector<int> spread_arrays(int num_arrays, int most) {
  const int count = std::min(num_arrays, most);
  std::vector<int> arrays;
  arrays.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    arrays.push_back(static_cast<int>(static_cast<std::int64_t>(i) * num_arrays / count));
  return arrays;
}

/// Levels' conductances, in the cells of an array that hold a block's weights.
std::vector<double> targets_siemens(const MappedNetwork& mapped, const Circuits& circuits,
                                    int array) {
  const mapping::Placement& placement = mapped.placement;
  const int bits = circuits.array.cell_bits(placement.arrays[array].slice);
  std::vector<double> siemens;
  siemens.reserve(std::size_t{1} << bits);
  for (int level = 0; level < 1 << bits; ++level)
    siemens.push_back(crossbar::level_siemens(circuits.device, level, bits));
  const std::vector<int> levels = mapping::cell_levels(placement, mapped.network, array);
  const auto per_input = static_cast<std::size_t>(placement.geometry.rows_per_input());
  std::vector<double> targets;
  for (const int b : placement.arrays[array].blocks) {
    const mapping::Block& block = placement.blocks[b];
    const std::size_t first_row = std::size_t{1} * block.first_row * per_input;
    for (std::size_t r = first_row; r < first_row + block.rows.size() * per_input; ++r)
      for (std::size_t c = 0; c < block.columns.size(); ++c)
        targets.push_back(siemens[levels[r * placement.geometry.cols + block.first_column + c]]);
  }
  return targets;
}

std::int64_t cells_of(const mapping::Placement& placement, int array) {
  std::int64_t cells = 0;
  for (const int b : placement.arrays[array].blocks)
    cells += static_cast<std::int64_t>(placement.blocks[b].rows.size()) *
             static_cast<std::int64_t>(placement.blocks[b].columns.size());
  return cells * placement.geometry.rows_per_input();
}

/// Rows of an array in which cells are written.
double rows_of(const mapping::Placement& placement, int array) {
  std::size_t rows = 0;
  for (const int b : placement.arrays[array].blocks) rows += placement.blocks[b].rows.size();
  return static_cast<double>(rows * placement.geometry.rows_per_input());
}

/// The longest time that a tile takes whose arrays take `time_of(array)` each.
template <class TimeOf>
double slowest_tile_s(const mapping::Placement& placement, TimeOf time_of) {
  std::vector<double> times_s(placement.tiles.size(), 0.0);
  for (std::size_t a = 0; a < placement.arrays.size(); ++a)
    times_s[placement.arrays[a].tile] += time_of(static_cast<int>(a));
  return times_s.empty() ? 0.0 : *std::max_element(times_s.begin(), times_s.end());
}

void write_and_verify(const MappedNetwork& mapped, const Circuits& circuits,
                      const RandomStream& stream, Programming& found) {
  const mapping::Placement& placement = mapped.placement;
  double energy_j = 0.0;
  double time_s = 0.0;
  double pulses = 0.0;
  double failed = 0.0;
  for (const int a :
       spread_arrays(static_cast<int>(placement.arrays.size()), kMostArraysSimulated)) {
    const crossbar::WriteResult result =
        crossbar::write_cells(circuits.device, targets_siemens(mapped, circuits, a),
                              crossbar::array_stream(stream, kChipSample, a));
    found.num_cells_simulated += cells_of(placement, a);
    energy_j += result.energy_j;
    time_s += result.time_s;
    pulses += static_cast<double>(result.total_pulses);
    failed += static_cast<double>(result.num_failed);
  }
  const auto simulated = static_cast<double>(found.num_cells_simulated);
  found.method = "write_verify";
  found.energy_j = energy_j / simulated * static_cast<double>(found.num_cells);
  found.pulses_per_cell = pulses / simulated;
  found.failed_fraction = failed / simulated;
  found.time_s = slowest_tile_s(placement, [&](int a) {
    return time_s / simulated * static_cast<double>(cells_of(placement, a));
  });
  found.source = "derived: /device/write, simulated with chip sample 0";
}

void write_by_pulses(const MappedNetwork& mapped, const Circuits& circuits,
                     const ComponentLibrary& library, Programming& found) {
  const mapping::Placement& placement = mapped.placement;
  const double volts = library.si("write_voltage");
  const double pulse_s = library.si("write_pulse_time");
  const double pulses = library.si("write_pulses");
  double siemens = 0.0;  // sum over cells of the mean conductance on the way to the target
  for (const int a : spread_arrays(static_cast<int>(placement.arrays.size()), kMostArraysCounted)) {
    found.num_cells_simulated += cells_of(placement, a);
    for (const double target : targets_siemens(mapped, circuits, a))
      siemens += 0.5 * (circuits.device.g_min_siemens + target);
  }
  siemens *= static_cast<double>(found.num_cells) / static_cast<double>(found.num_cells_simulated);
  found.method = "pulses";
  found.pulses_per_cell = pulses;
  found.energy_j = pulses * volts * volts * pulse_s * siemens;
  found.time_s =
      slowest_tile_s(placement, [&](int a) { return rows_of(placement, a) * pulses * pulse_s; });
  found.source = "derived: V^2 g t a pulse; " + library.citation("write_voltage") + "; " +
                 library.citation("write_pulse_time") + "; " + library.citation("write_pulses");
}

}  // namespace

Programming program_network(const MappedNetwork& mapped, const Circuits& circuits,
                            const ComponentLibrary& library, const RandomStream& stream) {
  Programming found;
  for (std::size_t a = 0; a < mapped.placement.arrays.size(); ++a)
    found.num_cells += cells_of(mapped.placement, static_cast<int>(a));
  if (circuits.device.write)
    write_and_verify(mapped, circuits, stream, found);
  else
    write_by_pulses(mapped, circuits, library, found);
  found.endurance = library.si("write_endurance");
  found.source += "; endurance " + library.citation("write_endurance");
  return found;
}

Json programming_json(const Programming& programming, double energy_per_inference_j) {
  return {{"method", programming.method},
          {"cells", programming.num_cells},
          {"energy_j", programming.energy_j},
          {"time_s", programming.time_s},
          {"pulses_per_cell", programming.pulses_per_cell},
          {"failed_fraction", programming.failed_fraction},
          {"cells_simulated", programming.num_cells_simulated},
          {"endurance_writes", programming.endurance},
          {"inferences_of_equal_energy", programming.energy_j / energy_per_inference_j},
          {"source", programming.source}};
}

}  // namespace ohmweave::power_area
