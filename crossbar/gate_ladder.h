// SPDX-License-Identifier: Apache-2.0
// The currents of many reads of columns whose inputs switch gates, four columns at a time. Across
// a column flows t, of which the bit lines carry j (one or two numbers) at voltages d above the
// source line, which is at q. What lies beyond a place, towards the virtual ground, answers
//   j = Y d + f t,      q = z t - f' d,
// and a run of rows with d and q before it, and j*, d*, q* after it,
//   j = Y d + f t + N' j*,      d* = N d - X j* + a t,      q = q* + z t - f' d - a' j*.
// With B the bit lines' resistances of a segment on the diagonal, c that of the source line, and
// S = B + c 1 1', segments put before a run make of it, with E = (1 + Y S)^-1,
//   N <- N E',  Y <- E Y,  f* = E (f + c Y 1),  u = c 1 - S f*,
//   X <- X + N S N*',  a <- a + N u,  z <- z + c (1 - 1' f*) - f' u,
// cells D add to Y, and a run before what lies beyond it gives, with H = (1 + X Y*)^-1,
//   u = H (a - X f*),  v = f* + Y* u,
//   Y + N' Y* H N,     f + N' v,     z + z* - a' v - f*' u         (* of what lies beyond it).
// Y and X are semidefinite, so nothing that is inverted is singular, and any resistance may be 0;
// all of X, a and z is at most what the wires have, so that rounding stays small to the column's
// resistance. Runs of kRunRows rows are tabulated for every pattern that occurs, a row before the
// shorter pattern at a time; reads put them together, one step for kRunRows rows.
//
// A Ladder is a column with one bit line (gate_column.cpp) or two (gate_pair_column.cpp):
//   Cells   of one row;
//   Beyond  Y, f, z of what lies beyond a place;
//   Run     these and N, X, a.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "crossbar/gate_reads.h"
#include "crossbar/lanes.h"
#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// A number of each of four columns.
struct OfColumns {
  Lanes lanes;
};

/// Of the patterns that occur. cells: by row; table: by pattern.
template <class Ladder>
void tabulate(const Ladder& ladder, const RowRun& run,
              const std::vector<typename Ladder::Cells>& cells,
              std::vector<typename Ladder::Run>& table) {
  table[0] = ladder.no_rows();
  for (Eigen::Index i = 0; i < run.num_rows; ++i) {
    const auto& row = cells[static_cast<std::size_t>(run.last_row - i)];
    const int connected = 1 << i;
    for (const int pattern : run.endings[static_cast<std::size_t>(i)])
      ladder.put_segments_before(table[pattern]);
    for (const int pattern : run.endings[static_cast<std::size_t>(i) + 1]) {
      if ((pattern & connected) == 0) continue;
      table[pattern] = ladder.with_cells(table[pattern - connected], row);
    }
  }
}

/// Working memory for four columns at a time.
template <class Ladder>
struct LadderScratch {
  explicit LadderScratch(const GateReads& reads)
      : table(std::size_t{1} << kRunRows),
        beyond(static_cast<std::size_t>(reads.num_distinct())),
        next(beyond.size()) {}
  std::vector<typename Ladder::Run> table;  // by pattern
  // By node, of which a run has no more than the next one.
  std::vector<typename Ladder::Beyond> beyond;
  std::vector<typename Ladder::Beyond> next;
};

/// What the sources of four columns see in every distinct read: in scratch.beyond. cells: by row.
template <class Ladder>
void solve_reads(const Ladder& ladder, const GateReads& reads,
                 const std::vector<typename Ladder::Cells>& cells, LadderScratch<Ladder>& scratch) {
  scratch.beyond.front() = ladder.end();
  for (const RowRun& run : reads.runs) {
    tabulate(ladder, run, cells, scratch.table);
    for (std::size_t n = 0; n < run.patterns.size(); ++n)
      scratch.next[n] = ladder.put_before(scratch.beyond[static_cast<std::size_t>(run.beyond[n])],
                                          scratch.table[run.patterns[n]]);
    scratch.beyond.swap(scratch.next);
  }
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

/// Writes the currents of `count` of four columns for every read, those of a column side by side.
template <class Ladder>
void write_currents(const Ladder& ladder, const std::vector<typename Ladder::Beyond>& beyond,
                    Eigen::Index count, double* target) {
  const auto num_reads = static_cast<Eigen::Index>(beyond.size());
  for (Eigen::Index read = 0; read < num_reads; read += kLanes) {
    const Eigen::Index here = std::min<Eigen::Index>(kLanes, num_reads - read);
    Lanes amps[kLanes];
    for (Eigen::Index i = 0; i < kLanes; ++i)
      amps[i] = ladder.current(beyond[std::min(read + i, num_reads - 1)]);
    transpose(amps);
    for (Eigen::Index column = 0; column < count; ++column) {
      double* of_column = target + column * num_reads + read;
      if (here == kLanes)
        std::memcpy(of_column, &amps[column], sizeof(Lanes));
      else
        for (Eigen::Index i = 0; i < here; ++i) of_column[i] = amps[column][i];
    }
  }
}

/// Amperes, columns x distinct reads. cells_from(first): those of four columns, by row.
template <class Ladder, class CellsFrom>
Matrix solve_columns(const Ladder& ladder, const GateReads& reads, Eigen::Index num_columns,
                     const CellsFrom& cells_from) {
  LadderScratch<Ladder> scratch(reads);
  Matrix currents(num_columns, reads.num_distinct());
  for (Eigen::Index first = 0; first < num_columns; first += kLanes) {
    solve_reads(ladder, reads, cells_from(first), scratch);
    write_currents(ladder, scratch.beyond, std::min<Eigen::Index>(kLanes, num_columns - first),
                   currents.data() + first * currents.cols());
  }
  return currents;
}

}  // namespace ohmweave::crossbar
