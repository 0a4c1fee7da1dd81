// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <vector>

#include "mapping/placement.h"

namespace ohmweave::mapping {
namespace {

using Values = std::vector<std::int32_t>;

/// Appends the list and then -1 up to `width` entries.
void append_padded(Values& values, const std::vector<int>& list, int width) {
  values.insert(values.end(), list.begin(), list.end());
  values.insert(values.end(), static_cast<std::size_t>(width) - list.size(), -1);
}

}  // namespace

NpyArrays arrays_to_npz(const Placement& placement) {
  const auto num_arrays = static_cast<std::int64_t>(placement.arrays.size());
  Values layer, group, copy, slice, sign, tile, rows, columns, tile_xy;
  for (const Array& array : placement.arrays) {
    const Block& block = placement.blocks[array.block];
    layer.push_back(block.node);
    group.push_back(block.group);
    copy.push_back(block.copy);
    slice.push_back(array.slice);
    sign.push_back(array.sign == Sign::Positive ? 0 : 1);
    tile.push_back(array.tile);
    append_padded(rows, block.rows, placement.geometry.rows);
    append_padded(columns, block.columns, placement.geometry.cols);
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
  arrays["rows"] = make_npy(rows, {num_arrays, placement.geometry.rows});
  arrays["columns"] = make_npy(columns, {num_arrays, placement.geometry.cols});
  arrays["tile_xy"] = make_npy(tile_xy, {static_cast<std::int64_t>(placement.tiles.size()), 2});
  return arrays;
}

}  // namespace ohmweave::mapping
