// SPDX-License-Identifier: Apache-2.0
#include "crossbar/line_relaxation.h"

#include <cmath>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "crossbar/lanes.h"

namespace ohmweave::crossbar {
namespace {

using Eigen::Index;

Index whole_lanes(Index count) { return (count + kLanes - 1) / kLanes * kLanes; }

Lanes* lanes(double* values) { return reinterpret_cast<Lanes*>(values); }
const Lanes* lanes(const double* values) { return reinterpret_cast<const Lanes*>(values); }

/// A second end behind no resistance at all changes nothing: the first one holds the line already.
double far_siemens(bool is_there, double ohm) { return is_there && ohm > 0.0 ? 1.0 / ohm : 0.0; }

Vector padded(const Vector& values, Index given, Index size) {
  OHMWEAVE_REQUIRE(values.size() == 0 || values.size() == given, "one voltage per line");
  Vector result = Vector::Zero(size);
  result.head(values.size()) = values;
  return result;
}

[[noreturn]] void fail(const char* what, double residual, int iterations) {
  std::ostringstream text;
  text << "line relaxation: " << what << " after " << iterations << " iterations, residual "
       << residual;
  throw NumericError(text.str());
}

}  // namespace

LineRelaxation::LineRelaxation(const Matrix& siemens, const Wires& wires)
    : rows_(siemens.rows()),
      cols_(siemens.cols()),
      wires_(wires),
      far_driver_siemens_(far_siemens(wires.driven_at_both_ends, wires.row_ohm + wires.driver_ohm)),
      far_sense_siemens_(far_siemens(wires.sensed_at_both_ends, wires.col_ohm + wires.sense_ohm)),
      siemens_(Grid::Zero(whole_lanes(rows_), whole_lanes(cols_))),
      row_shares_(siemens_.rows(), siemens_.cols()),
      column_shares_(siemens_.rows(), siemens_.cols()) {
  OHMWEAVE_REQUIRE(siemens.size() > 0 && siemens.allFinite() && siemens.minCoeff() >= 0.0,
                   "conductances are finite and not negative");
  siemens_.topLeftCorner(rows_, cols_) = siemens.array();
  make_row_ladders();
  make_column_ladders();
}

double LineRelaxation::row_ohm(Index col) const {
  if (col >= cols_) return 0.0;
  return wires_.row_ohm + (col == 0 ? wires_.driver_ohm : 0.0);
}

double LineRelaxation::col_ohm(Index row) const {
  return wires_.col_ohm + (row == rows_ - 1 ? wires_.sense_ohm : 0.0);
}

void LineRelaxation::make_row_ladders() {
  const Index width = siemens_.cols();
  for (Index r = 0; r < siemens_.rows(); r += kLanes) {
    Lanes* const shares = lanes(&row_shares_(r, 0));
    Lanes admittance = all_lanes(0.0);  // of what lies on the right of a segment
    for (Index c = width - kLanes; c >= 0; c -= kLanes) {
      Lanes cells[kLanes];
      for (Index i = 0; i < kLanes; ++i) cells[i] = *lanes(&siemens_(r + i, c));
      transpose(cells);
      for (Index i = kLanes - 1; i >= 0; --i) {
        admittance += cells[i];
        if (c + i == cols_ - 1) admittance += all_lanes(far_driver_siemens_);
        shares[c + i] = all_lanes(1.0) / (all_lanes(1.0) + row_ohm(c + i) * admittance);
        admittance *= shares[c + i];
      }
    }
  }
}

void LineRelaxation::make_column_ladders() {
  column_admittances_ = Eigen::ArrayXd::Constant(siemens_.cols(), far_sense_siemens_);
  for (Index r = 0; r < rows_; ++r) {
    if (r > 0) column_admittances_ *= column_shares_.row(r - 1).transpose();
    column_admittances_ += siemens_.row(r).transpose();
    column_shares_.row(r) = (1.0 + col_ohm(r) * column_admittances_).inverse().transpose();
  }
}

/// row_volts <- A_w^-1 (amps + what the sources of `volts` feed in). Four rows at a time: from the
/// far end the current that the line would take at 0 V is gathered, then voltages run out from the
/// source.
void LineRelaxation::solve_rows(const Grid& amps, const Vector& volts, Grid& row_volts) const {
  const Index width = siemens_.cols();
  Grid dropped(1, width * kLanes);
  Lanes* const drops = lanes(dropped.data());
  for (Index r = 0; r < siemens_.rows(); r += kLanes) {
    const Lanes* const shares = lanes(&row_shares_(r, 0));
    const Lanes source = {volts(r), volts(r + 1), volts(r + 2), volts(r + 3)};
    Lanes gathered = all_lanes(0.0);
    Lanes tile[kLanes];
    for (Index c = width - kLanes; c >= 0; c -= kLanes) {
      for (Index i = 0; i < kLanes; ++i) tile[i] = *lanes(&amps(r + i, c));
      transpose(tile);
      for (Index i = kLanes - 1; i >= 0; --i) {
        gathered += tile[i];
        if (c + i == cols_ - 1) gathered += source * far_driver_siemens_;
        gathered *= shares[c + i];
        drops[c + i] = gathered * row_ohm(c + i);
      }
    }
    Lanes reached = source;
    for (Index c = 0; c < width; c += kLanes) {
      for (Index i = 0; i < kLanes; ++i) {
        reached = reached * shares[c + i] + drops[c + i];
        tile[i] = reached;
      }
      transpose(tile);
      for (Index i = 0; i < kLanes; ++i) *lanes(&row_volts(r + i, c)) = tile[i];
    }
  }
}

/// Replaces the currents fed into the columns' nodes by the voltages A_b^-1 of them. Result: the
/// currents into the virtual grounds, which are at `ground_volts`.
Vector LineRelaxation::solve_columns(Grid& amps_to_volts, const Vector& ground_volts) const {
  amps_to_volts.row(0) += far_sense_siemens_ * ground_volts.transpose().array();
  for (Index r = 1; r < rows_; ++r) {
    amps_to_volts.row(r) += column_shares_.row(r - 1) * amps_to_volts.row(r - 1);
  }
  Vector sensed =
      column_shares_.row(rows_ - 1).transpose() *
      (amps_to_volts.row(rows_ - 1).transpose() - column_admittances_ * ground_volts.array());
  for (Index r = rows_ - 1; r >= 0; --r) {
    if (r == rows_ - 1) {
      amps_to_volts.row(r) = column_shares_.row(r) *
                             (ground_volts.transpose().array() + col_ohm(r) * amps_to_volts.row(r));
    } else {
      amps_to_volts.row(r) =
          column_shares_.row(r) * (amps_to_volts.row(r + 1) + col_ohm(r) * amps_to_volts.row(r));
    }
  }
  sensed.array() += far_sense_siemens_ * (amps_to_volts.row(0).transpose() - ground_volts.array());
  return sensed;
}

LineRelaxation::Solution LineRelaxation::solve(const Drive& drive,
                                               const RelaxationOptions& options) const {
  const Grid zero = Grid::Zero(siemens_.rows(), siemens_.cols());
  const Vector sources = padded(drive.row_volts, rows_, siemens_.rows());
  const Vector grounds = padded(drive.ground_volts, cols_, siemens_.cols());
  const Vector no_sources = Vector::Zero(siemens_.rows());
  const Vector no_grounds = Vector::Zero(siemens_.cols());
  Grid injected = zero;
  if (drive.cell_amps.size() > 0) {
    OHMWEAVE_REQUIRE(drive.cell_amps.rows() == rows_ && drive.cell_amps.cols() == cols_,
                     "one current per cell");
    injected.topLeftCorner(rows_, cols_) = drive.cell_amps.array();
  }

  // Rows with their columns at 0 V, columns with these rows, rows again: b, w and the residual r.
  Grid w = zero;
  solve_rows(-injected, sources, w);
  Grid b = siemens_ * w + injected;
  (void)solve_columns(b, grounds);
  const double cell_power = (siemens_ * (w - b).square()).sum();
  Grid moved = zero;
  solve_rows(siemens_ * b, no_sources, moved);
  w += moved;
  Grid r = siemens_ * moved;
  Grid z = r;
  (void)solve_columns(z, no_grounds);
  Grid p = z;
  Grid q = r;  // A_b p
  double error_power = (r * z).sum();
  const double enough = options.tolerance * options.tolerance * cell_power;
  int iterations = 0;
  for (; error_power > enough; ++iterations) {
    if (iterations == options.most_iterations) {
      fail("not converged", std::sqrt(error_power / cell_power), iterations);
    }
    solve_rows(siemens_ * p, no_sources, moved);
    Grid image = q - siemens_ * moved;
    const double step = error_power / (p * image).sum();
    b += step * p;
    w += step * moved;
    r -= step * image;
    z = r;
    (void)solve_columns(z, no_grounds);
    const double before = error_power;
    error_power = (r * z).sum();
    const double turn = error_power / before;
    p = z + turn * p;
    q = r + turn * q;
  }
  b = siemens_ * w + injected;
  const Vector amps = solve_columns(b, grounds);
  if (!std::isfinite(error_power) || !amps.allFinite()) fail("not finite", error_power, iterations);
  return {w.topLeftCorner(rows_, cols_).matrix(), b.topLeftCorner(rows_, cols_).matrix(),
          amps.head(cols_), iterations};
}

}  // namespace ohmweave::crossbar
