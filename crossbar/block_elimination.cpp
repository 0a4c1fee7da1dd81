// SPDX-License-Identifier: Apache-2.0
#include "crossbar/block_elimination.h"

#include <utility>

#include "crossbar/inverse.h"

namespace ohmweave::crossbar {
namespace {

using Dense = Eigen::MatrixXd;  // column-major: the working matrices of the elimination

/// One column with its wire, rows grounded: what each node of the column sees.
struct ColumnLadder {
  Vector above_siemens;  // admittance of the wire and cells above node r (without cell r)
  Vector below_ohm;      // resistance of the wire and cells below node r (without cell r)
};

ColumnLadder make_ladder(const Vector& cells, double col_ohm, double terminal_ohm) {
  const Eigen::Index rows = cells.size();
  ColumnLadder ladder{Vector::Zero(rows), Vector::Zero(rows)};
  for (Eigen::Index r = 0; r + 1 < rows; ++r) {
    const double node = ladder.above_siemens(r) + cells(r);
    ladder.above_siemens(r + 1) = node / (1.0 + col_ohm * node);
  }
  ladder.below_ohm(rows - 1) = terminal_ohm;
  for (Eigen::Index r = rows - 1; r > 0; --r) {
    const double below = ladder.below_ohm(r);
    ladder.below_ohm(r - 1) = col_ohm + below / (1.0 + cells(r) * below);
  }
  return ladder;
}

/// Adds to the lower triangle of `seen` the admittance of one column as the row nodes see it:
/// S = D - D X D with D = diag(cells) and X the node impedances of the column's ladder.
void add_column(const Vector& cells, const ColumnLadder& ladder, double col_ohm, Dense& seen) {
  const Eigen::Index rows = cells.size();
  Vector share = Vector::Zero(rows);  // X(r, s) * cells(s) for the current r and all s >= r
  for (Eigen::Index r = rows - 1; r >= 0; --r) {
    const double above = ladder.above_siemens(r);
    const double below = ladder.below_ohm(r);
    const Eigen::Index rest = rows - 1 - r;
    share.tail(rest) /= 1.0 + col_ohm * (above + cells(r));
    seen.col(r).tail(rest) -= cells(r) * share.tail(rest);
    const double loading = 1.0 + (above + cells(r)) * below;
    seen(r, r) += cells(r) * (1.0 + above * below) / loading;
    share(r) = cells(r) * below / loading;
  }
}

/// Current into the virtual ground per volt at row node r, the other row nodes grounded.
Vector sensed_siemens(const Vector& cells, const ColumnLadder& ladder) {
  Vector result(cells.size());
  double passed_on = 1.0;  // share of the current leaving node r downwards that reaches ground
  for (Eigen::Index r = cells.size() - 1; r >= 0; --r) {
    const double below = ladder.below_ohm(r);
    result(r) = cells(r) * passed_on / (1.0 + (ladder.above_siemens(r) + cells(r)) * below);
    passed_on /= 1.0 + cells(r) * below;
  }
  return result;
}

/// Y (1 + ohm Y)^-1, given that inverse. The short form (1 - inverse) / ohm leaves an absolute
/// error of rounding / ohm, harmless where the next series resistance is of the same order; behind
/// a driver much larger than a segment the product is needed.
Dense behind_segment(const Dense& seen, const Dense& inverse, double ohm, double driver_ohm) {
  constexpr double kLargestDriverPerSegment = 100.0;
  if (driver_ohm > kLargestDriverPerSegment * ohm) {
    return inverse * Dense(seen.selfadjointView<Eigen::Lower>());
  }
  Dense result = inverse / -ohm;
  result.diagonal().array() += 1.0 / ohm;
  return result;
}

/// inverse <- (1 + ohm Y)^-1, Y given by its lower triangle.
void invert_loaded(const Dense& seen, double ohm, Dense& inverse) {
  inverse = ohm * seen;
  inverse.diagonal().array() += 1.0;
  invert_spd(inverse);
}

/// The transpose of the effective matrix (rows x cols), by sweeping the columns from the last to
/// the first with dense rows x rows blocks.
Dense sweep_columns(const Matrix& siemens, const Wires& wires) {
  const Eigen::Index rows = siemens.rows();
  const Eigen::Index cols = siemens.cols();
  Dense seen = Dense::Zero(rows, rows);  // Y_c: what the row nodes w_c see to their right
  Dense inverse(rows, rows);
  Dense gains(rows, cols);  // column c: current of column c per volt at the current row nodes
  Dense next(rows, cols);
  for (Eigen::Index c = cols - 1; c >= 0; --c) {
    const Vector cells = siemens.col(c);
    const ColumnLadder ladder = make_ladder(cells, wires.col_ohm, wires.col_ohm + wires.sense_ohm);
    add_column(cells, ladder, wires.col_ohm, seen);
    gains.col(c) = sensed_siemens(cells, ladder);
    const double ohm = wires.row_ohm + (c == 0 ? wires.driver_ohm : 0.0);
    if (ohm == 0.0) continue;
    invert_loaded(seen, ohm, inverse);
    next.rightCols(cols - c).noalias() = inverse * gains.rightCols(cols - c);
    std::swap(gains, next);
    if (c > 0) seen = behind_segment(seen, inverse, ohm, wires.driver_ohm);
  }
  return gains;
}

}  // namespace

Matrix eliminated_matrix(const Matrix& siemens, const Wires& wires) {
  if (siemens.rows() <= siemens.cols()) return sweep_columns(siemens, wires).transpose();
  // Reciprocity: the array turned around, driven from its outputs, has the transposed matrix.
  const Matrix turned = siemens.transpose().reverse();
  return sweep_columns(turned, {wires.col_ohm, wires.row_ohm, wires.sense_ohm, wires.driver_ohm})
      .reverse();
}

}  // namespace ohmweave::crossbar
