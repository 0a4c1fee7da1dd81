// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/error.h"
#include "mapping/partition.h"

namespace ohmweave::mapping {
namespace {

constexpr int kWordBits = 64;

std::uint64_t bit(int index) { return std::uint64_t{1} << (index % kWordBits); }

/// The columns as one bit each, in words of 64.
std::vector<std::uint64_t> mask_of(const std::vector<int>& columns, int num_columns) {
  std::vector<std::uint64_t> mask((num_columns + kWordBits - 1) / kWordBits, 0);
  for (const int column : columns) mask[column / kWordBits] |= bit(column);
  return mask;
}

}  // namespace

NonzeroPattern::NonzeroPattern(const QuantizedWeights& weights, const MatrixShape& shape, int group,
                               int rows_per_channel)
    : rows_(shape.rows), columns_(shape.columns), rows_per_channel_(rows_per_channel) {
  OHMWEAVE_REQUIRE(rows_per_channel > 0 && shape.rows % rows_per_channel == 0,
                   "a matrix holds whole channels");
  OHMWEAVE_REQUIRE(static_cast<std::int64_t>(weights.codes.size()) == shape.num_weights(),
                   "number of weight codes differs from the layer's shape");
  OHMWEAVE_REQUIRE(group >= 0 && group < shape.groups, "no such group");
  words_.assign(static_cast<std::size_t>((columns_ + kWordBits - 1) / kWordBits) * rows_, 0);
  for (int column = 0; column < columns_; ++column) {
    const std::size_t out = static_cast<std::size_t>(group) * columns_ + column;
    const std::int32_t* codes = weights.codes.data() + out * rows_;
    std::uint64_t* words =
        words_.data() + static_cast<std::size_t>(column / kWordBits) * static_cast<unsigned>(rows_);
    const int shift = column % kWordBits;
    for (int row = 0; row < rows_; ++row)
      words[row] |= static_cast<std::uint64_t>(codes[row] != 0) << shift;
  }
}

bool NonzeroPattern::contains(int row, int column) const {
  const std::size_t word = static_cast<std::size_t>(column / kWordBits) * rows_ + row;
  return (words_[word] & bit(column)) != 0;
}

std::vector<int> NonzeroPattern::alive_rows(const std::vector<int>& rows,
                                            const std::vector<int>& columns) const {
  const std::vector<std::uint64_t> mask = mask_of(columns, columns_);
  std::vector<std::uint64_t> any(rows.size(), 0);
  for (std::size_t j = 0; j < mask.size(); ++j) {
    if (mask[j] == 0) continue;
    const std::uint64_t* words = words_.data() + j * rows_;
    for (std::size_t i = 0; i < rows.size(); ++i) any[i] |= words[rows[i]] & mask[j];
  }
  std::vector<int> alive;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (any[i] != 0) alive.push_back(rows[i]);
  return alive;
}

std::vector<int> NonzeroPattern::alive_columns(const std::vector<int>& rows,
                                               const std::vector<int>& columns) const {
  std::vector<std::uint64_t> any((columns_ + kWordBits - 1) / kWordBits, 0);
  for (std::size_t j = 0; j < any.size(); ++j) {
    const std::uint64_t* words = words_.data() + j * rows_;
    for (const int row : rows) any[j] |= words[row];
  }
  std::vector<int> alive;
  for (const int column : columns)
    if ((any[column / kWordBits] & bit(column)) != 0) alive.push_back(column);
  return alive;
}

std::vector<std::uint64_t> NonzeroPattern::column_bits(int column) const {
  std::vector<std::uint64_t> bits((rows_ + kWordBits - 1) / kWordBits, 0);
  const std::uint64_t* words = words_.data() + static_cast<std::size_t>(column / kWordBits) * rows_;
  for (int row = 0; row < rows_; ++row)
    if ((words[row] & bit(column)) != 0) bits[row / kWordBits] |= bit(row);
  return bits;
}

std::vector<std::uint64_t> NonzeroPattern::row_bits(int row) const {
  std::vector<std::uint64_t> bits((columns_ + kWordBits - 1) / kWordBits, 0);
  for (std::size_t j = 0; j < bits.size(); ++j) bits[j] = words_[j * rows_ + row];
  return bits;
}

}  // namespace ohmweave::mapping
