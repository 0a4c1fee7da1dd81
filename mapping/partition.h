// SPDX-License-Identifier: Apache-2.0
// Cutting one weight matrix (rows = inputs, columns = outputs) into pieces that fit an array, such
// that whole segments of zeros take no cells. Which cut is best depends on how the network was
// pruned, so every layout of the table is tried and the one with the fewest pieces is kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/quantized_network.h"

namespace ohmweave::mapping {

/// Most matrix rows and columns one array holds.
struct ArraySize {
  int rows = 0;
  int cols = 0;
};

/// Where a weight matrix has non-zero codes: one bit a weight.
class NonzeroPattern {
 public:
  /// Of one group of a layer. shape: matrix_shape() of the node; codes as in QuantizedWeights.
  NonzeroPattern(const QuantizedWeights& weights, const MatrixShape& shape, int group);

  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int columns() const { return columns_; }
  [[nodiscard]] bool contains(int row, int column) const;
  /// Those of `rows` (ascending) that have a non-zero in any of `columns`.
  [[nodiscard]] std::vector<int> alive_rows(const std::vector<int>& rows,
                                            const std::vector<int>& columns) const;
  /// Those of `columns` (ascending) that have a non-zero in any of `rows`.
  [[nodiscard]] std::vector<int> alive_columns(const std::vector<int>& rows,
                                               const std::vector<int>& columns) const;
  /// Rows that hold a non-zero in `column`, one bit a row, 64 rows a word.
  [[nodiscard]] std::vector<std::uint64_t> column_bits(int column) const;

 private:
  int rows_ = 0;
  int columns_ = 0;
  std::vector<std::uint64_t> words_;  // words_[j * rows + r], bit b: column 64 * j + b of row r
};

/// Rows and columns of the matrix that one array holds, each ascending; neither is empty.
struct Piece {
  std::vector<int> rows;
  std::vector<int> columns;
};

/// One way to cut. Every non-zero of the pattern is in exactly one piece; no piece exceeds the
/// array; every row and every column of a piece has a non-zero in it.
struct Layout {
  std::string name;
  std::string summary;
  std::vector<Piece> (*cut)(const NonzeroPattern& pattern, ArraySize size);
};
[[nodiscard]] const std::vector<Layout>& layouts();

struct Partition {
  std::string layout;  // the name of the table line that was kept
  std::vector<Piece> pieces;
};
/// The layout with the fewest pieces, among those the fewest cells, among those the first of the
/// table. Pieces in ascending order of their first column, then row. A matrix of zeros has none.
[[nodiscard]] Partition partition(const NonzeroPattern& pattern, ArraySize size);

/// Sum of rows x columns.
[[nodiscard]] std::int64_t num_cells(const std::vector<Piece>& pieces);

}  // namespace ohmweave::mapping
