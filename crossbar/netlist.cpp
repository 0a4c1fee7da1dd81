// SPDX-License-Identifier: Apache-2.0
#include "crossbar/netlist.h"

#include <cstdio>
#include <map>

#include "core/error.h"
#include "crossbar/gate_column.h"
#include "crossbar/gate_pair_column.h"
#include "crossbar/nonlinear.h"
#include "crossbar/pair.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {
namespace {

std::string text(double value) {
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%.17g", value);
  return digits;
}

/// Elements, with the nodes that wires without resistance join taken as one.
class Netlist {
 public:
  /// A resistor between two nodes, or, of 0 ohm, nothing: they are one node.
  void wire(const std::string& from, const std::string& to, double ohm) {
    if (ohm == 0.0) {
      joined_[root(from)] = root(to);
      return;
    }
    wires_.push_back({from, to, ohm});
  }
  void cell(const std::string& from, const std::string& to, double siemens) {
    cells_.push_back({from, to, siemens});
  }
  /// Cells carry siemens * curve from then on.
  void set_curve(const CellCurve& curve) { curve_ = curve.formula("x"); }
  void source(const std::string& name, const std::string& node, double volts) {
    sources_.push_back({name, node, volts});
  }
  [[nodiscard]] std::string root(const std::string& node) const {
    const auto found = joined_.find(node);
    return found == joined_.end() || found->second == node ? node : root(found->second);
  }
  [[nodiscard]] std::string elements() const {
    std::string result;
    if (!curve_.empty()) result += ".func curve(x) {" + curve_ + "}\n";
    for (const Source& source : sources_)
      result += "V" + source.name + " " + root(source.node) + " 0 " + text(source.volts) + "\n";
    int number = 0;
    for (const Wire& wire : wires_) {
      const std::string from = root(wire.from);
      const std::string to = root(wire.to);
      if (from == to) continue;  // wires without resistance lie beside it
      result.append("Rwire").append(std::to_string(number++)).append(" ").append(from);
      result.append(" ").append(to).append(" ").append(text(wire.ohm)).append("\n");
    }
    number = 0;
    for (const Cell& cell : cells_) result += line_of(cell, number++);
    return result;
  }

 private:
  struct Wire {
    std::string from;
    std::string to;
    double ohm;
  };
  struct Cell {
    std::string from;
    std::string to;
    double siemens;
  };
  struct Source {
    std::string name;
    std::string node;
    double volts;
  };

  [[nodiscard]] std::string line_of(const Cell& cell, int number) const {
    const std::string from = root(cell.from);
    const std::string to = root(cell.to);
    const std::string ends = std::to_string(number) + " " + from + " " + to;
    if (curve_.empty()) return "Rcell" + ends + " " + text(1.0 / cell.siemens) + "\n";
    return "Bcell" + ends + " i=" + text(cell.siemens) + "*curve(v(" + from + "," + to + "))\n";
  }

