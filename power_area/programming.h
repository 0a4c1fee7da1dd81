// SPDX-License-Identifier: Apache-2.0
// What it takes to write the network into its cells, once: never part of an inference's energy.
// Every cell of a needed or duplicated array that holds a weight's slice is written from g_min.
//   write_verify  the device has /device/write: pulses with a read after each, simulated cell by
//                 cell (crossbar/write_verify.h) on arrays spread evenly over the chip, and scaled
//                 to all by their cells;
//   pulses        else: write_pulses pulses a cell of write_voltage and write_pulse_time of the
//                 library, E = pulses V^2 t (g_min + g) / 2 at the cell's target g, summed over up
//                 to 256 arrays spread evenly and scaled by cells; the cells of a row are written
//                 together, its rows one after the other.
// Time: the arrays of a tile one after the other, all tiles at once.
// Not counted: the drivers' own energy, charge pumps, the traffic that brings the weights in.
#pragma once

#include "core/random.h"
#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

struct Programming {
  std::string method;          // write_verify or pulses
  std::int64_t num_cells = 0;  // written
  std::int64_t num_cells_simulated = 0;
  double pulses_per_cell = 0.0;
  double failed_fraction = 0.0;  // of the cells simulated; 0 without verification
  double energy_j = 0.0;
  double time_s = 0.0;
  double endurance = 0.0;  // programmings that a cell survives
  std::string source;
};

/// Throws ConfigError when the library lacks a number.
[[nodiscard]] Programming program_network(const MappedNetwork& mapped, const Circuits& circuits,
                                          const ComponentLibrary& library,
                                          const RandomStream& stream);

/// {method, cells, energy_j, time_s, pulses_per_cell, failed_fraction, cells_simulated,
/// endurance_writes, inferences_of_equal_energy, source}
[[nodiscard]] Json programming_json(const Programming& programming, double energy_per_inference_j);

}  // namespace ohmweave::power_area
