// SPDX-License-Identifier: Apache-2.0
#include "crossbar/nodal.h"

#include <Eigen/SparseCholesky>
#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "crossbar/damping.h"

namespace ohmweave::crossbar {
namespace {

constexpr int kMostSteps = 200;
// Newton converges quadratically: after a step this small only rounding is left.
constexpr double kSettledStep = 1e-11;  // of the largest source voltage

double cell_current(double siemens, double k, double v) {
  return k == 0.0 ? siemens * v : siemens * std::sinh(k * v) / k;
}

double cell_slope(double siemens, double k, double v) {
  return k == 0.0 ? siemens : siemens * std::cosh(k * v);
}

double cell_content(double siemens, double k, double v) {
  if (k == 0.0) return 0.5 * siemens * v * v;
  const double half = std::sinh(0.5 * k * v);  // cosh(kv) - 1 = 2 sinh(kv / 2)^2
  return 2.0 * siemens * half * half / (k * k);
}

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0.0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace

struct Circuit::Unknowns {
  std::vector<int> index;  // of each node that stands for a set; -1 for sources
  int count = 0;
};

Circuit::Node Circuit::add_node() {
  parent_.push_back(static_cast<Node>(parent_.size()));
  is_source_.push_back(false);
  volts_.push_back(0.0);
  return parent_.back();
}

Circuit::Node Circuit::add_source(double volts) {
  const Node node = add_node();
  is_source_.back() = true;
  volts_.back() = volts;
  return node;
}

Circuit::Node Circuit::merged(Node node) const {
  while (parent_[static_cast<std::size_t>(node)] != node) {
    node = parent_[static_cast<std::size_t>(node)];
  }
  return node;
}

void Circuit::join_ohm(Node a, Node b, double ohm) {
  OHMWEAVE_REQUIRE(ohm >= 0.0, "resistances are not negative");
  if (ohm > 0.0) {
    branches_.push_back({a, b, 1.0 / ohm, 0.0});
    return;
  }
  Node keep = merged(a);
  Node drop = merged(b);
  if (keep == drop) return;
  if (is_source_[static_cast<std::size_t>(drop)]) std::swap(keep, drop);
  OHMWEAVE_REQUIRE(!is_source_[static_cast<std::size_t>(drop)], "two sources are short-circuited");
  parent_[static_cast<std::size_t>(drop)] = keep;
}

void Circuit::join_cell(Node a, Node b, double siemens, double sinh_per_v) {
  OHMWEAVE_REQUIRE(siemens >= 0.0 && sinh_per_v >= 0.0, "cells are passive");
  if (siemens > 0.0) branches_.push_back({a, b, siemens, sinh_per_v});
}

Circuit::Unknowns Circuit::number_unknowns() const {
  Unknowns unknowns;
  unknowns.index.assign(parent_.size(), -1);
  for (std::size_t node = 0; node < parent_.size(); ++node) {
    if (parent_[node] == static_cast<Node>(node) && !is_source_[node]) {
      unknowns.index[node] = unknowns.count++;
    }
  }
  return unknowns;
}

double Circuit::content(const std::vector<double>& volts) const {
  double sum = 0.0;
  for (const Branch& branch : branches_) {
    const double v = volts[static_cast<std::size_t>(merged(branch.a))] -
                     volts[static_cast<std::size_t>(merged(branch.b))];
    sum += cell_content(branch.siemens, branch.sinh_per_v, v);
  }
  return sum;
}

std::vector<double> Circuit::newton_step(const Unknowns& unknowns,
                                         const std::vector<double>& volts) const {
  std::vector<Eigen::Triplet<double>> slopes;
  Eigen::VectorXd leaving = Eigen::VectorXd::Zero(unknowns.count);
  const auto stamp = [&](Node from, Node to, double current, double slope) {
    const int row = unknowns.index[static_cast<std::size_t>(from)];
    const int column = unknowns.index[static_cast<std::size_t>(to)];
    if (row < 0) return;
    leaving(row) += current;
    slopes.emplace_back(row, row, slope);
    if (column >= 0) slopes.emplace_back(row, column, -slope);
  };
  for (const Branch& branch : branches_) {
    const Node a = merged(branch.a);
    const Node b = merged(branch.b);
    if (a == b) continue;
    const double v = volts[static_cast<std::size_t>(a)] - volts[static_cast<std::size_t>(b)];
    const double current = cell_current(branch.siemens, branch.sinh_per_v, v);
    const double slope = cell_slope(branch.siemens, branch.sinh_per_v, v);
    stamp(a, b, current, slope);
    stamp(b, a, -current, slope);
  }
  Eigen::SparseMatrix<double> matrix(unknowns.count, unknowns.count);
  matrix.setFromTriplets(slopes.begin(), slopes.end());
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(matrix);
  if (solver.info() != Eigen::Success) {
    throw NumericError("nodal analysis: a node is not joined to any source");
  }
  const Eigen::VectorXd solved = solver.solve(-leaving);
  std::vector<double> step(volts.size(), 0.0);
  for (std::size_t node = 0; node < volts.size(); ++node) {
    if (unknowns.index[node] >= 0) step[node] = solved(unknowns.index[node]);
  }
  return step;
}

std::vector<double> Circuit::solve_volts() const {
  std::vector<double> volts = volts_;
  const Unknowns unknowns = number_unknowns();
  if (unknowns.count == 0) return volts;
  const double scale = largest_magnitude(volts_);
  double before = content(volts);
  double size = 0.0;
  for (int iteration = 0; iteration < kMostSteps; ++iteration) {
    const std::vector<double> step = newton_step(unknowns, volts);
    std::vector<double> tried(volts.size());
    double damping = 1.0;
    double after = 0.0;
    for (int halving = 0; halving < kMostHalvings; ++halving, damping *= 0.5) {
      for (std::size_t i = 0; i < volts.size(); ++i) tried[i] = volts[i] + damping * step[i];
      after = content(tried);
      if (after <= before * (1.0 + kContentRounding)) break;
    }
    size = largest_magnitude(step);
    volts = tried;
    before = after;
    if (size <= kSettledStep * scale) return volts;
  }
  std::ostringstream text;
  text << "nodal analysis: Newton's method has not settled after " << kMostSteps
       << " steps; the last one is " << size << " V, sources up to " << scale << " V";
  throw NumericError(text.str());
}

std::vector<double> Circuit::currents_into(const std::vector<Node>& sinks) const {
  const std::vector<double> volts = solve_volts();
  std::vector<double> into(parent_.size(), 0.0);
  for (const Branch& branch : branches_) {
    const auto a = static_cast<std::size_t>(merged(branch.a));
    const auto b = static_cast<std::size_t>(merged(branch.b));
    const double current = cell_current(branch.siemens, branch.sinh_per_v, volts[a] - volts[b]);
    into[a] -= current;
    into[b] += current;
  }
  std::vector<double> result;
  for (const Node sink : sinks) {
    OHMWEAVE_REQUIRE(is_source_[static_cast<std::size_t>(merged(sink))], "a sink is a source");
    result.push_back(into[static_cast<std::size_t>(merged(sink))]);
  }
  return result;
}

}  // namespace ohmweave::crossbar
