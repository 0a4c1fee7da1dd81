// SPDX-License-Identifier: Apache-2.0
// How long a read takes until the columns' currents are within half a step of the converter:
//   t = ln 2 * (bits + 1) * (tau_front + tau_wires),   bits without the sign.
// tau_front: the source's front end, which settles to half a step of array_settle_bits in
// array_settle_time. tau_wires: the first moment (Elmore's delay) of the longest way through the
// array, from a row's source along the row to its last cell and from there down the column to the
// sense amplifier,
//   tau = -H'(0) / H(0),   H = H_row H_column   (moments of a cascade add),
// each line a ladder of resistances with a capacitance at every cell and the cells' conductances
// to the other lines, which are held. Without conductances the ladder has the closed form
// C (n R_source + r n (n + 1) / 2).
// Source: elmore_jap_1948. The slowest mode of such a ladder is not slower than its first moment
// (4 / pi^2 against 1 / 2 of r C n^2), so this is an upper bound once the far end moves.
#pragma once

#include "crossbar/options.h"
#include "power_area/cost/library.h"

namespace ohmweave::power_area {

/// One wire of an array as a ladder.
struct Line {
  int num_cells = 0;
  double segment_ohm = 0.0;   // between neighbours
  double end_ohm = 0.0;       // of the source or the sense amplifier, before the first segment
  double cell_farad = 0.0;    // at every cell
  double cell_siemens = 0.0;  // of every cell, to a line that is held
};

/// First moment in seconds from one end of the line to the other.
[[nodiscard]] double line_delay_s(const Line& line);

/// tau_wires of an array; cells at `siemens`.
[[nodiscard]] double array_delay_s(const crossbar::ArrayOptions& array, double siemens,
                                   const ComponentLibrary& library);

/// The read's settling time for converters of `magnitude_bits`; cells at their least conductance,
/// where a line has the least to discharge it.
[[nodiscard]] double settling_s(const crossbar::ArrayOptions& array,
                                const crossbar::DeviceOptions& device,
                                const ComponentLibrary& library, int magnitude_bits);

}  // namespace ohmweave::power_area