  std::string curve_;  // f(x); empty: ohmic cells
  std::map<std::string, std::string> joined_;
  std::vector<Wire> wires_;
  std::vector<Cell> cells_;
  std::vector<Source> sources_;
};

std::string node(const char* line, Eigen::Index row, Eigen::Index column) {
  return line + std::to_string(row) + "_" + std::to_string(column);
}
std::string node(const char* end, Eigen::Index line) { return end + std::to_string(line); }

bool is_connected(const SingleRead& read, Eigen::Index row) {
  return read.connected.empty() || read.connected[static_cast<std::size_t>(row)];
}

void add_row_wires(const SingleRead& read, Netlist& netlist) {
  const ArrayOptions& array = read.array;
  const Eigen::Index last = read.siemens.cols() - 1;
  for (Eigen::Index r = 0; r < read.siemens.rows(); ++r) {
    netlist.wire(node("source", r), node("drive", r), array.driver_ohm);
    netlist.wire(node("drive", r), node("w", r, 0), array.row_ohm);
    for (Eigen::Index c = 0; c < last; ++c)
      netlist.wire(node("w", r, c), node("w", r, c + 1), array.row_ohm);
    if (!array.drives_both_ends) continue;
    netlist.wire(node("w", r, last), node("fardrive", r), array.row_ohm);
    netlist.wire(node("fardrive", r), node("source", r), array.driver_ohm);
  }
}

void add_column_wires(const SingleRead& read, Netlist& netlist) {
  const ArrayOptions& array = read.array;
  const Eigen::Index last = read.siemens.rows() - 1;
  for (Eigen::Index c = 0; c < read.siemens.cols(); ++c) {
    for (Eigen::Index r = 0; r < last; ++r)
      netlist.wire(node("b", r, c), node("b", r + 1, c), array.col_ohm);
    netlist.wire(node("b", last, c), node("end", c), array.col_ohm);
    netlist.wire(node("end", c), node("sense", c), array.sense_ohm);
    if (!array.senses_both_ends) continue;
    // Both virtual grounds are at 0 V: one source sees the current of both.
    netlist.wire(node("b", 0, c), node("farend", c), array.col_ohm);
    netlist.wire(node("farend", c), node("sense", c), array.sense_ohm);
  }
}

void add_matrix_array(const SingleRead& read, Netlist& netlist) {
  add_row_wires(read, netlist);
  add_column_wires(read, netlist);
  for (Eigen::Index r = 0; r < read.siemens.rows(); ++r) {
    netlist.source(node("row", r), node("source", r), read.volts[static_cast<std::size_t>(r)]);
    if (!is_connected(read, r)) continue;
    for (Eigen::Index c = 0; c < read.siemens.cols(); ++c) {
      if (read.siemens(r, c) == 0.0) continue;
      if (read.array.transistor_ohm > 0.0)
        netlist.wire(node("w", r, c), node("t", r, c), read.array.transistor_ohm);
      netlist.cell(read.array.transistor_ohm > 0.0 ? node("t", r, c) : node("w", r, c),
                   node("b", r, c), read.siemens(r, c));
    }
  }
}

/// The bit lines of a gate_input column: one, or one for each row of an input.
struct BitLine {
  const char* source;
  const char* drive;
  const char* line;
  double read_sign;
};
constexpr BitLine kBitLines[] = {{"source", "drive", "p", 1.0},
                                 {"oppositesource", "oppositedrive", "n", -1.0}};

void add_gate_wires(const SingleRead& read, Eigen::Index c, Netlist& netlist) {
  const GateColumn column = gate_column_of(read.array);
  const Eigen::Index last = read.siemens.rows() / read.array.rows_per_input() - 1;
  for (int i = 0; i < read.array.rows_per_input(); ++i) {
    const BitLine& bit = kBitLines[i];
    netlist.source(node(i == 0 ? "column" : "oppositecolumn", c), node(bit.source, c),
                   bit.read_sign * column.read_voltage_v);
    netlist.wire(node(bit.source, c), node(bit.drive, c), column.driver_ohm);
    netlist.wire(node(bit.drive, c), node(bit.line, 0, c), column.bit_line_ohm);
    for (Eigen::Index r = 0; r < last; ++r)
      netlist.wire(node(bit.line, r, c), node(bit.line, r + 1, c), column.bit_line_ohm);
  }
  for (Eigen::Index r = 0; r < last; ++r)
    netlist.wire(node("q", r, c), node("q", r + 1, c), column.source_line_ohm);
  netlist.wire(node("q", last, c), node("end", c), column.source_line_ohm);
  netlist.wire(node("end", c), node("sense", c), column.sense_ohm);
}

void add_gate_array(const SingleRead& read, Netlist& netlist) {
  const int per_input = read.array.rows_per_input();
  for (Eigen::Index c = 0; c < read.siemens.cols(); ++c) {
    add_gate_wires(read, c, netlist);
    for (Eigen::Index r = 0; r < read.siemens.rows(); ++r) {
      if (!is_connected(read, r) || read.siemens(r, c) == 0.0) continue;
      const std::string bit = node(kBitLines[r % per_input].line, r / per_input, c);
      const bool has_transistor = read.array.transistor_ohm > 0.0;
      if (has_transistor) netlist.wire(bit, node("t", r, c), read.array.transistor_ohm);
      netlist.cell(has_transistor ? node("t", r, c) : bit, node("q", r / per_input, c),
                   read.siemens(r, c));
    }
  }
}

/// Amperes by column of a gate_input array; cells: with their transistors, 0 where not connected.
Vector gate_amps(const Matrix& cells, const ArrayOptions& array) {
  const GateColumn column = gate_column_of(array);
  Vector amps(cells.cols());
  for (Eigen::Index c = 0; c < cells.cols(); ++c) {
    const Vector of_column = cells.col(c);
    const Eigen::Index inputs = of_column.size() / 2;
    amps(c) = array.rows_per_input() == 1 ? gate_column_current(of_column, column)
                                          : gate_pair_current(of_column(Eigen::seqN(0, inputs, 2)),
                                                              of_column(Eigen::seqN(1, inputs, 2)),
                                                              {column, -column.read_voltage_v});
  }
  return amps;
}

void check(const SingleRead& read) {
  const auto rows = static_cast<std::size_t>(read.siemens.rows());
  const bool is_gate = read.array.topology == Topology::GateInput;
  OHMWEAVE_REQUIRE(read.siemens.size() > 0 && (is_gate || read.volts.size() == rows) &&
                       (read.connected.empty() || read.connected.size() == rows),
                   "one voltage a row");
  OHMWEAVE_REQUIRE(read.siemens.rows() % read.array.rows_per_input() == 0,
                   "the rows of whole inputs");
  OHMWEAVE_REQUIRE(!read.iv || (!is_gate && read.array.transistor_ohm == 0.0),
                   "nonlinear cells have no transistor in series");
}

}  // namespace

std::string spice_netlist(const SingleRead& read) {
  check(read);
  Netlist netlist;
  if (read.iv) netlist.set_curve(*make_curve(*read.iv));
  if (read.array.topology == Topology::GateInput)
    add_gate_array(read, netlist);
  else
    add_matrix_array(read, netlist);
  std::string controls;
  for (Eigen::Index c = 0; c < read.siemens.cols(); ++c) {
    netlist.source("sense" + std::to_string(c), node("sense", c), 0.0);
    const std::string name = "i_column_" + std::to_string(c);
    controls.append("let ").append(name).append(" = i(vsense").append(std::to_string(c));
    controls.append(")\nprint ").append(name).append("\n");
  }
  return "* " + read.title + "\n" + netlist.elements() +
         ".options reltol=1e-9 abstol=1e-18 vntol=1e-14 gmin=1e-18\n.control\nset numdgt=15\nop\n" +
         controls + "quit\n.endc\n.end\n";
}

Vector solve_read(const SingleRead& read) {
  check(read);
  const ArrayOptions& array = read.array;
  Matrix connected = read.siemens;
  for (Eigen::Index r = 0; r < connected.rows(); ++r)
    if (!is_connected(read, r)) connected.row(r).setZero();
  const Matrix cells = behind_transistors(connected, array.transistor_ohm);
  if (array.topology == Topology::GateInput) return gate_amps(cells, array);
  const Vector volts = Eigen::Map<const Vector>(read.volts.data(), cells.rows());
  if (!read.iv) return currents(cells, wires_of(array), volts);
  return solve_nonlinear(cells, *make_curve(*read.iv), wires_of(array), volts).amps;
}

}  // namespace ohmweave::crossbar
