// SPDX-License-Identifier: Apache-2.0
#include "mapping/placement.h"

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "mapping/code_table.h"
#include "mapping/codes_view.h"

namespace ohmweave::mapping {
namespace {

std::optional<int> position_of(const std::vector<int>& ascending, int value) {
  const auto found = std::lower_bound(ascending.begin(), ascending.end(), value);
  if (found == ascending.end() || *found != value) return std::nullopt;
  return static_cast<int>(found - ascending.begin());
}

}  // namespace

CodesView::CodesView(const QuantizedNetwork& network, int node) {
  OHMWEAVE_REQUIRE(node >= 0 && node < static_cast<int>(network.nodes.size()), "no such node");
  OHMWEAVE_REQUIRE(network.nodes[node].weights.has_value(), "the node has no weights");
  const Node& layer = network.network.nodes[node];
  codes_ = &network.nodes[node].weights->codes;
  groups_ = layer.groups;
  columns_ = layer.out_channels / layer.groups;
  OHMWEAVE_REQUIRE(layer.out_channels > 0 && codes_->size() % layer.out_channels == 0,
                   "number of weight codes is no multiple of the outputs");
  rows_ = static_cast<int>(codes_->size() / layer.out_channels);
}

std::vector<CellAddress> locate(const Placement& placement, const QuantizedNetwork& network,
                                int node, int out, int row) {
  const CodesView codes(network, node);
  OHMWEAVE_REQUIRE(out >= 0 && out < codes.groups() * codes.columns(), "no such output");
  OHMWEAVE_REQUIRE(row >= 0 && row < codes.rows(), "no such matrix row");
  std::vector<CellAddress> cells;
  for (const Block& block : placement.blocks) {
    if (block.node != node || block.group != out / codes.columns()) continue;
    const std::optional<int> array_row = position_of(block.rows, row);
    const std::optional<int> array_column = position_of(block.columns, out % codes.columns());
    if (!array_row || !array_column) continue;
    const int rows_per_input = placement.geometry.rows_per_input();
    const int first = (block.first_row + *array_row) * rows_per_input;
    for (int i = 0; i < placement.geometry.arrays_per_position(); ++i)
      for (int of_input = 0; of_input < rows_per_input; ++of_input)
        cells.push_back(
            {block.first_array + i, first + of_input, block.first_column + *array_column});
  }
  return cells;
}

std::vector<int> cell_levels(const Placement& placement, const QuantizedNetwork& network,
                             int array) {
  OHMWEAVE_REQUIRE(array >= 0 && array < static_cast<int>(placement.arrays.size()),
                   "no such array");
  const Geometry& geometry = placement.geometry;
  const WeightCells cells = geometry.cells();
  const int which = array % geometry.arrays_per_position();
  const int rows_per_input = geometry.rows_per_input();
  const auto table_of = [&cells](int cell) {
    return CodeTable(cells.largest_code(),
                     [&cells, cell](int code) { return cells.level(code, cell); });
  };
  std::vector<decltype(table_of(0))> levels_of;  // by row of an input
  levels_of.reserve(static_cast<std::size_t>(rows_per_input));
  for (int i = 0; i < rows_per_input; ++i)
    levels_of.push_back(table_of(which * rows_per_input + i));
  std::vector<int> levels(static_cast<std::size_t>(geometry.rows) * geometry.cols, 0);
  for (const int index : placement.arrays[array].blocks) {
    const Block& block = placement.blocks[index];
    const CodesView codes(network, block.node);
    const auto level_at = [&](std::size_t r, std::size_t c, int of_input) -> int& {
      const std::size_t row = (block.first_row + r) * rows_per_input + of_input;
      return levels[row * geometry.cols + block.first_column + c];
    };
    const std::size_t num_columns = block.columns.size();
    for (std::size_t c = 0; c < num_columns; ++c)  // a column's codes are neighbours
      for (std::size_t r = 0; r < block.rows.size(); ++r)
        for (int i = 0; i < rows_per_input; ++i)
          level_at(r, c, i) = levels_of[i](codes.at(block.group, block.rows[r], block.columns[c]));
    for (int reserved = 0; reserved < geometry.reserved_columns(); ++reserved)
      for (std::size_t r = 0; r < block.rows.size(); ++r)
        level_at(r, num_columns + reserved, 0) = cells.reserved_level(which, reserved);
  }
  return levels;
}

std::vector<std::vector<int>> position_levels(const Placement& placement,
                                              const QuantizedNetwork& network, int first_array) {
  std::vector<std::vector<int>> levels;
  levels.reserve(static_cast<std::size_t>(placement.geometry.arrays_per_position()));
  for (int i = 0; i < placement.geometry.arrays_per_position(); ++i)
    levels.push_back(cell_levels(placement, network, first_array + i));
  return levels;
}

const char* sign_name(Sign sign) {
  if (sign == Sign::Both) return "both";
  return sign == Sign::Positive ? "positive" : "negative";
}

bool is_needed(const Placement& placement, const Array& array) {
  return std::any_of(array.blocks.begin(), array.blocks.end(),
                     [&](int b) { return placement.blocks[b].copy == 0; });
}

int num_rounds(const Placement& placement) {
  return placement.tiles.empty() ? 1 : placement.tiles.back().round + 1;
}

Sign sign_of_array(const Geometry& geometry, int array) {
  if (geometry.arrays_per_slice() == 1) return Sign::Both;
  return array % 2 == 0 ? Sign::Positive : Sign::Negative;
}

int num_copies(const Placement& placement, int node) {
  int copies = 0;
  for (const Block& block : placement.blocks)
    if (block.node == node) copies = std::max(copies, block.copy + 1);
  return copies;
}

}  // namespace ohmweave::mapping
