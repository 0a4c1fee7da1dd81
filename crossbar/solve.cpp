// SPDX-License-Identifier: Apache-2.0
#include "crossbar/solve.h"

#include "crossbar/cell_curve.h"
#include "crossbar/gate_column.h"
#include "crossbar/nonlinear.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Cells as connected: those of inactive rows are open.
Matrix connected_siemens(const CrossbarCase& c) {
  Matrix siemens = Eigen::Map<const Matrix>(c.siemens.data(), c.rows, c.cols);
  for (int r = 0; r < c.rows; ++r) {
    if (!c.active.empty() && c.active[at(r)] == 0.0) siemens.row(r).setZero();
  }
  return siemens;
}

std::vector<double> list(const Vector& values) {
  return {values.data(), values.data() + values.size()};
}

Wires wires_of(const CrossbarCase& c) { return {c.row_ohm, c.col_ohm, c.driver_ohm, c.sense_ohm}; }

Vector row_volts(const CrossbarCase& c) {
  return Eigen::Map<const Vector>(c.voltages_v.data(), c.rows);
}

double gate_cell_siemens(const CrossbarCase& c, int row, double siemens) {
  if (c.active[at(row)] == 0.0 || siemens == 0.0) return 0.0;
  return siemens / (1.0 + siemens * c.transistor_ohm);
}

double gate_current(const CrossbarCase& c, const Matrix& siemens, int col) {
  Vector cells(c.rows);
  for (int r = 0; r < c.rows; ++r) cells(r) = gate_cell_siemens(c, r, siemens(r, col));
  return gate_column_current(
      cells, {c.bit_line_ohm, c.source_line_ohm, c.driver_ohm, c.sense_ohm, c.read_voltage_v});
}

/// Every cell, taken as linear, between its source and the virtual ground, without wires.
double ideal_current(const CrossbarCase& c, const Matrix& siemens, int col) {
  double sum = 0.0;
  for (int r = 0; r < c.rows; ++r) {
    sum += c.topology == CaseTopology::GateInput
               ? gate_cell_siemens(c, r, siemens(r, col)) * c.read_voltage_v
               : siemens(r, col) * c.voltages_v[at(r)];
  }
  return sum;
}

}  // namespace

CaseCurrents solve_case(const CrossbarCase& crossbar_case) {
  const CrossbarCase& c = crossbar_case;
  const Matrix siemens = connected_siemens(c);
  CaseCurrents result;
  for (int col = 0; col < c.cols; ++col) {
    result.ideal_currents_a.push_back(ideal_current(c, siemens, col));
  }
  if (c.topology == CaseTopology::GateInput) {
    result.method = "ladder";
    for (int col = 0; col < c.cols; ++col) {
      result.currents_a.push_back(gate_current(c, siemens, col));
    }
  } else if (c.sinh_per_v != 0.0) {
    result.method = "newton";
    const SinhCurve curve(c.sinh_per_v);
    result.currents_a = list(solve_nonlinear(siemens, curve, wires_of(c), row_volts(c)).amps);
  } else {
    result.method = "line_relaxation";
    result.currents_a = list(currents(siemens, wires_of(c), row_volts(c)));
  }
  return result;
}

}  // namespace ohmweave::crossbar
