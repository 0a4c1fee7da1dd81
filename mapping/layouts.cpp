// SPDX-License-Identifier: Apache-2.0
#include "mapping/layouts.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

namespace ohmweave::mapping {
namespace {

using Indices = std::vector<int>;
using Bits = std::vector<std::uint64_t>;

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

int count_bits(const Bits& bits) {
  int count = 0;
  for (const std::uint64_t word : bits) count += __builtin_popcountll(word);
  return count;
}

int count_new_bits(const Bits& known, const Bits& candidate) {
  int count = 0;
  for (std::size_t j = 0; j < known.size(); ++j)
    count += __builtin_popcountll(candidate[j] & ~known[j]);
  return count;
}

struct Column {
  int index = 0;
  int num_nonzeros = 0;
  Bits rows;
};

/// Alive columns, those with most non-zeros first, then by index.
std::vector<Column> columns_by_size(const NonzeroPattern& pattern) {
  std::vector<Column> columns;
  for (int index = 0; index < pattern.columns(); ++index) {
    Bits rows = pattern.column_bits(index);
    const int num_nonzeros = count_bits(rows);
    if (num_nonzeros > 0) columns.push_back({index, num_nonzeros, std::move(rows)});
  }
  std::stable_sort(columns.begin(), columns.end(), [](const Column& a, const Column& b) {
    return a.num_nonzeros > b.num_nonzeros;
  });
  return columns;
}

/// Takes one group of up to `length` columns out of `columns` (not empty).
Indices take_group(std::vector<Column>& columns, int length) {
  Indices group;
  Bits rows(columns.front().rows.size(), 0);
  while (static_cast<int>(group.size()) < length && !columns.empty()) {
    std::size_t best = 0;
    int fewest = count_new_bits(rows, columns[0].rows);
    if (group.empty()) fewest = 0;
    for (std::size_t i = 1; i < columns.size() && fewest > 0; ++i) {
      const int num_new = count_new_bits(rows, columns[i].rows);
      if (num_new >= fewest) continue;
      fewest = num_new;
      best = i;
    }
    for (std::size_t j = 0; j < rows.size(); ++j) rows[j] |= columns[best].rows[j];
    group.push_back(columns[best].index);
    columns.erase(columns.begin() + best);
  }
  std::sort(group.begin(), group.end());
  return group;
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
  const double words = pattern.rows() / 64.0 + 1.0;
  if (0.5 * pattern.columns() * pattern.columns() * words > kMaxClusterSteps)
    return cut_packed_column_blocks(pattern, size);
  std::vector<Column> columns = columns_by_size(pattern);
  std::vector<Indices> groups;
  while (!columns.empty()) groups.push_back(take_group(columns, size.cols));
  return pieces_of_column_groups(pattern, groups, size.rows);
}

}  // namespace ohmweave::mapping
