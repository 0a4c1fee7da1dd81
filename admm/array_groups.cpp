// SPDX-License-Identifier: Apache-2.0
#include "admm/array_groups.h"

#include "core/error.h"

namespace ohmweave::admm {
namespace {

std::int64_t pieces(int length, int piece) {
  return (static_cast<std::int64_t>(length) + piece - 1) / piece;
}

const char* unit_name(GroupUnit unit) {
  switch (unit) {
    case GroupUnit::ArrayRow:
      return "array_row";
    case GroupUnit::ArrayColumn:
      return "array_column";
    case GroupUnit::ArrayBlock:
      return "array_block";
  }
  OHMWEAVE_REQUIRE(false, "unknown group unit");
  return "";
}

}  // namespace

ArrayCut make_array_cut(const std::vector<std::int64_t>& shape, int groups, int rows, int cols) {
  OHMWEAVE_REQUIRE(shape.size() >= 2, "a weight has at least two dimensions");
  OHMWEAVE_REQUIRE(groups >= 1 && shape[0] % groups == 0, "outputs divide into groups");
  std::int64_t window = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) window *= shape[i];
  return {static_cast<int>(window), static_cast<int>(shape[0] / groups), groups, rows, cols};
}

std::int64_t num_groups(const ArrayCut& cut, GroupUnit unit) {
  const std::int64_t row_blocks = pieces(cut.matrix_rows, cut.rows);
  const std::int64_t column_blocks = pieces(cut.matrix_columns, cut.cols);
  switch (unit) {
    case GroupUnit::ArrayRow:
      return cut.num_matrices * column_blocks * cut.matrix_rows;
    case GroupUnit::ArrayColumn:
      return cut.num_matrices * row_blocks * cut.matrix_columns;
    case GroupUnit::ArrayBlock:
      return cut.num_matrices * row_blocks * column_blocks;
  }
  OHMWEAVE_REQUIRE(false, "unknown group unit");
  return 0;
}

std::int64_t group_of(const ArrayCut& cut, GroupUnit unit, int matrix, int row, int column) {
  const std::int64_t row_blocks = pieces(cut.matrix_rows, cut.rows);
  const std::int64_t column_blocks = pieces(cut.matrix_columns, cut.cols);
  const std::int64_t row_block = row / cut.rows;
  const std::int64_t column_block = column / cut.cols;
  switch (unit) {
    case GroupUnit::ArrayRow:
      return (matrix * column_blocks + column_block) * cut.matrix_rows + row;
    case GroupUnit::ArrayColumn:
      return (matrix * row_blocks + row_block) * cut.matrix_columns + column;
    case GroupUnit::ArrayBlock:
      return (matrix * row_blocks + row_block) * column_blocks + column_block;
  }
  OHMWEAVE_REQUIRE(false, "unknown group unit");
  return 0;
}

Grouping array_groups(const ArrayCut& cut, GroupUnit unit) {
  Grouping result{unit_name(unit), {}, num_groups(cut, unit)};
  result.of_entry.reserve(static_cast<std::size_t>(cut.num_matrices) * cut.matrix_rows *
                          cut.matrix_columns);
  for (int matrix = 0; matrix < cut.num_matrices; ++matrix) {
    for (int column = 0; column < cut.matrix_columns; ++column) {
      for (int row = 0; row < cut.matrix_rows; ++row) {
        result.of_entry.push_back(
            static_cast<std::int32_t>(group_of(cut, unit, matrix, row, column)));
      }
    }
  }
  return result;
}

}  // namespace ohmweave::admm
