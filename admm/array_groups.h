// SPDX-License-Identifier: Apache-2.0
// How a weight tensor lies in crossbar arrays, and its groups there. A tensor out x in (x kernel x
// kernel) is read as one matrix per group of a grouped convolution, rows = inputs of one window,
// columns = outputs, and cut into arrays of rows x cols from row 0, column 0 on. A group of weights
// is the piece of a matrix row in one array (array_row), the piece of a matrix column in one array
// (array_column), or a whole array (array_block). Source: yuan_islped_2019.
#pragma once

#include <cstdint>
#include <vector>

#include "admm/grouping.h"

namespace ohmweave::admm {

enum class GroupUnit { ArrayRow, ArrayColumn, ArrayBlock };

/// How a weight tensor lies in arrays.
struct ArrayCut {
  int matrix_rows = 0;     // inputs of one window
  int matrix_columns = 0;  // outputs of one convolution group
  int num_matrices = 1;    // convolution groups
  int rows = 128;          // of an array
  int cols = 128;
};

/// The cut of a tensor of shape out x in/groups (x kernel x kernel).
[[nodiscard]] ArrayCut make_array_cut(const std::vector<std::int64_t>& shape, int groups, int rows,
                                      int cols);
[[nodiscard]] std::int64_t num_groups(const ArrayCut& cut, GroupUnit unit);
/// Group of the weight (matrix, matrix row, matrix column); groups count from 0.
[[nodiscard]] std::int64_t group_of(const ArrayCut& cut, GroupUnit unit, int matrix, int row,
                                    int column);

/// The groups of every entry; `unit` is "array_row", "array_column" or "array_block".
[[nodiscard]] Grouping array_groups(const ArrayCut& cut, GroupUnit unit);

}  // namespace ohmweave::admm
