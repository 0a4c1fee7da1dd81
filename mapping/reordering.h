// SPDX-License-Identifier: Apache-2.0
// Which lines of a matrix share arrays: lines that are non-zero in the same places sit together,
// wherever the matrix has them, so that more of the arrays are empty and need not exist.
#pragma once

#include <cstdint>
#include <vector>

namespace ohmweave::mapping {

/// One row (or column) of a matrix and where it is not zero, one bit a crossing line.
struct Line {
  int index = 0;
  std::vector<std::uint64_t> bits;
};

/// What a group of lines must fit.
struct GroupSize {
  int lines = 0;  // most lines in a group
  int crossing =
      0;  // crossing lines of one array: a group takes ceil(alive crossing / this) of them
};

/// Groups of line indices, each ascending; lines without bits are left out. A group is grown
/// greedily: first the line with most bits, then always the one that brings the fewest new
/// crossing lines (of those the one with most bits, then the first).
[[nodiscard]] std::vector<std::vector<int>> grow_groups(const std::vector<Line>& lines,
                                                        GroupSize size);

/// Starts from grow_groups(); then lines are moved and exchanged between groups while that lowers
/// the sum of arrays, or without raising it the sum of alive crossing lines (descent by pairwise
/// exchange, Source: armour_ms_1963).
[[nodiscard]] std::vector<std::vector<int>> exchange_lines(const std::vector<Line>& lines,
                                                           GroupSize size);

/// Either search ends after so many word operations with what it has.
constexpr double kMaxReorderingSteps = 2e7;

}  // namespace ohmweave::mapping
