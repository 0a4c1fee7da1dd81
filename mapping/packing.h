// SPDX-License-Identifier: Apache-2.0
// Which blocks share the arrays of one position. Blocks that share have rows and columns of their
// own, along a diagonal: a block is read by driving its rows alone, and no column holds weights of
// two blocks. Choosing who shares is bin packing in two dimensions (a vector of rows and columns),
// solved by first fit and best fit of decreasing sizes. Source: johnson_jcss_1974 (the heuristics).
#pragma once

#include <vector>

#include "mapping/options.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {

/// Inputs and columns of its arrays that a block takes, reserved ones among them.
struct Extent {
  int rows = 0;
  int cols = 0;
};

/// Where a block sits: the corner nearest to input 0 and column 0 of the arrays of a position.
struct Seat {
  int position = 0;
  int first_row = 0;
  int first_column = 0;
};

/// A seat for each block, in as few positions as the heuristics find; positions are numbered by the
/// first block in them. Where fewer rows are read at once than the array has, a block either lies
/// within one group of rows that are read together or begins with a group, so that it takes no
/// more reads than alone. Every extent must fit the array.
[[nodiscard]] std::vector<Seat> pack_along_diagonals(const std::vector<Extent>& extents,
                                                     const Geometry& geometry);

/// Seats for the blocks of a network, by the rules of /mapping/packing; only blocks of one copy
/// number share. Positions are numbered by the first block in them.
[[nodiscard]] std::vector<Seat> assign_positions(const std::vector<Block>& blocks,
                                                 const Geometry& geometry, Packing packing);

/// One more than the largest position; 0 without seats.
[[nodiscard]] int num_positions(const std::vector<Seat>& seats);

}  // namespace ohmweave::mapping
