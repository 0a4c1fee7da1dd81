// SPDX-License-Identifier: Apache-2.0
// The slow twin of crossbar/wires.h: nodal analysis of all 2 * rows * cols nodes as one dense
// matrix in extended precision, straight from the circuit's picture. All wires must be non-zero.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "crossbar/wires.h"

namespace ohmweave::crossbar {

class NodalTwin {
 public:
  NodalTwin(const Matrix& siemens, const Wires& wires)
      : rows_(siemens.rows()),
        cols_(siemens.cols()),
        wires_(wires),
        nodes_(2 * rows_ * cols_, 2 * rows_ * cols_) {
    nodes_.setZero();
    for (Eigen::Index r = 0; r < rows_; ++r) {
      for (Eigen::Index c = 0; c < cols_; ++c) {
        join(row_node(r, c), column_node(r, c), siemens(r, c));
        if (c > 0) join(row_node(r, c - 1), row_node(r, c), 1.0L / wires.row_ohm);
        if (r > 0) join(column_node(r - 1, c), column_node(r, c), 1.0L / wires.col_ohm);
      }
      for (const Eigen::Index node : driven_nodes(r)) nodes_(node, node) += source_siemens();
    }
    for (Eigen::Index c = 0; c < cols_; ++c) {
      for (const Eigen::Index node : sensed_nodes(c)) nodes_(node, node) += sense_siemens();
    }
  }

  [[nodiscard]] Matrix effective_matrix() const {
    const Real volts = node_volts();
    Matrix result = Matrix::Zero(cols_, rows_);
    for (Eigen::Index c = 0; c < cols_; ++c) {
      for (const Eigen::Index node : sensed_nodes(c)) {
        result.row(c) += (sense_siemens() * volts.row(node)).template cast<double>();
      }
    }
    return result;
  }

 private:
  using Real = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
  /// Voltages of all nodes (one per row) for one volt at each source in turn.
  [[nodiscard]] Real node_volts() const {
    Real sources = Real::Zero(nodes_.rows(), rows_);
    for (Eigen::Index r = 0; r < rows_; ++r) {
      for (const Eigen::Index node : driven_nodes(r)) sources(node, r) += source_siemens();
    }
    return nodes_.ldlt().solve(sources);
  }
  [[nodiscard]] std::vector<Eigen::Index> driven_nodes(Eigen::Index r) const {
    if (wires_.driven_at_both_ends) return {row_node(r, 0), row_node(r, cols_ - 1)};
    return {row_node(r, 0)};
  }
  [[nodiscard]] std::vector<Eigen::Index> sensed_nodes(Eigen::Index c) const {
    if (wires_.sensed_at_both_ends) return {column_node(rows_ - 1, c), column_node(0, c)};
    return {column_node(rows_ - 1, c)};
  }
  [[nodiscard]] Eigen::Index row_node(Eigen::Index r, Eigen::Index c) const {
    return r * cols_ + c;
  }
  [[nodiscard]] Eigen::Index column_node(Eigen::Index r, Eigen::Index c) const {
    return rows_ * cols_ + r * cols_ + c;
  }
  [[nodiscard]] long double source_siemens() const {
    return 1.0L / (static_cast<long double>(wires_.row_ohm) + wires_.driver_ohm);
  }
  [[nodiscard]] long double sense_siemens() const {
    return 1.0L / (static_cast<long double>(wires_.col_ohm) + wires_.sense_ohm);
  }
  void join(Eigen::Index a, Eigen::Index b, long double siemens) {
    nodes_(a, a) += siemens;
    nodes_(b, b) += siemens;
    nodes_(a, b) -= siemens;
    nodes_(b, a) -= siemens;
  }

  Eigen::Index rows_;
  Eigen::Index cols_;
  Wires wires_;
  Real nodes_;
};

}  // namespace ohmweave::crossbar
