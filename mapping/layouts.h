// SPDX-License-Identifier: Apache-2.0
// The ways to cut a weight matrix into arrays; partition.h has their contract and their table.
#pragma once

#include <vector>

#include "mapping/partition.h"

namespace ohmweave::mapping {

/// Columns [0, cols), [cols, 2 cols), ... each with the rows that are alive in it, packed in arrays
/// of `rows`. Pays for pruned row segments of one column block and for pruned blocks.
[[nodiscard]] std::vector<Piece> cut_column_blocks(const NonzeroPattern& pattern, ArraySize size);
/// The transposed: pays for pruned column segments of one row block.
[[nodiscard]] std::vector<Piece> cut_row_blocks(const NonzeroPattern& pattern, ArraySize size);
/// Dead columns are removed before columns are counted off. Pays for whole pruned columns
/// (filters).
[[nodiscard]] std::vector<Piece> cut_packed_column_blocks(const NonzeroPattern& pattern,
                                                          ArraySize size);
/// Dead rows are removed before rows are counted off.
[[nodiscard]] std::vector<Piece> cut_packed_row_blocks(const NonzeroPattern& pattern,
                                                       ArraySize size);
/// Groups of `cols` columns that are alive in the same rows (grow_groups() in reordering.h). Pays
/// for sparsity without a shape.
[[nodiscard]] std::vector<Piece> cut_clustered_columns(const NonzeroPattern& pattern,
                                                       ArraySize size);
/// The same with columns exchanged between groups afterwards (exchange_lines()).
[[nodiscard]] std::vector<Piece> cut_exchanged_columns(const NonzeroPattern& pattern,
                                                       ArraySize size);
/// The transposed.
[[nodiscard]] std::vector<Piece> cut_exchanged_rows(const NonzeroPattern& pattern, ArraySize size);
/// Rows [0, rows), [rows, 2 rows), ... and columns [0, cols), ...: what stands where the matrix has
/// it. An array exists if there is a non-zero in it. What the layouts above are to be compared
/// with.
[[nodiscard]] std::vector<Piece> cut_grid(const NonzeroPattern& pattern, ArraySize size);
/// As cut_grid(), with floor(rows / kernel^2) channels in an array, so that one array column holds
/// a channel's whole kernel (Source: zhu_glsvlsi_2020).
[[nodiscard]] std::vector<Piece> cut_kernel_windows(const NonzeroPattern& pattern, ArraySize size);

}  // namespace ohmweave::mapping
