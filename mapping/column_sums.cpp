// SPDX-License-Identifier: Apache-2.0
#include "mapping/column_sums.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "mapping/code_table.h"
#include "mapping/codes_view.h"

namespace ohmweave::mapping {
namespace {

/// The rows of a block that are read together: its array rows [first, end).
struct RowGroup {
  std::size_t first;
  std::size_t end;
};

/// Sums of what one column of a slice is read as, by sign.
struct PairSum {
  std::int64_t positive = 0;
  std::int64_t negative = 0;
  std::int64_t squares = 0;
};

/// value_of(code): what the code's slice is read as.
template <class ValueOf>
PairSum sum_of_levels(const std::vector<std::int32_t>& codes, const ValueOf& value_of) {
  std::int32_t sum = 0;
  std::int32_t magnitudes = 0;
  std::int32_t squares = 0;  // levels are below 2^8, an array's rows at most 4,096
  for (const std::int32_t code : codes) {
    const int value = value_of(code);
    sum += value;
    magnitudes += std::abs(value);
    squares += value * value;
  }
  return {(magnitudes + sum) / 2, (magnitudes - sum) / 2, squares};
}

/// Codes of a column of the block, in the rows of the group.
std::vector<std::int32_t> column_codes(const CodesView& codes, const Block& block, int column,
                                       RowGroup rows) {
  std::vector<std::int32_t> gathered;
  gathered.reserve(rows.end - rows.first);
  for (std::size_t row = rows.first; row < rows.end; ++row)
    gathered.push_back(codes.at(block.group, block.rows[row], column));
  return gathered;
}

/// Largest |sum of level x digit| of a pair's difference for digits up to 1 in magnitude.
std::int64_t reach(const PairSum& sum, bool has_signed_digits) {
  return has_signed_digits ? sum.positive + sum.negative : std::max(sum.positive, sum.negative);
}

}  // namespace

const CodeFormat& input_format(const QuantizedNetwork& network, int node) {
  return network.nodes[network.network.nodes[node].inputs.front()].output;
}

ColumnSums column_sums(const Placement& placement, const QuantizedNetwork& network, int node,
                       int inputs_at_once) {
  OHMWEAVE_REQUIRE(inputs_at_once >= 1, "inputs_at_once must be at least 1");
  const CodesView codes(network, node);
  const bool is_signed = input_format(network, node).is_signed;
  const Geometry& geometry = placement.geometry;
  const WeightCells cells = geometry.cells();
  const auto table_of = [&cells](int slice) {
    return CodeTable(cells.largest_code(),
                     [&cells, slice](int code) { return cells.value(code, slice); });
  };
  std::vector<decltype(table_of(0))> values_of;  // by slice
  values_of.reserve(static_cast<std::size_t>(geometry.num_slices));
  for (int slice = 0; slice < geometry.num_slices; ++slice) values_of.push_back(table_of(slice));
  ColumnSums sums;
  std::int64_t squares = 0;
  std::int64_t num_columns = 0;
  const auto add = [&](const PairSum& sum) {
    sums.largest = std::max(sums.largest, reach(sum, is_signed));
    squares += sum.squares;
    ++num_columns;
  };
  for (const Block& block : placement.blocks) {
    if (block.node != node) continue;
    for (std::size_t first = 0; first < block.rows.size(); first += inputs_at_once) {
      const std::size_t end = std::min(block.rows.size(), first + inputs_at_once);
      if (cells.kind().has_unit_column)  // it sums the digits alone
        add({static_cast<std::int64_t>(end - first), 0, static_cast<std::int64_t>(end - first)});
      for (const int column : block.columns) {
        const std::vector<std::int32_t> of_column =
            column_codes(codes, block, column, {first, end});
        for (const auto& value_of : values_of) add(sum_of_levels(of_column, value_of));
      }
    }
  }
  if (num_columns > 0)
    sums.mean_square = static_cast<double>(squares) / static_cast<double>(num_columns);
  return sums;
}

}  // namespace ohmweave::mapping
