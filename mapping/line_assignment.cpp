// SPDX-License-Identifier: Apache-2.0
#include "mapping/line_assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace ohmweave::mapping {
namespace {

constexpr double kForbidden = std::numeric_limits<double>::infinity();
constexpr int kNobody = -1;

/// The method of shortest augmenting paths with potentials (rows and columns counted from 0; the
/// column `size_` is where a row's search starts).
class Matching {
 public:
  Matching(const std::vector<double>& costs, int size)
      : costs_(costs),
        size_(size),
        row_potential_(size, 0.0),
        column_potential_(size + 1, 0.0),
        row_of_(size + 1, kNobody) {}

  void add(int row);
  [[nodiscard]] std::vector<int> columns() const {
    std::vector<int> column_of(size_, 0);
    for (int column = 0; column < size_; ++column) column_of[row_of_[column]] = column;
    return column_of;
  }

 private:
  [[nodiscard]] double reduced(int row, int column) const {
    return costs_[static_cast<std::size_t>(row) * size_ + column] - row_potential_[row] -
           column_potential_[column];
  }

  const std::vector<double>& costs_;
  int size_;
  std::vector<double> row_potential_;
  std::vector<double> column_potential_;
  std::vector<int> row_of_;  // by column
};

void Matching::add(int row) {
  std::vector<double> distance(size_, kForbidden);
  std::vector<int> before(size_, size_);  // the column from which a column was reached
  std::vector<char> is_done(size_ + 1, 0);
  row_of_[size_] = row;
  int column = size_;
  while (row_of_[column] != kNobody) {
    is_done[column] = 1;
    const int from = row_of_[column];
    int nearest = kNobody;
    for (int next = 0; next < size_; ++next) {
      if (is_done[next] != 0) continue;
      const double through = reduced(from, next);
      if (through < distance[next]) {
        distance[next] = through;
        before[next] = column;
      }
      if (nearest == kNobody || distance[next] < distance[nearest]) nearest = next;
    }
    OHMWEAVE_REQUIRE(nearest != kNobody && distance[nearest] < kForbidden,
                     "every row needs a column of its own");
    const double step = distance[nearest];
    for (int next = 0; next <= size_; ++next) {
      if (is_done[next] != 0) {
        row_potential_[row_of_[next]] += step;
        column_potential_[next] -= step;
      } else if (next < size_) {
        distance[next] -= step;
      }
    }
    column = nearest;
  }
  for (; column != size_; column = before[column]) row_of_[column] = row_of_[before[column]];
}

/// A stuck cell in a line.
struct Fault {
  int cell = 0;  // which one of a weight
  int column = 0;
  double level = 0.0;
};

/// Faults of each line.
std::vector<std::vector<Fault>> faults_of_lines(const Geometry& geometry, int first_array,
                                                const StuckLevel& stuck) {
  const int rows_per_input = geometry.rows_per_input();
  const int num_cells = geometry.cells().num_cells();
  std::vector<std::vector<Fault>> faults(geometry.num_inputs());
  for (int line = 0; line < geometry.num_inputs(); ++line)
    for (int column = 0; column < geometry.cols; ++column)
      for (int cell = 0; cell < num_cells; ++cell) {
        const int row = line * rows_per_input + cell % rows_per_input;
        if (const auto level =
                stuck(first_array + cell / rows_per_input, row * geometry.cols + column))
          faults[line].push_back({cell, column, *level});
      }
  return faults;
}

class LineCosts {
 public:
  LineCosts(const Placement& placement, const QuantizedNetwork& network, int first_array)
      : geometry_(placement.geometry),
        columns_of_row_(geometry_.num_inputs()),
        levels_(position_levels(placement, network, first_array)) {
    for (const int index : placement.arrays[first_array].blocks) {
      const Block& block = placement.blocks[index];
      const int end = block.first_column + static_cast<int>(block.columns.size());
      for (std::size_t r = 0; r < block.rows.size(); ++r)
        columns_of_row_[block.first_row + r] = {block.first_column, end};
    }
  }

