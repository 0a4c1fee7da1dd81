// SPDX-License-Identifier: Apache-2.0
#include "crossbar/read_gradient.h"

#include <algorithm>

#include "core/error.h"
#include "crossbar/gradient.h"
#include "crossbar/pair.h"
#include "crossbar/wires.h"

namespace ohmweave::crossbar {
namespace {

/// cols x inputs to cols x rows: an input that drives two rows drives the second one with the
/// opposite voltage.
Matrix by_row(const Matrix& by_input, int rows_per_input) {
  if (rows_per_input == 1) return by_input;
  Matrix result(by_input.rows(), 2 * by_input.cols());
  for (Eigen::Index input = 0; input < by_input.cols(); ++input) {
    result.col(2 * input) = by_input.col(input);
    result.col(2 * input + 1) = -by_input.col(input);
  }
  return result;
}

/// Of rows first .. first + count - 1, which alone are connected.
Matrix group_gradient(const Matrix& cells, const Wires& wires, const Matrix& d_loss_d_effective,
                      Eigen::Index first, Eigen::Index count) {
  if (wires.sensed_at_both_ends) {
    Matrix connected = Matrix::Zero(cells.rows(), cells.cols());
    connected.middleRows(first, count) = cells.middleRows(first, count);
    Matrix of_group = Matrix::Zero(cells.cols(), cells.rows());
    of_group.middleCols(first, count) = d_loss_d_effective.middleCols(first, count);
    return effective_matrix_gradient(connected, wires, of_group).middleRows(first, count);
  }
  return effective_matrix_gradient(cells.middleRows(first, count),
                                   wires_of_rows(wires, cells.rows(), first, count),
                                   d_loss_d_effective.middleCols(first, count));
}

Matrix cells_gradient(const Matrix& cells, const ArrayOptions& array,
                      const Matrix& d_loss_d_effective) {
  const Wires wires = wires_of(array);
  if (array.topology == Topology::Passive)
    return effective_matrix_gradient(cells, wires, d_loss_d_effective);
  Matrix gradient(cells.rows(), cells.cols());
  for (Eigen::Index first = 0; first < cells.rows(); first += array.rows_at_once()) {
    const Eigen::Index count = std::min<Eigen::Index>(array.rows_at_once(), cells.rows() - first);
    gradient.middleRows(first, count) =
        group_gradient(cells, wires, d_loss_d_effective, first, count);
  }
  return gradient;
}

}  // namespace

Matrix read_gradient(const Matrix& siemens, const ArrayOptions& array, const DeviceOptions& device,
                     const Matrix& d_loss_d_effective) {
  OHMWEAVE_REQUIRE(array.topology != Topology::GateInput, "gate inputs have no effective matrix");
  OHMWEAVE_REQUIRE(d_loss_d_effective.rows() == siemens.cols() &&
                       d_loss_d_effective.cols() * array.rows_per_input() == siemens.rows(),
                   "one derivative per column and input");
  const Matrix chords = linearized_siemens(siemens, array, device);
  const double transistor_ohm = array.topology == Topology::RowSelect ? array.transistor_ohm : 0.0;
  const Matrix gradient = cells_gradient(behind_transistors(chords, transistor_ohm), array,
                                         by_row(d_loss_d_effective, array.rows_per_input()));
  // d(cell) / d(G): what a transistor leaves of a change of G, and of a curve its chord over G.
  const auto of_cell = [transistor_ohm](double g, double chord) {
    const double behind = 1.0 + chord * transistor_ohm;
    return (g > 0.0 ? chord / g : 1.0) / (behind * behind);
  };
  return gradient.cwiseProduct(siemens.binaryExpr(chords, of_cell));
}

}  // namespace ohmweave::crossbar
