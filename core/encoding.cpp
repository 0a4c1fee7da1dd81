// SPDX-License-Identifier: Apache-2.0
#include "core/encoding.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"

namespace ohmweave {
namespace {

constexpr int kMostBits = 30;  // of a code, as 32-bit integers hold it

int bits_of(int value, SliceBits slice) { return (value >> slice.shift) & ((1 << slice.bits) - 1); }

}  // namespace

const std::vector<EncodingKind>& encodings() {
  static const std::vector<EncodingKind> table = {
      {Encoding::OneSidedPair, "one_sided_pair",
       "a pair of cells, of which the one of the weight's sign holds its magnitude", true, 0},
      {Encoding::TwoSidedPair, "two_sided_pair",
       "a pair of cells, moved apart from the middle of their levels", true, 0},
      {Encoding::OffsetColumn, "offset_column",
       "one cell with an offset; the converted sum of a unit column takes it away", false, 2, true},
      {Encoding::UnitColumn, "unit_column",
       "one cell with an offset; the current of a reference column takes it away", false, 1},
      {Encoding::RowPair, "row_pair",
       "a one-sided pair in one column: its cells sit in two rows of opposite voltages", true, 0,
       false, 2},
  };
  return table;
}

const EncodingKind& find_encoding(Encoding encoding) {
  const auto& table = encodings();
  const auto found = std::find_if(table.begin(), table.end(), [&](const EncodingKind& line) {
    return line.encoding == encoding;
  });
  OHMWEAVE_REQUIRE(found != table.end(), "every encoding is in the table");
  return *found;
}

WeightCells::WeightCells(Encoding encoding, const std::vector<int>& slice_bits)
    : kind_(&find_encoding(encoding)) {
  for (const int bits : slice_bits) {
    OHMWEAVE_REQUIRE(bits >= 1, "a slice has bits");
    slices_.push_back({total_bits_, bits});
    total_bits_ += bits;
  }
  OHMWEAVE_REQUIRE(total_bits_ >= 1 && total_bits_ <= kMostBits, "a code fits 32 bits");
}

int WeightCells::offset() const { return kind_->is_pair ? 0 : 1 << (total_bits_ - 1); }

int WeightCells::value(int code, int slice) const {
  const SliceBits cut = slices_[slice];
  if (kind_->is_pair) return code < 0 ? -bits_of(-code, cut) : bits_of(code, cut);
  require_fit(code);
  const int level = bits_of(code + offset(), cut);
  return kind_->has_unit_column ? level : level - bits_of(offset(), cut);
}

void WeightCells::require_fit(int code) const {
  OHMWEAVE_REQUIRE(std::abs(code) <= largest_code(),
                   "a weight code has more bits than its slices hold");
}

int WeightCells::level(int code, int cell) const {
  require_fit(code);
  const int slice = cell / cells_per_slice();
  const int difference = value(code, slice);
  if (!kind_->is_pair) return bits_of(code + offset(), slices_[slice]);
  const bool is_negative = cell % 2 == 1;
  if (kind_->is_one_sided()) return std::max(0, is_negative ? -difference : difference);
  const int highest = (1 << slices_[slice].bits) - 1;
  const int positive = (highest + difference + 1) / 2;
  return is_negative ? positive - difference : positive;
}

int WeightCells::reserved_level(int array, int reserved) const {
  OHMWEAVE_REQUIRE(reserved >= 0 && reserved < kind_->reserved_columns, "no such column");
  const bool is_unit = kind_->has_unit_column && reserved == kind_->reserved_columns - 1;
  if (is_unit) return array == 0 ? 1 : 0;
  return kind_->has_unit_column ? 0 : bits_of(offset(), slices_[array]);
}

std::vector<int> equal_slices(Encoding encoding, int weight_bits, int bits_per_cell) {
  OHMWEAVE_REQUIRE(weight_bits >= 1 && bits_per_cell >= 1, "weights and cells have bits");
  const int bits = weight_bits + (find_encoding(encoding).is_pair ? 0 : 1);
  std::vector<int> widths(static_cast<std::size_t>((bits + bits_per_cell - 1) / bits_per_cell),
                          bits_per_cell);
  return widths;
}

}  // namespace ohmweave
