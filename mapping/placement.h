// SPDX-License-Identifier: Apache-2.0
// Which weight sits in which cell of which array, and where arrays sit on the chip.
// A Block is the piece of one layer's weight matrix that one array position holds (rows and columns
// that are wholly zero are physically absent). It occupies 2 * num_slices arrays of the same rows
// and columns: for every slice (bits of the magnitude, least significant first) a positive and a
// negative one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/fields.h"
#include "core/npz.h"
#include "core/quantized_network.h"

namespace ohmweave::mapping {

enum class Sign { Positive, Negative };

struct Block {
  int node = 0;              // index of the Conv2d or Linear node
  int group = 0;             // of a grouped convolution
  int copy = 0;              // 0 = the needed one; 1.. = duplicated for speed
  std::vector<int> rows;     // array row r holds matrix row rows[r] (matrix_shape()); ascending
  std::vector<int> columns;  // array column c holds matrix column columns[c] (of the group); same
  int first_array = 0;       // index of its array of slice 0, positive
};

/// One physical array.
struct Array {
  int block = 0;
  int slice = 0;
  Sign sign = Sign::Positive;
  int tile = 0;
};

/// A place on the mesh that holds arrays sharing buffers and a router port.
struct Tile {
  int x = 0;
  int y = 0;
};

struct Geometry {
  int rows = 128;
  int cols = 128;
  int num_slices = 2;
  int bits_per_cell = 2;
};

struct Placement {
  Geometry geometry;
  std::vector<Block> blocks;
  std::vector<Array> arrays;  // array of (block b, slice s, sign g) is b.first_array + 2*s + g
  std::vector<Tile> tiles;
  int mesh_width = 0;  // tiles sit at distinct (x, y) in mesh_width x mesh_height
  int mesh_height = 0;
};

/// Where one slice and sign of one weight sits.
struct CellAddress {
  int array = 0;
  int row = 0;
  int column = 0;
};

/// All cells of weight (out, matrix row) of a node: positive and negative for each slice, of each
/// copy; empty if the weight's row or column was removed. `out` counts over all groups.
[[nodiscard]] std::vector<CellAddress> locate(const Placement& placement,
                                              const QuantizedNetwork& network, int node, int out,
                                              int row);

/// Level (0 .. 2^bits_per_cell - 1) of every cell of an array, rows x columns row-major:
/// the array's slice of max(0, +-code).
[[nodiscard]] std::vector<int> cell_levels(const Placement& placement,
                                           const QuantizedNetwork& network, int array);

/// Throws DataError if the placement is not one of this network: a block of a node without weights,
/// rows, columns or groups the layer lacks, codes with more bits than the slices hold, a non-zero
/// weight that is not held exactly once by each copy of its layer.
void validate(const Placement& placement, const QuantizedNetwork& network);

/// Copies of a node's weights on the chip (1 when nothing is duplicated; 0 when the node has no
/// block, because it has no weights or all of them are zero).
[[nodiscard]] int num_copies(const Placement& placement, int node);

/// Summary for result.json: {arrays_needed, arrays_duplicated, cell_utilization_fraction, tiles,
/// mesh_width, mesh_height, layers: [{name, blocks, copies, arrays_needed, arrays_duplicated,
/// nonzero_weights, cell_utilization_fraction, tiles}]}; `tiles` of a layer: tiles it has cells in.
/// Utilization = cells that hold a non-zero weight's slice pair / cells of the arrays (unused rows
/// and columns of an array count). A layer without arrays has no utilization key.
[[nodiscard]] Json placement_summary(const Placement& placement, const QuantizedNetwork& network);

/// How full each array position is: [{layer, copy, tile, rows, columns, nonzero_weights,
/// cell_utilization_fraction}], one entry a block.
[[nodiscard]] Json utilization_map(const Placement& placement, const QuantizedNetwork& network);

/// What arrays.npz holds. Per array: "layer" (node index), "group", "copy", "slice", "sign" (0
/// positive, 1 negative), "tile"; "rows" (arrays x geometry.rows) and "columns" (arrays x
/// geometry.cols): the matrix row (column, of the group) at each array row (column), -1 where the
/// array has none. "tile_xy": tiles x 2. All int32.
[[nodiscard]] NpyArrays arrays_to_npz(const Placement& placement);

[[nodiscard]] Json placement_to_json(const Placement& placement);
/// Throws DataError with the JSON pointer of what is wrong.
[[nodiscard]] Placement placement_from_json(const Json& json);

}  // namespace ohmweave::mapping
