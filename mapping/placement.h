// SPDX-License-Identifier: Apache-2.0
// Which weight sits in which cell of which array, and where arrays sit on the chip.
// A Block is the piece of one layer's weight matrix that one array position holds (rows and columns
// that are wholly zero are physically absent). It occupies the same rows and columns of some
// arrays: for every slice (bits of the code, least significant first) a positive and a negative
// one, or a single one, as the encoding has it (core/encoding.h); columns that an encoding reserves
// come after the block's own. A matrix row is an input of its arrays: one of their rows, or two
// neighbouring ones where the encoding holds both cells of a pair in one column. Several blocks may
// share one array position: their rows are disjoint and so are their columns (they sit along a
// diagonal), and they are read one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/encoding.h"
#include "core/fields.h"
#include "core/npz.h"
#include "core/quantized_network.h"

namespace ohmweave::mapping {

enum class Sign { Positive, Negative, Both };  // Both: the one array of its slice

struct Block {
  int node = 0;              // index of the Conv2d or Linear node
  int group = 0;             // of a grouped convolution
  int copy = 0;              // 0 = the needed one; 1.. = duplicated for speed
  std::vector<int> rows;     // input first_row + r holds matrix row rows[r]; ascending
  std::vector<int> columns;  // likewise of matrix_shape() (columns: of the group)
  int first_array = 0;       // index of its array of slice 0, positive
  int first_row = 0;         // where the block begins, in inputs of the array
  int first_column = 0;      // likewise, in columns
};

/// One physical array.
struct Array {
  std::vector<int> blocks;  // those it holds, ascending
  int slice = 0;
  Sign sign = Sign::Positive;
  int tile = 0;
};

/// A place on the mesh that holds arrays sharing buffers and a router port.
struct Tile {
  int x = 0;
  int y = 0;
  int round =
      0;  // of a network that is loaded in rounds: tiles of other rounds use the same places
};

struct Geometry {
  int rows = 128;
  int cols = 128;
  int num_slices = 2;
  int bits_per_cell = 2;
  std::optional<int> rows_active = std::nullopt;  // rows read at once; empty: all
  [[nodiscard]] int rows_at_once() const { return rows_active.value_or(rows); }
  /// An input drives so many neighbouring rows.
  [[nodiscard]] int rows_per_input() const { return find_encoding(encoding).rows_per_input; }
  /// Matrix rows that an array holds, and those that are read at once.
  [[nodiscard]] int num_inputs() const { return rows / rows_per_input(); }
  [[nodiscard]] int inputs_at_once() const { return rows_at_once() / rows_per_input(); }
  Encoding encoding = Encoding::OneSidedPair;
  std::vector<int> slice_bits = {};  // of each slice; empty: bits_per_cell each
  [[nodiscard]] WeightCells cells() const {
    return {encoding,
            slice_bits.empty() ? std::vector<int>(num_slices, bits_per_cell) : slice_bits};
  }
  [[nodiscard]] int arrays_per_slice() const { return find_encoding(encoding).arrays_per_slice(); }
  [[nodiscard]] int arrays_per_position() const { return arrays_per_slice() * num_slices; }
  [[nodiscard]] int reserved_columns() const { return find_encoding(encoding).reserved_columns; }
};

struct Placement {
  Geometry geometry;
  std::vector<Block> blocks;
  /// That of slice s of block b, and sign g: b.first_array + geometry.arrays_per_slice() * s + g.
  std::vector<Array> arrays;
  std::vector<Tile> tiles;  // round by round
  int mesh_width = 0;       // tiles of a round sit at distinct (x, y) in mesh_width x mesh_height
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

/// Level (0 .. 2^bits of the slice - 1) of every cell of an array, geometry.rows x geometry.cols
/// row-major, as geometry.cells() has it; 0 where no block is.
[[nodiscard]] std::vector<int> cell_levels(const Placement& placement,
                                           const QuantizedNetwork& network, int array);

/// The same of all arrays of the position that begins with `first_array`: slice by slice, of a pair
/// first the positive one.
[[nodiscard]] std::vector<std::vector<int>> position_levels(const Placement& placement,
                                                            const QuantizedNetwork& network,
                                                            int first_array);

/// Throws DataError if the placement is not one of this network: a block of a node without weights,
/// rows, columns or groups the layer lacks, blocks that meet in a row or column of their array or
/// leave it, codes with more bits than the slices hold, a non-zero weight that is not held exactly
/// once by each copy of its layer.
void validate(const Placement& placement, const QuantizedNetwork& network);

/// Rounds in which the network is loaded; 1 when the chip holds all of it.
[[nodiscard]] int num_rounds(const Placement& placement);

/// The sign of array `array`, of those of a position or of all.
[[nodiscard]] Sign sign_of_array(const Geometry& geometry, int array);

/// "positive", "negative" or "both".
[[nodiscard]] const char* sign_name(Sign sign);

/// Whether an array holds a needed block, not only duplicated ones.
[[nodiscard]] bool is_needed(const Placement& placement, const Array& array);

/// Copies of a node's weights on the chip (1 when nothing is duplicated; 0 when the node has no
/// block, because it has no weights or all of them are zero).
[[nodiscard]] int num_copies(const Placement& placement, int node);

/// Summary for result.json: {arrays_needed, arrays_duplicated, arrays_shared,
/// cell_utilization_fraction, tiles, mesh_width, mesh_height, layers: [{name, blocks, copies,
/// arrays_needed, arrays_duplicated, arrays_shared, nonzero_weights, cell_utilization_fraction,
/// tiles}]}. An array counts as duplicated when it holds no needed block, as shared when it holds
/// several blocks. The arrays and tiles of a layer are those it has cells in, so an array that
/// layers share counts in each of them, and once in the chip.
/// Utilization = cells that hold a non-zero weight's slice pair / cells of the arrays (unused rows
/// and columns of an array count). A layer without arrays has no utilization key.
[[nodiscard]] Json placement_summary(const Placement& placement, const QuantizedNetwork& network);

/// How full each block's array position is by it: [{layer, copy, tile, first_array, rows, columns,
/// nonzero_weights, cell_utilization_fraction}], one entry a block.
[[nodiscard]] Json utilization_map(const Placement& placement, const QuantizedNetwork& network);

/// What arrays.npz holds. Per array: "layer" (node index), "group", "copy" (all three of its first
/// block), "slice", "sign" (0 positive, 1 negative, 2 both), "tile"; "rows" (arrays x
/// geometry.rows) and "columns" (arrays x geometry.cols): the matrix row (column, of the group) at
/// each array row (column; both rows of an input hold the same), -1 where the array has none;
/// "row_blocks" and "column_blocks", of the same shapes: the block they belong to, or -1. A cell
/// holds a weight where its row and column have one block. Per block: "block_layer", "block_group",
/// "block_copy". "tile_xy": tiles x 2. All int32.
[[nodiscard]] NpyArrays arrays_to_npz(const Placement& placement);

[[nodiscard]] Json placement_to_json(const Placement& placement);
/// Throws DataError with the JSON pointer of what is wrong.
[[nodiscard]] Placement placement_from_json(const Json& json);

}  // namespace ohmweave::mapping
