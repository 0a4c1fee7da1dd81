// SPDX-License-Identifier: Apache-2.0
#include "crossbar/solve.h"

#include "crossbar/nodal.h"
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

std::vector<double> linear_currents(const CrossbarCase& c, const Matrix& siemens) {
  const Vector volts = Eigen::Map<const Vector>(c.voltages_v.data(), c.rows);
  const Vector amps = currents(siemens, {c.row_ohm, c.col_ohm, c.driver_ohm, c.sense_ohm}, volts);
  return {amps.data(), amps.data() + amps.size()};
}

std::vector<double> newton_currents(const CrossbarCase& c, const Matrix& siemens) {
  Circuit circuit;
  std::vector<Circuit::Node> sinks;
  std::vector<Circuit::Node> column_ends;  // the node of each column that was added last
  for (int r = 0; r < c.rows; ++r) {
    Circuit::Node before = circuit.add_source(c.voltages_v[at(r)]);
    for (int col = 0; col < c.cols; ++col) {
      const Circuit::Node row_node = circuit.add_node();
      const Circuit::Node column_node = circuit.add_node();
      circuit.join_ohm(before, row_node, c.row_ohm + (col == 0 ? c.driver_ohm : 0.0));
      circuit.join_cell(row_node, column_node, siemens(r, col), c.sinh_per_v);
      if (r == 0) {
        column_ends.push_back(column_node);
      } else {
        circuit.join_ohm(column_ends[at(col)], column_node, c.col_ohm);
        column_ends[at(col)] = column_node;
      }
      before = row_node;
    }
  }
  for (const Circuit::Node end : column_ends) {
    sinks.push_back(circuit.add_source(0.0));
    circuit.join_ohm(end, sinks.back(), c.col_ohm + c.sense_ohm);
  }
  return circuit.currents_into(sinks);
}

double gate_cell_siemens(const CrossbarCase& c, int row, double siemens) {
  if (c.active[at(row)] == 0.0 || siemens == 0.0) return 0.0;
  return siemens / (1.0 + siemens * c.transistor_ohm);
}

double gate_column_current(const CrossbarCase& c, const Matrix& siemens, int col) {
  Circuit circuit;
  Circuit::Node bit_line = circuit.add_source(c.read_voltage_v);
  Circuit::Node source_line = 0;
  for (int r = 0; r < c.rows; ++r) {
    const Circuit::Node p = circuit.add_node();
    const Circuit::Node q = circuit.add_node();
    circuit.join_ohm(bit_line, p, c.bit_line_ohm + (r == 0 ? c.driver_ohm : 0.0));
    circuit.join_cell(p, q, gate_cell_siemens(c, r, siemens(r, col)), 0.0);
    if (r > 0) circuit.join_ohm(source_line, q, c.source_line_ohm);
    bit_line = p;
    source_line = q;
  }
  const Circuit::Node ground = circuit.add_source(0.0);
  circuit.join_ohm(source_line, ground, c.source_line_ohm + c.sense_ohm);
  return circuit.currents_into({ground}).front();
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
    result.method = "nodal";
    for (int col = 0; col < c.cols; ++col) {
      result.currents_a.push_back(gate_column_current(c, siemens, col));
    }
  } else if (c.sinh_per_v != 0.0) {
    result.method = "newton";
    result.currents_a = newton_currents(c, siemens);
  } else {
    result.method = "effective_matrix";
    result.currents_a = linear_currents(c, siemens);
  }
  return result;
}

}  // namespace ohmweave::crossbar
