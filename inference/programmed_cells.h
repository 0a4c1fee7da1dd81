// SPDX-License-Identifier: Apache-2.0
// The cells of a chip sample's arrays: what is programmed into them, on which lines, and what age
// makes of it.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "inference/mapped_chip.h"
#include "inference/slice_read.h"

namespace ohmweave::inference {

/// The line of each row of the blocks at a position (of each input of its arrays); empty: its own.
using Lines = std::vector<int>;

/// Lines by the position's first array; empty where rows stay (hardware.fault_aware is not set).
[[nodiscard]] std::map<int, Lines> assigned_lines(const MappedNetwork& mapped,
                                                  const Hardware& hardware, const ChipKey& key,
                                                  const ForEach& for_each);

/// The cells of the arrays of one slice, the first of which is `first_array`, at `age` or, without,
/// as programmed: all of them, those that hold no weight too, by line.
[[nodiscard]] SliceCells slice_cells(const MappedNetwork& mapped, const Hardware& hardware,
                                     const ChipKey& key, const std::optional<ChipAge>& age,
                                     int first_array, const Lines& lines);

/// Columns x lines of an array in the order of the placement's rows, and back.
[[nodiscard]] crossbar::Matrix in_order_of_rows(const crossbar::Matrix& by_line,
                                                const Lines& lines);
[[nodiscard]] crossbar::Matrix in_order_of_lines(const crossbar::Matrix& by_row,
                                                 const Lines& lines);

}  // namespace ohmweave::inference
