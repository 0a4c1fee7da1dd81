// SPDX-License-Identifier: Apache-2.0
// What a pipeline computes, for simulations that carry data: with it, units read rows of codes out
// of their tile's buffer and send sums. The simulation moves the values and knows nothing of their
// meaning; whether a row is there when a window wants it is what the timing says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/fields.h"

namespace ohmweave::power_area {

/// The codes (at the end: accumulators) of one row of a feature map: channels x width.
using RowCodes = std::vector<std::int32_t>;

/// What a unit finds in its tile's buffer.
class HeldRows {
 public:
  virtual ~HeldRows() = default;
  /// Row `row` of the map of the current image that comes in on edge `edge`. Throws
  /// std::logic_error when it has not arrived yet or was given up already.
  [[nodiscard]] virtual const RowCodes& row(std::size_t edge, int row) const = 0;
};

/// A window of a node, and who works on it.
struct WindowPlace {
  int node = 0;
  int unit = 0;
  int inference = 0;
  int row = 0;
  int column = 0;
};

class Arithmetic {
 public:
  virtual ~Arithmetic() = default;
  /// What the unit adds to the sums of the window; as many values for every unit of a node. Units
  /// take their windows in order.
  [[nodiscard]] virtual std::vector<std::int64_t> read_window(const WindowPlace& place,
                                                              const HeldRows& held) = 0;
  /// The row that its windows' sums, over all units, make. `place.column` is 0.
  [[nodiscard]] virtual RowCodes finish_row(
      const WindowPlace& place, const std::vector<std::vector<std::int64_t>>& windows) = 0;
  /// What it has to say after the run; goes into FunctionalResult::notes.
  [[nodiscard]] virtual Json notes() const = 0;
};

}  // namespace ohmweave::power_area
