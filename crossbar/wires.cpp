// SPDX-License-Identifier: Apache-2.0
#include "crossbar/wires.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "crossbar/block_elimination.h"
#include "crossbar/dissection.h"

namespace ohmweave::crossbar {
namespace {

// Measured: below, block elimination is faster (bench/crossbar_bench.cpp has both).
constexpr Eigen::Index kSmallestDissected = 32;

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
  return ohm == 0.0 || std::min(siemens.rows(), siemens.cols()) < kSmallestDissected;
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

Vector currents(const Matrix& siemens, const Wires& wires, const Vector& volts) {
  OHMWEAVE_REQUIRE(volts.size() == siemens.rows(), "one voltage per row");
  return effective_matrix(siemens, wires) * volts;
}

}  // namespace ohmweave::crossbar
