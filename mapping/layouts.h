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
/// Groups of `cols` columns grown greedily: first the column with most non-zeros, then always the
/// one that brings the fewest new rows (of those, the one with most non-zeros, then the first).
/// Pays for sparsity without a shape. A matrix so large that the search would take over
/// kMaxClusterSteps word operations is cut as by cut_packed_column_blocks().
[[nodiscard]] std::vector<Piece> cut_clustered_columns(const NonzeroPattern& pattern,
                                                       ArraySize size);
constexpr double kMaxClusterSteps = 5e7;

}  // namespace ohmweave::mapping
