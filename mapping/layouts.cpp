// SPDX-License-Identifier: Apache-2.0
#include "mapping/layouts.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mapping/reordering.h"

namespace ohmweave::mapping {
namespace {

using Indices = std::vector<int>;

Indices all_up_to(int count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

/// Consecutive runs of `length` of the list; the last may be shorter.
std::vector<Indices> runs_of(const Indices& indices, int length) {
  std::vector<Indices> runs;
  for (std::size_t begin = 0; begin < indices.size(); begin += length) {
    const std::size_t end = std::min(indices.size(), begin + length);
    runs.emplace_back(indices.begin() + begin, indices.begin() + end);
  }
  return runs;
}

/// The pieces of column groups: rows alive in the group, packed; zero columns of a piece dropped.
std::vector<Piece> pieces_of_column_groups(const NonzeroPattern& pattern,
                                           const std::vector<Indices>& groups, int array_rows) {
  const Indices all_rows = all_up_to(pattern.rows());
  std::vector<Piece> pieces;
  for (const Indices& columns : groups)
    for (Indices& rows : runs_of(pattern.alive_rows(all_rows, columns), array_rows)) {
      Indices alive = pattern.alive_columns(rows, columns);
      pieces.push_back({std::move(rows), std::move(alive)});
    }
  return pieces;
}

std::vector<Piece> pieces_of_row_groups(const NonzeroPattern& pattern,
                                        const std::vector<Indices>& groups, int array_cols) {
  const Indices all_columns = all_up_to(pattern.columns());
  std::vector<Piece> pieces;
  for (const Indices& rows : groups)
    for (Indices& columns : runs_of(pattern.alive_columns(rows, all_columns), array_cols)) {
      Indices alive = pattern.alive_rows(rows, columns);
      pieces.push_back({std::move(alive), std::move(columns)});
    }
  return pieces;
}

std::vector<Line> columns_of(const NonzeroPattern& pattern) {
  std::vector<Line> lines;
  lines.reserve(static_cast<std::size_t>(pattern.columns()));
  for (int column = 0; column < pattern.columns(); ++column)
    lines.push_back({column, pattern.column_bits(column)});
  return lines;
}

std::vector<Line> rows_of(const NonzeroPattern& pattern) {
  std::vector<Line> lines;
  lines.reserve(static_cast<std::size_t>(pattern.rows()));
  for (int row = 0; row < pattern.rows(); ++row) lines.push_back({row, pattern.row_bits(row)});
  return lines;
}

/// Pieces of fixed rows in each of the column runs; pieces of zeros are left out.
std::vector<Piece> pieces_of_fixed_rows(const NonzeroPattern& pattern,
                                        const std::vector<Indices>& row_runs, int array_cols) {
  std::vector<Piece> pieces;
  for (const Indices& columns : runs_of(all_up_to(pattern.columns()), array_cols))
    for (const Indices& rows : row_runs) {
      Indices alive_rows = pattern.alive_rows(rows, columns);
      if (alive_rows.empty()) continue;
      Indices alive_columns = pattern.alive_columns(alive_rows, columns);
      pieces.push_back({std::move(alive_rows), std::move(alive_columns)});
    }
  return pieces;
}

}  // namespace

std::vector<Piece> cut_column_blocks(const NonzeroPattern& pattern, ArraySize size) {
  return pieces_of_column_groups(pattern, runs_of(all_up_to(pattern.columns()), size.cols),
                                 size.rows);
}

std::vector<Piece> cut_row_blocks(const NonzeroPattern& pattern, ArraySize size) {
  return pieces_of_row_groups(pattern, runs_of(all_up_to(pattern.rows()), size.rows), size.cols);
}

std::vector<Piece> cut_packed_column_blocks(const NonzeroPattern& pattern, ArraySize size) {
  const Indices alive =
      pattern.alive_columns(all_up_to(pattern.rows()), all_up_to(pattern.columns()));
  return pieces_of_column_groups(pattern, runs_of(alive, size.cols), size.rows);
}

std::vector<Piece> cut_packed_row_blocks(const NonzeroPattern& pattern, ArraySize size) {
  const Indices alive = pattern.alive_rows(all_up_to(pattern.rows()), all_up_to(pattern.columns()));
  return pieces_of_row_groups(pattern, runs_of(alive, size.rows), size.cols);
}

std::vector<Piece> cut_clustered_columns(const NonzeroPattern& pattern, ArraySize size) {
  return pieces_of_column_groups(pattern, grow_groups(columns_of(pattern), {size.cols, size.rows}),
                                 size.rows);
}

std::vector<Piece> cut_exchanged_columns(const NonzeroPattern& pattern, ArraySize size) {
  return pieces_of_column_groups(
      pattern, exchange_lines(columns_of(pattern), {size.cols, size.rows}), size.rows);
}

std::vector<Piece> cut_exchanged_rows(const NonzeroPattern& pattern, ArraySize size) {
  return pieces_of_row_groups(pattern, exchange_lines(rows_of(pattern), {size.rows, size.cols}),
                              size.cols);
}

std::vector<Piece> cut_grid(const NonzeroPattern& pattern, ArraySize size) {
  return pieces_of_fixed_rows(pattern, runs_of(all_up_to(pattern.rows()), size.rows), size.cols);
}

std::vector<Piece> cut_kernel_windows(const NonzeroPattern& pattern, ArraySize size) {
  const int window = pattern.rows_per_channel();
  if (window <= size.rows)
    return pieces_of_fixed_rows(
        pattern, runs_of(all_up_to(pattern.rows()), size.rows / window * window), size.cols);
  std::vector<Indices> row_runs;  // no array holds a whole window
  for (const Indices& channel : runs_of(all_up_to(pattern.rows()), window))
    for (Indices& part : runs_of(channel, size.rows)) row_runs.push_back(std::move(part));
  return pieces_of_fixed_rows(pattern, row_runs, size.cols);
}

}  // namespace ohmweave::mapping
