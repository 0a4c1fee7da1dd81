// SPDX-License-Identifier: Apache-2.0
// What it takes to load a network in rounds, for every image anew (mapping/reload.h): time, energy
// and wear of writing the cells whose level changes from one round to the next. By the same two
// methods as the first writing (programming.h), but from the level that a cell holds:
//   pulses        E = pulses V^2 t (g_before + g_after) / 2 over all changed cells; the changed
//   cells
//                 of a row are written together, rows one after the other;
//   write_verify  simulated on rewrites spread evenly and scaled to all by their changed cells.
// Time: the arrays of a tile one after the other, all tiles at once, round after round. Computing
// is not in it. Not counted: what programming.h does not count.
#pragma once

#include "core/random.h"
#include "power_area/layer_plan.h"

namespace ohmweave::power_area {

/// {rounds, method, cells_written_per_image, most_writes_of_a_cell_per_image,
/// write_energy_per_image_j, write_time_per_image_s, endurance_writes, images_until_worn_out,
/// schedule: [{layers, tiles, arrays, cells_held, cells_written, write_energy_j, write_time_s}],
/// source}. images_until_worn_out: endurance over the writes of the busiest cell. For placements of
/// several rounds. Throws ConfigError when the library lacks a number.
[[nodiscard]] Json reload_json(const MappedNetwork& mapped, const Circuits& circuits,
                               const ComponentLibrary& library, const RandomStream& stream);

}  // namespace ohmweave::power_area
