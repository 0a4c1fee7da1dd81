// SPDX-License-Identifier: Apache-2.0
#include "mapping/placement.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "core/error.h"
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
    for (int i = 0; i < placement.geometry.arrays_per_position(); ++i)
      cells.push_back({block.first_array + i, block.first_row + *array_row,
                       block.first_column + *array_column});
  }
  return cells;
}

std::vector<int> cell_levels(const Placement& placement, const QuantizedNetwork& network,
                             int array) {
  OHMWEAVE_REQUIRE(array >= 0 && array < static_cast<int>(placement.arrays.size()),
                   "no such array");
  const Array& place = placement.arrays[array];
  const Geometry& geometry = placement.geometry;
  const int bits = geometry.bits_per_cell;
  const int sign = place.sign == Sign::Positive ? 1 : -1;
  const std::int64_t highest = (std::int64_t{1} << (bits * geometry.num_slices)) - 1;
  std::vector<int> levels(static_cast<std::size_t>(geometry.rows) * geometry.cols, 0);
  for (const int index : place.blocks) {
    const Block& block = placement.blocks[index];
    const CodesView codes(network, block.node);
    OHMWEAVE_REQUIRE(
        block.first_row + block.rows.size() <= static_cast<std::size_t>(geometry.rows) &&
            block.first_column + block.columns.size() <= static_cast<std::size_t>(geometry.cols),
        "a block leaves its array");
    for (std::size_t r = 0; r < block.rows.size(); ++r) {
      int* row_levels = levels.data() + (block.first_row + r) * geometry.cols + block.first_column;
      for (std::size_t c = 0; c < block.columns.size(); ++c) {
        const int magnitude =
            std::max(0, sign * codes.at(block.group, block.rows[r], block.columns[c]));
        OHMWEAVE_REQUIRE(magnitude <= highest, "a weight code has more bits than its slices hold");
        row_levels[c] = (magnitude >> (place.slice * bits)) & ((1 << bits) - 1);
      }
    }
  }
  return levels;
}

int num_rounds(const Placement& placement) {
  return placement.tiles.empty() ? 1 : placement.tiles.back().round + 1;
}

int num_copies(const Placement& placement, int node) {
  int copies = 0;
  for (const Block& block : placement.blocks)
    if (block.node == node) copies = std::max(copies, block.copy + 1);
  return copies;
}

}  // namespace ohmweave::mapping