  /// faults: of a line, by column.
  [[nodiscard]] double cost(int row, const std::vector<Fault>& faults) const {
    double total = 0.0;
    double error = 0.0;
    for (std::size_t i = 0; i < faults.size(); ++i) {
      error += error_of(row, faults[i]);
      if (i + 1 < faults.size() && faults[i + 1].column == faults[i].column) continue;
      total += error * error;
      error = 0.0;
    }
    return total;
  }

 private:
  struct Span {
    int first = 0;
    int end = 0;  // nothing where the row holds no weights
  };
  [[nodiscard]] double error_of(int row, const Fault& fault) const {
    const Span& span = columns_of_row_[row];
    if (fault.column < span.first || fault.column >= span.end) return 0.0;
    const int slice = fault.cell / 2;
    const double sign = fault.cell % 2 == 0 ? 1.0 : -1.0;
    const int rows_per_input = geometry_.rows_per_input();
    const int array_row = row * rows_per_input + fault.cell % rows_per_input;
    const double wanted =
        levels_[fault.cell / rows_per_input]
               [static_cast<std::size_t>(array_row) * geometry_.cols + fault.column];
    return sign * std::ldexp(fault.level - wanted, slice * geometry_.bits_per_cell);
  }

  const Geometry& geometry_;
  std::vector<Span> columns_of_row_;
  std::vector<std::vector<int>> levels_;  // of the arrays of the position
};

}  // namespace

std::vector<int> least_cost_assignment(const std::vector<double>& costs, int size) {
  OHMWEAVE_REQUIRE(size >= 0 && costs.size() == static_cast<std::size_t>(size) * size,
                   "one cost for each row and column");
  Matching matching(costs, size);
  for (int row = 0; row < size; ++row) matching.add(row);
  return matching.columns();
}

std::vector<int> assign_lines(const Placement& placement, const QuantizedNetwork& network,
                              int first_array, const StuckLevel& stuck) {
  const Geometry& geometry = placement.geometry;
  OHMWEAVE_REQUIRE(find_encoding(geometry.encoding).is_one_sided() && geometry.slice_bits.empty(),
                   "lines are assigned for pairs of one-sided cells with slices of equal bits");
  const std::vector<std::vector<Fault>> faults = faults_of_lines(geometry, first_array, stuck);
  const LineCosts line_costs(placement, network, first_array);
  const int group = geometry.inputs_at_once();
  std::vector<int> lines(geometry.num_inputs());
  std::iota(lines.begin(), lines.end(), 0);
  for (int first = 0; first < geometry.num_inputs(); first += group) {
    const int size = std::min(group, geometry.num_inputs() - first);
    std::vector<double> costs;
    costs.reserve(static_cast<std::size_t>(size) * size);
    for (int row = first; row < first + size; ++row)
      for (int line = first; line < first + size; ++line)
        costs.push_back(line_costs.cost(row, faults[line]));
    const std::vector<int> assigned = least_cost_assignment(costs, size);
    // Where staying costs no more than the best, rows stay.
    double best = 0.0;
    double stay = 0.0;
    for (int i = 0; i < size; ++i) {
      best += costs[static_cast<std::size_t>(i) * size + assigned[i]];
      stay += costs[static_cast<std::size_t>(i) * size + i];
    }
    if (stay <= best) continue;
    for (int i = 0; i < size; ++i) lines[first + i] = first + assigned[i];
  }
  return lines;
}

std::vector<int> levels_on_lines(std::vector<int> levels, const std::vector<int>& lines) {
  if (lines.empty()) return levels;
  const std::size_t cols = levels.size() / lines.size();
  std::vector<int> placed(levels.size());
  for (std::size_t row = 0; row < lines.size(); ++row)
    std::copy_n(levels.begin() + static_cast<std::ptrdiff_t>(row * cols), cols,
                placed.begin() + static_cast<std::ptrdiff_t>(lines[row] * cols));
  return placed;
}

}  // namespace ohmweave::mapping
