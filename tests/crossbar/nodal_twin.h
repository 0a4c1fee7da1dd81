// SPDX-License-Identifier: Apache-2.0
// The slow twin of crossbar/wires.h: nodal analysis of all 2 * rows * cols nodes as one dense
// matrix in extended precision, straight from the circuit's picture. All wires must be non-zero.
#pragma once

#include <Eigen/Dense>

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
      nodes_(row_node(r, 0), row_node(r, 0)) += source_siemens();
    }
    for (Eigen::Index c = 0; c < cols_; ++c) {
      nodes_(column_node(rows_ - 1, c), column_node(rows_ - 1, c)) += sense_siemens();
    }
  }

  [[nodiscard]] Matrix effective_matrix() const {
    Real sources = Real::Zero(nodes_.rows(), rows_);
    for (Eigen::Index r = 0; r < rows_; ++r) sources(row_node(r, 0), r) = source_siemens();
    const Real volts = nodes_.ldlt().solve(sources);
    Matrix result(cols_, rows_);
    for (Eigen::Index c = 0; c < cols_; ++c) {
      result.row(c) =
          (sense_siemens() * volts.row(column_node(rows_ - 1, c))).template cast<double>();
    }
    return result;
  }

 private:
  using Real = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
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
