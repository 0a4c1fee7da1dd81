// SPDX-License-Identifier: Apache-2.0
// The currents of many reads of columns whose inputs switch gates, four columns at a time. A Ladder
// is what a column is made of (ColumnLadder in gate_column.cpp, PairLadder in
// gate_pair_column.cpp):
//   Cells   of one row;
//   Beyond  what lies past a place of the column, seen from the side of its sources;
//   Run     some neighbouring rows, seen from both sides.
// What runs of kRunRows rows look like is tabulated for every pattern that occurs, a row in front
// of the shorter pattern at a time, and reads put them together: one step for kRunRows rows.
#pragma once

#include <algorithm>
#include <vector>

#include "crossbar/gate_reads.h"
#include "crossbar/lanes.h"

namespace ohmweave::crossbar {

/// A number of each of four columns.
struct OfColumns {
  Lanes lanes;
};

/// By pattern; those that do not occur are undefined. cells: by row.
template <class Ladder>
void tabulate(const Ladder& ladder, const RowRun& run,
              const std::vector<typename Ladder::Cells>& cells,
              std::vector<typename Ladder::Run>& table) {
  table.resize(std::size_t{1} << run.num_rows);
  table[0] = ladder.no_rows();
  for (Eigen::Index i = 0; i < run.num_rows; ++i) {
    const auto& row = cells[static_cast<std::size_t>(run.last_row - i)];
    const int connected = 1 << i;
    for (const int pattern : run.endings[static_cast<std::size_t>(i)])
      ladder.put_segments_before(table[pattern]);
    for (const int pattern : run.endings[static_cast<std::size_t>(i) + 1]) {
      if ((pattern & connected) == 0) continue;
      table[pattern] = table[pattern - connected];
      ladder.put_cells_before(table[pattern], row);
    }
  }
}

/// Amperes of four columns for every distinct read; cells: by row.
template <class Ladder>
std::vector<OfColumns> solve_reads(const Ladder& ladder, const GateReads& reads,
                                   const std::vector<typename Ladder::Cells>& cells) {
  std::vector<typename Ladder::Run> table;
  std::vector<typename Ladder::Beyond> beyond{ladder.end()};
  std::vector<typename Ladder::Beyond> nodes;
  for (const RowRun& run : reads.runs) {
    tabulate(ladder, run, cells, table);
    nodes.resize(run.patterns.size());
    for (std::size_t n = 0; n < nodes.size(); ++n)
      nodes[n] = ladder.put_before(beyond[static_cast<std::size_t>(run.beyond[n])],
                                   table[run.patterns[n]]);
    beyond.swap(nodes);
  }
  std::vector<OfColumns> amps;
  amps.reserve(beyond.size());
  for (const auto& column : beyond) amps.push_back({ladder.current(column)});
  return amps;
}

/// By row, the conductances of the columns first .. first + 3; 0 past the last one.
inline std::vector<OfColumns> lanes_of_columns(const Matrix& siemens, Eigen::Index first) {
  std::vector<OfColumns> cells(static_cast<std::size_t>(siemens.rows()), OfColumns{Lanes{}});
  const Eigen::Index count = std::min<Eigen::Index>(kLanes, siemens.cols() - first);
  for (Eigen::Index r = 0; r < siemens.rows(); ++r)
    for (Eigen::Index lane = 0; lane < count; ++lane)
      cells[static_cast<std::size_t>(r)].lanes[lane] = siemens(r, first + lane);
  return cells;
}

/// Amperes, columns x distinct reads. cells_from(first): those of four columns, by row.
template <class Ladder, class CellsFrom>
Matrix solve_columns(const Ladder& ladder, const GateReads& reads, Eigen::Index num_columns,
                     const CellsFrom& cells_from) {
  Matrix currents(num_columns, reads.num_distinct());
  for (Eigen::Index first = 0; first < num_columns; first += kLanes) {
    const std::vector<OfColumns> amps = solve_reads(ladder, reads, cells_from(first));
    const Eigen::Index count = std::min<Eigen::Index>(kLanes, num_columns - first);
    for (Eigen::Index lane = 0; lane < count; ++lane) {
      double* of_column = currents.data() + (first + lane) * currents.cols();
      for (std::size_t read = 0; read < amps.size(); ++read)
        of_column[read] = amps[read].lanes[lane];
    }
  }
  return currents;
}

}  // namespace ohmweave::crossbar
