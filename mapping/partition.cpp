// SPDX-License-Identifier: Apache-2.0
#include "mapping/partition.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "mapping/layouts.h"

namespace ohmweave::mapping {

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> table = {
      {"column_blocks", "blocks of matrix columns; in each, the rows alive there are packed",
       &cut_column_blocks},
      {"row_blocks", "blocks of matrix rows; in each, the columns alive there are packed",
       &cut_row_blocks},
      {"packed_column_blocks", "as column_blocks, of the columns that are alive",
       &cut_packed_column_blocks},
      {"packed_row_blocks", "as row_blocks, of the rows that are alive", &cut_packed_row_blocks},
      {"clustered_columns", "columns with the same rows alive share a block, wherever they sit",
       &cut_clustered_columns},
  };
  return table;
}

std::int64_t num_cells(const std::vector<Piece>& pieces) {
  return std::accumulate(
      pieces.begin(), pieces.end(), std::int64_t{0}, [](std::int64_t sum, const Piece& piece) {
        return sum + static_cast<std::int64_t>(piece.rows.size() * piece.columns.size());
      });
}

Partition partition(const NonzeroPattern& pattern, ArraySize size) {
  OHMWEAVE_REQUIRE(size.rows > 0 && size.cols > 0, "an array needs rows and columns");
  Partition best;
  std::pair<std::size_t, std::int64_t> best_cost;
  for (const Layout& layout : layouts()) {
    std::vector<Piece> pieces = layout.cut(pattern, size);
    const std::pair<std::size_t, std::int64_t> cost = {pieces.size(), num_cells(pieces)};
    if (!best.layout.empty() && cost >= best_cost) continue;
    best = {layout.name, std::move(pieces)};
    best_cost = cost;
  }
  std::sort(best.pieces.begin(), best.pieces.end(), [](const Piece& a, const Piece& b) {
    return std::make_pair(a.columns.front(), a.rows.front()) <
           std::make_pair(b.columns.front(), b.rows.front());
  });
  return best;
}

}  // namespace ohmweave::mapping
