// SPDX-License-Identifier: Apache-2.0
// Small blocks of an array as multiports, four blocks at once: one block to a lane of a vector
// register, so that the smallest and most numerous steps of the dissection (dissection.h) run at
// full width and allocate nothing.
//
// A block holds its cells, the row segment before each and the column segment after each. Its ports
// are the cut wires: on the left of each row and below each column a voltage is given (kind V), on
// the right of each row and above each column a current (kind I). With v the voltages at V ports, j
// the currents into I ports, i the currents into V ports and u the voltages at I ports,
//   [-i; u] = S [v; j],   S symmetric:  S = [-Y N; N' Z], Y an admittance, Z an impedance.
// Nothing in S is a quotient by a wire's resistance, so any of them may be 0, and any cell open.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "crossbar/lanes.h"

namespace ohmweave::crossbar {

/// Builds S of four equally large blocks; keeps its workspace from one call to the next.
class CellBlocks {
 public:
  /// rows, cols: of each block, each at least 1.
  CellBlocks(Eigen::Index rows, Eigen::Index cols);

  /// The cells to build from; lane l belongs to block l.
  struct Cell {
    Lanes siemens;  // >= 0
    Lanes row_ohm;  // of the segment before the cell
    Lanes col_ohm;  // of the segment after the cell
  };
  [[nodiscard]] Cell& cell(Eigen::Index row, Eigen::Index col);

  /// Ports are numbered left (top to bottom), right, above (left to right), below.
  /// Result: ports x ports, symmetric, valid until the next call.
  [[nodiscard]] const Lanes* build();
  [[nodiscard]] Eigen::Index ports() const { return 2 * (rows_ + cols_); }

 private:
  struct Range {
    Eigen::Index first;
    Eigen::Index count;
  };
  struct Part;

  void build_range(Range rows, Range cols, Lanes* result, Lanes* free);
  void build_core(Range rows, Eigen::Index col, Lanes* core);
  void build_column(Range rows, Eigen::Index col, Lanes* result);

  Eigen::Index rows_;
  Eigen::Index cols_;
  std::vector<Cell> cells_;
  Eigen::ArrayXd storage_;  // aligned for Lanes
};

}  // namespace ohmweave::crossbar
