// SPDX-License-Identifier: Apache-2.0
// Cutting one weight matrix (rows = inputs, columns = outputs) into pieces that fit an array, such
// that whole segments of zeros take no cells. Which cut is best depends on how the network was
// pruned, so the layouts of the table are tried and the one that takes the fewest arrays is kept,
// unless the config names one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/quantized_network.h"
#include "mapping/options.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {

/// Most matrix rows and columns one array holds.
struct ArraySize {
  int rows = 0;
  int cols = 0;
};

/// Where a weight matrix has non-zero codes: one bit a weight.
class NonzeroPattern {
 public:
  /// Of one group of a layer. shape: matrix_shape() of the node; codes as in QuantizedWeights;
  /// rows_per_channel: kernel^2 (1 of a Linear layer).
  NonzeroPattern(const QuantizedWeights& weights, const MatrixShape& shape, int group,
                 int rows_per_channel = 1);

  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int columns() const { return columns_; }
  [[nodiscard]] int rows_per_channel() const { return rows_per_channel_; }
  [[nodiscard]] bool contains(int row, int column) const;
  /// Those of `rows` (ascending) that have a non-zero in any of `columns`.
  [[nodiscard]] std::vector<int> alive_rows(const std::vector<int>& rows,
                                            const std::vector<int>& columns) const;
  /// Those of `columns` (ascending) that have a non-zero in any of `rows`.
  [[nodiscard]] std::vector<int> alive_columns(const std::vector<int>& rows,
                                               const std::vector<int>& columns) const;
  /// Rows that hold a non-zero in `column`, one bit a row, 64 rows a word.
  [[nodiscard]] std::vector<std::uint64_t> column_bits(int column) const;
  /// Columns that hold a non-zero in `row`, 64 columns a word.
  [[nodiscard]] std::vector<std::uint64_t> row_bits(int row) const;

 private:
  int rows_ = 0;
  int columns_ = 0;
  int rows_per_channel_ = 1;
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
  /// Whether `best` tries it. The others are never better than one that it tries.
  bool competes = true;
};
[[nodiscard]] std::vector<Layout> layouts();

/// What a cut is for.
struct CutRules {
  Geometry geometry;
  std::string layout = kBestLayout;  // a name of layout_words()
  /// Whether pieces of one layer may share arrays: then fewer shared arrays count, not fewer
  /// pieces.
  bool is_packed = false;
};

struct Partition {
  std::string layout;  // the name of the table line that was kept
  std::vector<Piece> pieces;
  int num_positions = 0;  // array positions for them
};
/// The layout of the rules; of kBestLayout the one with the fewest positions, among those the
/// fewest pieces, then the fewest cells, then the first of the table. Pieces in ascending order of
/// their first column, then row. A matrix of zeros has none. Throws std::logic_error for a layout
/// that the table lacks.
[[nodiscard]] Partition partition(const NonzeroPattern& pattern, const CutRules& rules);

/// No cut takes fewer arrays, shared or not: a row with n non-zeros takes a line in ceil(n / cols)
/// arrays, and an array has `rows` lines; likewise for columns.
[[nodiscard]] int least_positions(const NonzeroPattern& pattern, ArraySize size);

/// Sum of rows x columns.
[[nodiscard]] std::int64_t num_cells(const std::vector<Piece>& pieces);

}  // namespace ohmweave::mapping
