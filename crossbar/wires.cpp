// SPDX-License-Identifier: Apache-2.0
#include "crossbar/wires.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "crossbar/block_elimination.h"
#include "crossbar/dissection.h"
#include "crossbar/line_relaxation.h"

namespace ohmweave::crossbar {
namespace {

// Measured: below, block elimination is faster (bench/crossbar_bench.cpp has both). Dissection
// builds four blocks of up to 16 cells a side at once, which narrower arrays have only along their
// length.
constexpr Eigen::Index kNarrowestDissected = 12;
constexpr Eigen::Index kNarrowestOfFourBlocks = 17;
constexpr Eigen::Index kShortestOfFourBlocks = 33;

void check(const Matrix& siemens, const Wires& wires) {
  OHMWEAVE_REQUIRE(siemens.size() > 0, "an array has at least one cell");
  OHMWEAVE_REQUIRE(siemens.allFinite() && siemens.minCoeff() >= 0.0,
                   "conductances are finite and not negative");
  for (const double ohm : {wires.row_ohm, wires.col_ohm, wires.driver_ohm, wires.sense_ohm}) {
    OHMWEAVE_REQUIRE(ohm >= 0.0, "resistances are not negative");
  }
}

/// Elimination also wins where the segments it would eliminate have no resistance.
bool suits_elimination(const Matrix& siemens, const Wires& wires) {
  if (wires.driven_at_both_ends || wires.sensed_at_both_ends) return false;
  const double ohm = siemens.rows() <= siemens.cols() ? wires.row_ohm : wires.col_ohm;
  const Eigen::Index narrow = std::min(siemens.rows(), siemens.cols());
  const Eigen::Index length = std::max(siemens.rows(), siemens.cols());
  const bool is_long = length >= kShortestOfFourBlocks;
  return ohm == 0.0 || narrow < (is_long ? kNarrowestDissected : kNarrowestOfFourBlocks);
}

}  // namespace

Matrix effective_matrix(const Matrix& siemens, const Wires& wires) {
  check(siemens, wires);
  Matrix result = suits_elimination(siemens, wires) ? eliminated_matrix(siemens, wires)
                                                    : dissected_matrix(siemens, wires);
  if (!result.allFinite()) {
    throw NumericError("the effective matrix of a " + std::to_string(siemens.rows()) + " x " +
                       std::to_string(siemens.cols()) + " array is not finite");
  }
  return result;
}

Matrix effective_matrix_of_rows(const Matrix& siemens, const Wires& wires, Eigen::Index first,
                                Eigen::Index count) {
  OHMWEAVE_REQUIRE(first >= 0 && count >= 1 && first + count <= siemens.rows(),
                   "rows are within the array");
  if (wires.sensed_at_both_ends) {
    Matrix connected = Matrix::Zero(siemens.rows(), siemens.cols());
    connected.middleRows(first, count) = siemens.middleRows(first, count);
    return effective_matrix(connected, wires).middleCols(first, count);
  }
  return effective_matrix(siemens.middleRows(first, count),
                          wires_of_rows(wires, siemens.rows(), first, count));
}

Wires wires_of_rows(const Wires& wires, Eigen::Index rows, Eigen::Index first, Eigen::Index count) {
  OHMWEAVE_REQUIRE(!wires.sensed_at_both_ends, "the ends of a column are equally far");
  Wires of_rows = wires;
  of_rows.sense_ohm += wires.col_ohm * static_cast<double>(rows - first - count);
  return of_rows;
}

Matrix behind_transistors(const Matrix& siemens, double transistor_ohm) {
  OHMWEAVE_REQUIRE(transistor_ohm >= 0.0, "resistances are not negative");
  return siemens.array() / (1.0 + siemens.array() * transistor_ohm);
}

Vector currents(const Matrix& siemens, const Wires& wires, const Vector& volts) {
  check(siemens, wires);
  OHMWEAVE_REQUIRE(volts.size() == siemens.rows(), "one voltage per row");
  return LineRelaxation(siemens, wires).solve({volts, {}, {}}).amps;
}

}  // namespace ohmweave::crossbar
