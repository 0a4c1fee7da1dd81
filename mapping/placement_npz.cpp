// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <vector>

#include "mapping/placement.h"

namespace ohmweave::mapping {
namespace {

using Values = std::vector<std::int32_t>;

constexpr std::int32_t kNone = -1;

/// What sits at each line of some arrays: the matrix line, and the block it belongs to.
class Lines {
 public:
  explicit Lines(int width) : width_(width) {}
  void begin_array() {
    matrix_lines_.insert(matrix_lines_.end(), width_, kNone);
    blocks_.insert(blocks_.end(), width_, kNone);
  }
  /// Each matrix line takes `each` of the array's lines.
  void put(const std::vector<int>& lines, int first, int block, int each = 1) {
    auto at = static_cast<std::ptrdiff_t>(matrix_lines_.size()) - width_ +
              static_cast<std::ptrdiff_t>(first) * each;
    for (const int line : lines) {
      std::fill_n(matrix_lines_.begin() + at, each, line);
      std::fill_n(blocks_.begin() + at, each, block);
      at += each;
    }
  }
  [[nodiscard]] NpyArray matrix_lines(std::int64_t num_arrays) const {
    return make_npy(matrix_lines_, {num_arrays, width_});
  }
  [[nodiscard]] NpyArray blocks(std::int64_t num_arrays) const {
    return make_npy(blocks_, {num_arrays, width_});
  }

 private:
  int width_;
  Values matrix_lines_;
  Values blocks_;
};

void put_blocks(const Placement& placement, NpyArrays& arrays) {
  Values layer, group, copy;
  for (const Block& block : placement.blocks) {
    layer.push_back(block.node);
    group.push_back(block.group);
    copy.push_back(block.copy);
  }
  const auto num_blocks = static_cast<std::int64_t>(placement.blocks.size());
  arrays["block_layer"] = make_npy(layer, {num_blocks});
  arrays["block_group"] = make_npy(group, {num_blocks});
  arrays["block_copy"] = make_npy(copy, {num_blocks});
}

}  // namespace

NpyArrays arrays_to_npz(const Placement& placement) {
  const auto num_arrays = static_cast<std::int64_t>(placement.arrays.size());
  Values layer, group, copy, slice, sign, tile, tile_xy;
  Lines rows(placement.geometry.rows);
  Lines columns(placement.geometry.cols);
  for (const Array& array : placement.arrays) {
    const Block& first = placement.blocks[array.blocks.front()];
    layer.push_back(first.node);
    group.push_back(first.group);
    copy.push_back(first.copy);
    slice.push_back(array.slice);
    sign.push_back(static_cast<std::int32_t>(array.sign));
    tile.push_back(array.tile);
    rows.begin_array();
    columns.begin_array();
    for (const int index : array.blocks) {
      const Block& block = placement.blocks[index];
      rows.put(block.rows, block.first_row, index, placement.geometry.rows_per_input());
      columns.put(block.columns, block.first_column, index);
    }
  }
  for (const Tile& place : placement.tiles) {
    tile_xy.push_back(place.x);
    tile_xy.push_back(place.y);
  }
  NpyArrays arrays;
  arrays["layer"] = make_npy(layer, {num_arrays});
  arrays["group"] = make_npy(group, {num_arrays});
  arrays["copy"] = make_npy(copy, {num_arrays});
  arrays["slice"] = make_npy(slice, {num_arrays});
  arrays["sign"] = make_npy(sign, {num_arrays});
  arrays["tile"] = make_npy(tile, {num_arrays});
  arrays["rows"] = rows.matrix_lines(num_arrays);
  arrays["columns"] = columns.matrix_lines(num_arrays);
  arrays["row_blocks"] = rows.blocks(num_arrays);
  arrays["column_blocks"] = columns.blocks(num_arrays);
  arrays["tile_xy"] = make_npy(tile_xy, {static_cast<std::int64_t>(placement.tiles.size()), 2});
  put_blocks(placement, arrays);
  return arrays;
}

}  // namespace ohmweave::mapping
