// SPDX-License-Identifier: Apache-2.0
// Currents of any circuit of resistors, voltage sources and cells i = G sinh(k v) / k, by Newton's
// method on the node voltages. The content of such a circuit (the sum over branches of the integral
// of i dv) is convex, so steps that lower it always reach the one solution; a linear circuit takes
// one step and one of refinement. Used where an array is not a matrix; any of its resistances may
// be 0 (nodes merge).
// Source: millar_pm_1951 (the content of a nonlinear circuit is stationary at its solution).
#pragma once

#include <vector>

namespace ohmweave::crossbar {

class Circuit {
 public:
  using Node = int;

  /// A node whose voltage is sought.
  Node add_node();
  /// A node held at `volts`.
  Node add_source(double volts);
  /// A resistor, ohm >= 0. Two sources must not be joined by 0 ohm (std::logic_error).
  void join_ohm(Node a, Node b, double ohm);
  /// A cell: siemens >= 0 (0 = open), sinh_per_v >= 0 (0 = linear).
  void join_cell(Node a, Node b, double siemens, double sinh_per_v);

  /// Currents flowing into each of `sinks` (sources of this circuit), in amperes.
  /// Every node must be joined to a source. Throws NumericError if Newton's method does not settle.
  [[nodiscard]] std::vector<double> currents_into(const std::vector<Node>& sinks) const;

 private:
  struct Branch {
    Node a;
    Node b;
    double siemens;
    double sinh_per_v;
  };
  struct Unknowns;

  [[nodiscard]] Node merged(Node node) const;
  [[nodiscard]] Unknowns number_unknowns() const;
  [[nodiscard]] std::vector<double> solve_volts() const;
  [[nodiscard]] double content(const std::vector<double>& volts) const;
  [[nodiscard]] std::vector<double> newton_step(const Unknowns& unknowns,
                                                const std::vector<double>& volts) const;

  std::vector<Node> parent_;     // of each node, towards the node that stands for its merged set
  std::vector<bool> is_source_;  // of the node that stands for a set
  std::vector<double> volts_;    // of sources
  std::vector<Branch> branches_;
};

}  // namespace ohmweave::crossbar
