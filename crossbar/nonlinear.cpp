// SPDX-License-Identifier: Apache-2.0
#include "crossbar/nonlinear.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/error.h"
#include "crossbar/damping.h"
#include "crossbar/line_relaxation.h"

namespace ohmweave::crossbar {
namespace {

using Eigen::Index;

struct State {
  Matrix row_volts;
  Matrix column_volts;
};

class NonlinearArray {
 public:
  NonlinearArray(const Matrix& siemens, const CellCurve& curve, const Wires& wires,
                 const Vector& volts)
      : siemens_(siemens), curve_(curve), wires_(wires), volts_(volts) {}

  /// A state in which no cell has a voltage, if the wires allow one: steps from there do not meet
  /// the steep ends of curves.
  [[nodiscard]] State start() const {
    State state{Matrix::Zero(siemens_.rows(), siemens_.cols()),
                Matrix::Zero(siemens_.rows(), siemens_.cols())};
    if (wires_.row_ohm + wires_.driver_ohm == 0.0) {
      state.row_volts.colwise() = volts_;
      if (wires_.col_ohm > 0.0) state.column_volts = state.row_volts;
    }
    return state;
  }

  [[nodiscard]] double content(const State& s) const {
    const Index last_row = siemens_.rows() - 1;
    const Index last_col = siemens_.cols() - 1;
    const Matrix& w = s.row_volts;
    const Matrix& b = s.column_volts;
    double sum = 0.0;
    const auto add = [&](double ohm, double squared_volts) {
      if (ohm > 0.0) sum += squared_volts / (2.0 * ohm);
    };
    add(wires_.row_ohm, (w.rightCols(last_col) - w.leftCols(last_col)).squaredNorm());
    add(wires_.row_ohm + wires_.driver_ohm, (volts_ - w.col(0)).squaredNorm());
    if (wires_.driven_at_both_ends) {
      add(wires_.row_ohm + wires_.driver_ohm, (volts_ - w.col(last_col)).squaredNorm());
    }
    add(wires_.col_ohm, (b.bottomRows(last_row) - b.topRows(last_row)).squaredNorm());
    add(wires_.col_ohm + wires_.sense_ohm, b.row(last_row).squaredNorm());
    if (wires_.sensed_at_both_ends) {
      add(wires_.col_ohm + wires_.sense_ohm, b.row(0).squaredNorm());
    }
    for (Index i = 0; i < siemens_.size(); ++i) {
      if (siemens_.data()[i] > 0.0) {
        sum += siemens_.data()[i] * curve_.content(w.data()[i] - b.data()[i]);
      }
    }
    return sum;
  }

  /// The solution of the circuit with each cell replaced by its tangent.
  [[nodiscard]] LineRelaxation::Solution solve_tangents(const State& s) const {
    Matrix slopes(siemens_.rows(), siemens_.cols());
    Matrix offsets(siemens_.rows(), siemens_.cols());
    for (Index i = 0; i < siemens_.size(); ++i) {
      const double g = siemens_.data()[i];
      const double v = s.row_volts.data()[i] - s.column_volts.data()[i];
      slopes.data()[i] = g > 0.0 ? g * curve_.slope(v) : 0.0;
      offsets.data()[i] = g > 0.0 ? g * curve_.amps_per_siemens(v) - slopes.data()[i] * v : 0.0;
    }
    return LineRelaxation(slopes, wires_).solve({volts_, {}, offsets});
  }

 private:
  const Matrix& siemens_;
  const CellCurve& curve_;
  const Wires& wires_;
  const Vector& volts_;
};

}  // namespace

NonlinearSolution solve_nonlinear(const Matrix& siemens, const CellCurve& curve, const Wires& wires,
                                  const Vector& volts, const NewtonOptions& options) {
  OHMWEAVE_REQUIRE(siemens.size() > 0 && volts.size() == siemens.rows(), "one voltage per row");
  const NonlinearArray array(siemens, curve, wires, volts);
  const double scale = volts.cwiseAbs().maxCoeff();
  State state = array.start();
  double before = array.content(state);
  double size = 0.0;
  for (int steps = 1; steps <= options.most_steps; ++steps) {
    LineRelaxation::Solution aim = array.solve_tangents(state);
    const State step{aim.row_volts - state.row_volts, aim.column_volts - state.column_volts};
    size = std::max(step.row_volts.cwiseAbs().maxCoeff(), step.column_volts.cwiseAbs().maxCoeff());
    if (size <= options.settled_step * scale) return {aim.amps, aim.cell_volts(), steps};
    State tried{aim.row_volts, aim.column_volts};
    double after = array.content(tried);
    double damping = 1.0;
    for (int halving = 0; halving < kMostHalvings; ++halving) {
      if (after <= before * (1.0 + kContentRounding)) break;
      damping *= 0.5;
      tried = {state.row_volts + damping * step.row_volts,
               state.column_volts + damping * step.column_volts};
      after = array.content(tried);
    }
    state = tried;
    before = after;
  }
  std::ostringstream text;
  text << "Newton's method has not settled after " << options.most_steps
       << " steps; the last one is " << size << " V, sources up to " << scale << " V";
  throw NumericError(text.str());
}

}  // namespace ohmweave::crossbar
