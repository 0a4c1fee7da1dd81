// SPDX-License-Identifier: Apache-2.0
// What a tile has besides arrays, and how it is sized.
#pragma once

#include <vector>

#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

/// Arrays of each layer plan on each tile: [tile][plan].
[[nodiscard]] std::vector<std::vector<double>> arrays_by_tile(const SimulatedChip& chip);

/// Bytes of the input buffers (edge capacities) on each tile, by the layer plan they serve:
/// [tile][plan].
[[nodiscard]] std::vector<std::vector<double>> buffer_bytes(const SimulatedChip& chip);

/// Bytes of the output register on each tile (two finished rows of each stage at home there), by
/// layer plan: [tile][plan].
[[nodiscard]] std::vector<std::vector<double>> output_register_bytes(const SimulatedChip& chip);

/// Enters buffers, registers, vector units and routers of all tiles, and routers of mesh positions
/// without a tile. Returns the area built on each tile, control included.
std::vector<double> add_tile_instances(const SimulatedChip& chip, const ComponentLibrary& library,
                                       Ledger& ledger);

/// Enters /chip/off_chip_links links and the bytes of images and results on them. Returns their
/// area.
double add_off_chip_links(const SimulatedChip& chip, const ComponentLibrary& library,
                          Ledger& ledger);

/// Enters what the simulation counted on the tiles' units, at each stage's home tile.
void add_tile_actions(const SimulatedChip& chip, const ComponentLibrary& library, Ledger& ledger);

}  // namespace ohmweave::power_area
