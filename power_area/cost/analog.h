// SPDX-License-Identifier: Apache-2.0
// Components on the analog side of an array: cells, row drivers, sample-and-hold, converter.
#pragma once

#include "power_area/cost/component.h"

namespace ohmweave::power_area {

/// rows * cols cells of 4 F2 (bare) or 48 F2 (with a transistor). Its energy per read is the
/// published full-array figure; an estimate replaces it by the conductances of the chip sample.
[[nodiscard]] Component crossbar_cells(const ComponentLibrary& library, const Size& size);

/// The most bits that a row driver is modelled with.
[[nodiscard]] int most_driver_bits();
/// The most bits (sign included) that a library has a converter for; 0 when it has none.
[[nodiscard]] int most_adc_bits(const ComponentLibrary& library);

/// One row's driver. A driver of b bits is 2^b - 1 unit drivers; 1 <= b <= most_driver_bits().
[[nodiscard]] Component row_driver(const ComponentLibrary& library, const Size& size);

/// One column's sample-and-hold; action: one hold.
[[nodiscard]] Component sample_hold(const ComponentLibrary& library, const Size& size);

/// One converter of `bits` (sign included); action: one conversion. A library covers the
/// resolutions for which it has adc_<b>b_energy and adc_<b>b_area. Fewer bits than the least
/// covered take the least covered converter (its source says so); more are a ConfigError.
[[nodiscard]] Component adc(const ComponentLibrary& library, const Size& size);

}  // namespace ohmweave::power_area
