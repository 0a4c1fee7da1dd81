// SPDX-License-Identifier: Apache-2.0
// Node voltages of a passive array for single input vectors. All rows are solved exactly for given
// column voltages, then all columns for given row voltages: with the cells G, the rows' and
// columns' own admittances A_w and A_b (wires, ends and cells) and what drives them,
//   A_w w = G b + s_w,   A_b b = G w + s_b,
// alternately. The conjugate-gradient method drives the columns' equation
//   (A_b - G A_w^-1 G) b = s_b + G A_w^-1 s_w   with the preconditioner A_b,
// which is positive definite for every array, so it converges at any drop, in about half the
// iterations of the plain alternation. Lines are solved by ladders of admittances times series
// resistances, hence any of the four resistances may be 0, and any cell open.
// Source: hestenes_jres_1952.
#pragma once

#include <Eigen/Core>

#include "crossbar/wires.h"

namespace ohmweave::crossbar {

struct RelaxationOptions {
  // What may be left of the power of the error in the circuit, as a share of the power in its
  // cells, square root. The currents are as accurate or better.
  double tolerance = 1e-12;
  int most_iterations = 500;  // below 40 for arrays that leave a quarter of the ideal current
};

class LineRelaxation {
 public:
  /// siemens: rows x cols, each >= 0 (0 = open).
  LineRelaxation(const Matrix& siemens, const Wires& wires);

  /// What drives the circuit; a member left empty stands for zeros.
  struct Drive {
    Vector row_volts;     // one per row: of its source or sources
    Vector ground_volts;  // one per column: of its virtual ground or grounds
    Matrix cell_amps;     // rows x cols: of a current source beside each cell, from row to column
  };
  struct Solution {
    Matrix row_volts;     // rows x cols: of the node where cell (r, c) meets its row
    Matrix column_volts;  // rows x cols: of the node where it meets its column
    Vector amps;          // one per column: into its virtual ground or grounds
    int iterations = 0;
    [[nodiscard]] Matrix cell_volts() const { return row_volts - column_volts; }
  };

  /// Throws NumericError, naming residual and iterations, if the tolerance is not reached.
  [[nodiscard]] Solution solve(const Drive& drive, const RelaxationOptions& options = {}) const;

 private:
  using Grid = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  void make_row_ladders();
  void make_column_ladders();
  void solve_rows(const Grid& amps, const Vector& volts, Grid& row_volts) const;
  Vector solve_columns(Grid& amps_to_volts, const Vector& ground_volts) const;
  [[nodiscard]] double row_ohm(Eigen::Index col) const;
  [[nodiscard]] double col_ohm(Eigen::Index row) const;

  Eigen::Index rows_;
  Eigen::Index cols_;
  Wires wires_;
  double far_driver_siemens_;  // of the second sources with their segment and driver; 0 = none
  double far_sense_siemens_;   // of the second virtual grounds
  Grid siemens_;               // padded to whole lanes with open cells
  Grid row_shares_;            // 1 / (1 + ohm * admittance from here on), four rows interleaved
  Grid column_shares_;         // the same for columns, of what lies above
  Eigen::ArrayXd column_admittances_;  // of each whole column at its last node
};

}  // namespace ohmweave::crossbar
