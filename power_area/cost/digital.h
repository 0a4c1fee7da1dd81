// SPDX-License-Identifier: Apache-2.0
// Components on the digital side: adders, registers, buffers, buses, routers, pooling,
// requantizing, off-chip links.
#pragma once

#include "power_area/cost/component.h"

namespace ohmweave::power_area {

/// Shift-and-add behind a converter; action: one conversion added. Cost grows linearly with `bits`
/// from the published width.
[[nodiscard]] Component shift_add(const ComponentLibrary& library, const Size& size);
/// Adder that merges partial sums of `bits`; action: one sum.
[[nodiscard]] Component accumulator(const ComponentLibrary& library, const Size& size);
/// Register in front of the row drivers, `bytes`; action: one bit handed to a driver.
[[nodiscard]] Component input_register(const ComponentLibrary& library, const Size& size);
/// Register that holds a pair's sums, `bytes`; action: one byte written.
[[nodiscard]] Component output_register(const ComponentLibrary& library, const Size& size);
/// Register that holds a tile's finished values, `bytes`; action: one byte written.
[[nodiscard]] Component tile_output_register(const ComponentLibrary& library, const Size& size);
/// Feature-map buffer of a tile, `bytes`, of embedded DRAM; action: one byte read or written.
[[nodiscard]] Component edram_buffer(const ComponentLibrary& library, const Size& size);
/// The same of SRAM.
[[nodiscard]] Component sram_buffer(const ComponentLibrary& library, const Size& size);
/// One array's share of the bus between buffer and arrays; action: one byte moved.
[[nodiscard]] Component tile_bus(const ComponentLibrary& library, const Size& size);
/// One tile's share of a router with its links; action: one flit of 32 bytes over one hop.
[[nodiscard]] Component router(const ComponentLibrary& library, const Size& size);
/// One pooling unit; action: one input value.
[[nodiscard]] Component pooling_unit(const ComponentLibrary& library, const Size& size);
/// One requantizing (activation) unit; action: one value.
[[nodiscard]] Component requantizer(const ComponentLibrary& library, const Size& size);
/// One off-chip link; action: one byte in or out.
[[nodiscard]] Component off_chip_link(const ComponentLibrary& library, const Size& size);

constexpr int kFlitBytes = 32;

}  // namespace ohmweave::power_area
