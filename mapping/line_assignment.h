// SPDX-License-Identifier: Apache-2.0
// Which line of an array each of its rows takes. Cells that are stuck hurt least where the row that
// meets them wanted those levels anyway, so on a chip whose faults are known the rows of an array
// position are assigned to its lines anew: a bipartite matching of least cost, where row r on line
// p costs
//   sum over columns c of the row's block of (sum over stuck cells (slice s, sign g) of (p, c) of
//     g 2^(s bits_per_cell) (stuck level - wanted level))^2,
// the squared errors of the weights in units of their codes.
// Source: kuhn_nrl_1955 (the problem), jonker_computing_1987 (shortest augmenting paths).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "mapping/placement.h"

namespace ohmweave::mapping {

/// For a square matrix of costs (n x n, row-major, finite or infinity for what is not allowed) the
/// column of each row such that each column is taken once and the sum is least. Throws
/// std::logic_error when no assignment avoids infinity.
[[nodiscard]] std::vector<int> least_cost_assignment(const std::vector<double>& costs, int size);

/// The level (in units of the step between levels, not always whole) at which the cell of an array,
/// row-major, is stuck; empty if it is not.
using StuckLevel = std::function<std::optional<double>(int array, int cell)>;

/// lines[r]: the line of the arrays of one position (a row of theirs, or the rows of an input
/// together) that row r of the placement takes there, a permutation of all. Rows stay within the
/// group of rows with which they are read, so that what a converter can meet does not change.
/// first_array: of the position. The identity where nothing is stuck. Only for one-sided cells with
/// slices of equal bits (std::logic_error).
[[nodiscard]] std::vector<int> assign_lines(const Placement& placement,
                                            const QuantizedNetwork& network, int first_array,
                                            const StuckLevel& stuck);

/// Levels of an array, row-major, with the cells of line r on line lines[r]; as they are where
/// `lines` is empty.
[[nodiscard]] std::vector<int> levels_on_lines(std::vector<int> levels,
                                               const std::vector<int>& lines);

}  // namespace ohmweave::mapping
