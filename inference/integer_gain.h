// SPDX-License-Identifier: Apache-2.0
// The fast read of a block whose gains are whole numbers, as those of ideal devices and wires are:
// 8-bit digits times 8-bit gains in 16-bit sums, several times as many at once as floats. Where it
// applies its codes equal those of the float path, bit for bit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "inference/layer_product.h"

namespace ohmweave::inference {

/// Windows come in multiples of this; what is beyond the last is zero.
constexpr int kWindowLanes = 32;

class IntegerGain {
 public:
  /// gain: columns x rows; rows are read in groups of rows_at_once. Empty unless every entry is an
  /// integer of 8 bits and no sum of a group can leave 16 bits with digits of digit_bits bits.
  [[nodiscard]] static std::optional<IntegerGain> from(const GainMatrix& gain, int rows_at_once,
                                                       int digit_bits);

  [[nodiscard]] int num_groups() const { return static_cast<int>(first_pair_.size()) - 1; }
  /// Pairs of rows of all groups; a group with an odd number of rows ends in half a pair.
  [[nodiscard]] int num_pairs() const { return first_pair_.back(); }
  /// Place (2 * pair + half) of each row among the pairs.
  [[nodiscard]] const std::vector<int>& row_places() const { return row_places_; }

  /// sums (columns x windows) of one group; digits: pairs x windows x 2, of all groups.
  /// num_windows: a multiple of kWindowLanes.
  void read(int group, const std::uint8_t* digits, int num_windows, std::int16_t* sums) const;

 private:
  void read_lanes(int group, const std::uint8_t* digits, int num_windows, int first,
                  std::int16_t* sums) const;

  int num_columns_ = 0;
  std::vector<int> first_pair_;
  std::vector<int> row_places_;
  std::vector<std::int8_t> gains_;  // pairs x columns, rounded up, x 2
};

}  // namespace ohmweave::inference
