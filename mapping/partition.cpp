// SPDX-License-Identifier: Apache-2.0
#include "mapping/partition.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "core/whole_numbers.h"
#include "mapping/bit_words.h"
#include "mapping/layouts.h"
#include "mapping/packing.h"

namespace ohmweave::mapping {
namespace {

using Cut = std::vector<Piece> (*)(const NonzeroPattern&, ArraySize);

/// The summary stands once, beside the name that the config reader knows.
Layout line(const std::string& name, Cut cut, bool competes = true) {
  for (const Word& word : layout_words())
    if (word.name == name) return {name, word.summary, cut, competes};
  throw_logic_error(__FILE__, __LINE__, name.c_str(), "the layout is missing in layout_words()");
}

int num_positions_of(const std::vector<Piece>& pieces, const CutRules& rules) {
  if (!rules.is_packed) return static_cast<int>(pieces.size());
  std::vector<Extent> extents;
  extents.reserve(pieces.size());
  for (const Piece& piece : pieces)
    extents.push_back({static_cast<int>(piece.rows.size()),
                       static_cast<int>(piece.columns.size()) + rules.geometry.reserved_columns()});
  return num_positions(pack_along_diagonals(extents, rules.geometry));
}

std::int64_t num_nonzeros(const NonzeroPattern& pattern) {
  std::int64_t count = 0;
  for (int row = 0; row < pattern.rows(); ++row) count += count_bits(pattern.row_bits(row));
  return count;
}

using Cost = std::tuple<int, std::size_t, std::int64_t>;  // positions, pieces, cells

Partition best_partition(const NonzeroPattern& pattern, const CutRules& rules, ArraySize size) {
  const Cost least = {least_positions(pattern, size), 0, num_nonzeros(pattern)};
  Partition best;
  Cost best_cost;
  for (const Layout& layout : layouts()) {
    const bool is_settled = !best.layout.empty() && std::get<0>(best_cost) == std::get<0>(least) &&
                            std::get<2>(best_cost) == std::get<2>(least);
    if (is_settled) break;  // no cut takes fewer arrays or cells
    if (!layout.competes) continue;
    std::vector<Piece> pieces = layout.cut(pattern, size);
    const int positions = num_positions_of(pieces, rules);
    const Cost cost = {positions, pieces.size(), num_cells(pieces)};
    if (!best.layout.empty() && cost >= best_cost) continue;
    best = {layout.name, std::move(pieces), positions};
    best_cost = cost;
  }
  return best;
}

Partition named_partition(const NonzeroPattern& pattern, const CutRules& rules, ArraySize size) {
  for (const Layout& layout : layouts())
    if (layout.name == rules.layout) {
      Partition cut = {layout.name, layout.cut(pattern, size), 0};
      cut.num_positions = num_positions_of(cut.pieces, rules);
      return cut;
    }
  throw_logic_error(__FILE__, __LINE__, rules.layout.c_str(), "no such layout");
}

}  // namespace

std::vector<Layout> layouts() {
  return {
      line("column_blocks", &cut_column_blocks),
      line("row_blocks", &cut_row_blocks),
      line("packed_column_blocks", &cut_packed_column_blocks),
      line("packed_row_blocks", &cut_packed_row_blocks),
      line("clustered_columns", &cut_clustered_columns),
      line("exchanged_columns", &cut_exchanged_columns),
      line("exchanged_rows", &cut_exchanged_rows),
      line("grid", &cut_grid, false),
      line("kernel_windows", &cut_kernel_windows, false),
  };
}

std::int64_t num_cells(const std::vector<Piece>& pieces) {
  return std::accumulate(
      pieces.begin(), pieces.end(), std::int64_t{0}, [](std::int64_t sum, const Piece& piece) {
        return sum + static_cast<std::int64_t>(piece.rows.size() * piece.columns.size());
      });
}

int least_positions(const NonzeroPattern& pattern, ArraySize size) {
  std::int64_t row_lines = 0;
  for (int row = 0; row < pattern.rows(); ++row)
    row_lines += ceil_div(count_bits(pattern.row_bits(row)), size.cols);
  std::int64_t column_lines = 0;
  for (int column = 0; column < pattern.columns(); ++column)
    column_lines += ceil_div(count_bits(pattern.column_bits(column)), size.rows);
  return static_cast<int>(
      std::max(ceil_div(row_lines, size.rows), ceil_div(column_lines, size.cols)));
}

Partition partition(const NonzeroPattern& pattern, const CutRules& rules) {
  const ArraySize size = {rules.geometry.num_inputs(),
                          rules.geometry.cols - rules.geometry.reserved_columns()};
  OHMWEAVE_REQUIRE(size.rows > 0 && size.cols > 0, "an array needs rows and columns");
  Partition cut = rules.layout == kBestLayout ? best_partition(pattern, rules, size)
                                              : named_partition(pattern, rules, size);
  std::sort(cut.pieces.begin(), cut.pieces.end(), [](const Piece& a, const Piece& b) {
    return std::make_pair(a.columns.front(), a.rows.front()) <
           std::make_pair(b.columns.front(), b.rows.front());
  });
  return cut;
}

}  // namespace ohmweave::mapping
