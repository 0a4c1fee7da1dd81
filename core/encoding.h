// SPDX-License-Identifier: Apache-2.0
// How a signed weight code sits in cells that only hold levels 0, 1, ... A code is cut into slices
// of some bits each, one array (or pair of arrays) a slice; what a slice is read as,
//   value(slice) = level of the positive cell - level of the negative one (or of that in the
//                  reference column),
// satisfies sum over slices of value 2^shift = code, or code + offset where a unit column counts
// the inputs and offset times its sum is subtracted:
//   one_sided_pair  magnitudes: the cell of the code's sign holds the slice, the other one 0
//   two_sided_pair  the same values, both cells moved apart from the middle of the levels:
//                   ceil((highest + value) / 2) and that less value
//   row_pair        levels of a one-sided pair, both cells in one column of one array: in two
//                   neighbouring rows, which an input drives with opposite voltages
//   offset_column   code + offset in one array; the reference column holds level 0 (it takes away
//                   what cells of level 0 conduct), a unit column level 1
//   unit_column     code + offset in one array; the reference column holds the offset's slice, so
//                   the difference is read at once
// offset = 2^(bits of all slices - 1). Sources: shafiee_isca_2016 (offset_column), liu_isscc_2020
// (row_pair: cells of two transistors and two memristors).
#pragma once

#include <string>
#include <vector>

namespace ohmweave {

enum class Encoding { OneSidedPair, TwoSidedPair, OffsetColumn, UnitColumn, RowPair };

/// One line of the table of encodings.
struct EncodingKind {
  Encoding encoding;
  std::string name;
  std::string summary;
  bool is_pair;                  // a slice is the difference of a positive and a negative cell
  int reserved_columns;          // of an array beside a block's own
  bool has_unit_column = false;  // the last reserved one, of the arrays of slice 0
  int rows_per_input = 1;        // of an array; 2: those of the positive and the negative cells
  /// Whether the cell of a code's sign holds its magnitude, and the other one 0.
  [[nodiscard]] bool is_one_sided() const {
    return encoding == Encoding::OneSidedPair || encoding == Encoding::RowPair;
  }
  /// Two where the cells of a pair sit in arrays of their own.
  [[nodiscard]] int arrays_per_slice() const { return is_pair && rows_per_input == 1 ? 2 : 1; }
};
[[nodiscard]] const std::vector<EncodingKind>& encodings();
[[nodiscard]] const EncodingKind& find_encoding(Encoding encoding);

/// Bits shift .. shift + bits - 1 of a code.
struct SliceBits {
  int shift = 0;
  int bits = 1;
};

/// How codes are held: the encoding and the widths of the slices, least significant first.
class WeightCells {
 public:
  WeightCells(Encoding encoding, const std::vector<int>& slice_bits);

  [[nodiscard]] const EncodingKind& kind() const { return *kind_; }
  [[nodiscard]] int num_slices() const { return static_cast<int>(slices_.size()); }
  [[nodiscard]] SliceBits slice(int index) const { return slices_[index]; }
  [[nodiscard]] int num_arrays() const { return kind_->arrays_per_slice() * num_slices(); }
  [[nodiscard]] int cells_per_slice() const { return kind_->is_pair ? 2 : 1; }
  /// Of one weight.
  [[nodiscard]] int num_cells() const { return cells_per_slice() * num_slices(); }
  /// Bits of the magnitude of a code.
  [[nodiscard]] int magnitude_bits() const { return total_bits_ - (kind_->is_pair ? 0 : 1); }
  [[nodiscard]] int largest_code() const { return (1 << magnitude_bits()) - 1; }
  /// What is added to each code before it is cut; 0 for pairs.
  [[nodiscard]] int offset() const;

  /// Level of cell `cell` of a code (of num_cells(): slice by slice, first the one that counts
  /// positive; cell a * rows_per_input + i is in row i of those of its input in array a).
  /// |code| <= largest_code().
  [[nodiscard]] int level(int code, int cell) const;
  /// Level of the cells of reserved column `reserved` (of kind().reserved_columns) in an array.
  [[nodiscard]] int reserved_level(int array, int reserved) const;
  /// What the code's slice is read as, in levels. Of a pair, higher bits of the code do not matter.
  [[nodiscard]] int value(int code, int slice) const;

 private:
  void require_fit(int code) const;

  const EncodingKind* kind_;
  std::vector<SliceBits> slices_;
  int total_bits_ = 0;
};

/// Widths of slices of `bits_per_cell` each that hold codes of `weight_bits` magnitude bits.
[[nodiscard]] std::vector<int> equal_slices(Encoding encoding, int weight_bits, int bits_per_cell);

}  // namespace ohmweave
