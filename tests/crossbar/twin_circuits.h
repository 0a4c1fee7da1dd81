// SPDX-License-Identifier: Apache-2.0
// Whole circuits for general nodal analysis (crossbar/nodal.h), which knows nothing of lines or
// ladders: the independent twins of the solvers that do.
#pragma once

#include <vector>

#include "crossbar/gate_column.h"
#include "crossbar/gate_pair_column.h"
#include "crossbar/nodal.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {

/// Column currents of a passive array of cells i = G sinh(k v) / k.
inline Vector nodal_currents(const Matrix& siemens, const Wires& wires, const Vector& volts,
                             double sinh_per_v) {
  const Eigen::Index last_row = siemens.rows() - 1;
  const Eigen::Index last_col = siemens.cols() - 1;
  Circuit circuit;
  std::vector<Circuit::Node> grounds;
  for (Eigen::Index c = 0; c <= last_col; ++c) grounds.push_back(circuit.add_source(0.0));
  std::vector<Circuit::Node> above(siemens.cols());
  for (Eigen::Index r = 0; r <= last_row; ++r) {
    const Circuit::Node source = circuit.add_source(volts(r));
    Circuit::Node before = source;
    for (Eigen::Index c = 0; c <= last_col; ++c) {
      const Circuit::Node w = circuit.add_node();
      const Circuit::Node b = circuit.add_node();
      circuit.join_ohm(before, w, wires.row_ohm + (c == 0 ? wires.driver_ohm : 0.0));
      circuit.join_cell(w, b, siemens(r, c), sinh_per_v);
      if (r > 0) circuit.join_ohm(above[c], b, wires.col_ohm);
      if (r == 0 && wires.sensed_at_both_ends) {
        circuit.join_ohm(b, grounds[c], wires.col_ohm + wires.sense_ohm);
      }
      above[c] = b;
      before = w;
    }
    if (wires.driven_at_both_ends) {
      circuit.join_ohm(before, source, wires.row_ohm + wires.driver_ohm);
    }
  }
  for (Eigen::Index c = 0; c <= last_col; ++c) {
    circuit.join_ohm(above[c], grounds[c], wires.col_ohm + wires.sense_ohm);
  }
  const std::vector<double> amps = circuit.currents_into(grounds);
  return Eigen::Map<const Vector>(amps.data(), siemens.cols());
}

/// The current of a column whose inputs switch gates.
inline double nodal_gate_current(const Vector& cell_siemens, const GateColumn& column) {
  Circuit circuit;
  Circuit::Node bit_line = circuit.add_source(column.read_voltage_v);
  Circuit::Node source_line = 0;
  for (Eigen::Index r = 0; r < cell_siemens.size(); ++r) {
    const Circuit::Node p = circuit.add_node();
    const Circuit::Node q = circuit.add_node();
    circuit.join_ohm(bit_line, p, column.bit_line_ohm + (r == 0 ? column.driver_ohm : 0.0));
    circuit.join_cell(p, q, cell_siemens(r), 0.0);
    if (r > 0) circuit.join_ohm(source_line, q, column.source_line_ohm);
    bit_line = p;
    source_line = q;
  }
  const Circuit::Node ground = circuit.add_source(0.0);
  circuit.join_ohm(source_line, ground, column.source_line_ohm + column.sense_ohm);
  return circuit.currents_into({ground}).front();
}

/// That of a column of pairs of cells between two bit lines and one source line.
inline double nodal_gate_pair_current(const Vector& first, const Vector& second,
                                      const GatePairColumn& column) {
  const GateColumn& lines = column.lines;
  Circuit circuit;
  Circuit::Node first_line = circuit.add_source(lines.read_voltage_v);
  Circuit::Node second_line = circuit.add_source(column.second_voltage_v);
  Circuit::Node source_line = 0;
  for (Eigen::Index r = 0; r < first.size(); ++r) {
    const Circuit::Node p = circuit.add_node();
    const Circuit::Node n = circuit.add_node();
    const Circuit::Node q = circuit.add_node();
    const double before_ohm = lines.bit_line_ohm + (r == 0 ? lines.driver_ohm : 0.0);
    circuit.join_ohm(first_line, p, before_ohm);
    circuit.join_ohm(second_line, n, before_ohm);
    circuit.join_cell(p, q, first(r), 0.0);
    circuit.join_cell(n, q, second(r), 0.0);
    if (r > 0) circuit.join_ohm(source_line, q, lines.source_line_ohm);
    first_line = p;
    second_line = n;
    source_line = q;
  }
  const Circuit::Node ground = circuit.add_source(0.0);
  circuit.join_ohm(source_line, ground, lines.source_line_ohm + lines.sense_ohm);
  return circuit.currents_into({ground}).front();
}

}  // namespace ohmweave::crossbar
