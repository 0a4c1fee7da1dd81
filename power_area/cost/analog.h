// SPDX-License-Identifier: Apache-2.0
// Components on the analog side of an array: cells, row drivers, sample-and-hold, column switches.
// Converters are in adc.h.
#pragma once

#include "power_area/cost/component.h"

namespace ohmweave::power_area {

/// rows * cols cells of the library's area, in squared features (4 F2 bare, 48 F2 with a
/// transistor, in one source) or in m2. No number gives its energy per read: an estimate has it
/// from the conductances of the chip sample.
[[nodiscard]] Component crossbar_cells(const ComponentLibrary& library, const Size& size);

/// Of one cell, with an access transistor or bare.
[[nodiscard]] double cell_area_m2(const ComponentLibrary& library, bool has_transistor);

/// The most bits that a row driver is modelled with.
[[nodiscard]] int most_driver_bits();

/// One row's driver. A driver of b bits is 2^b - 1 unit drivers; 1 <= b <= most_driver_bits().
[[nodiscard]] Component row_driver(const ComponentLibrary& library, const Size& size);

/// What a row has beside its DAC (level shifter, word-line buffer); action: one drive.
[[nodiscard]] Component line_driver(const ComponentLibrary& library, const Size& size);

/// One column's sample-and-hold; action: one hold.
[[nodiscard]] Component sample_hold(const ComponentLibrary& library, const Size& size);

/// One column's switch to the converter it shares; action: one conversion.
[[nodiscard]] Component multiplexer(const ComponentLibrary& library, const Size& size);

}  // namespace ohmweave::power_area
