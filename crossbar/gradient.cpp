// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gradient.h"

#include "core/error.h"
#include "crossbar/line_relaxation.h"

namespace ohmweave::crossbar {

Matrix currents_gradient(const Matrix& siemens, const Wires& wires, const Matrix& volts,
                         const Matrix& d_loss_d_amps) {
  OHMWEAVE_REQUIRE(volts.rows() == siemens.rows() && d_loss_d_amps.rows() == siemens.cols() &&
                       volts.cols() == d_loss_d_amps.cols(),
                   "one voltage per row and one derivative per column, for each vector");
  const LineRelaxation relaxation(siemens, wires);
  Matrix gradient = Matrix::Zero(siemens.rows(), siemens.cols());
  for (Eigen::Index v = 0; v < volts.cols(); ++v) {
    if (volts.col(v).isZero(0.0) || d_loss_d_amps.col(v).isZero(0.0)) continue;
    const auto circuit = relaxation.solve({volts.col(v), {}, {}});
    const auto adjoint = relaxation.solve({{}, d_loss_d_amps.col(v), {}});
    gradient -= circuit.cell_volts().cwiseProduct(adjoint.cell_volts());
  }
  return gradient;
}

Matrix effective_matrix_gradient(const Matrix& siemens, const Wires& wires,
                                 const Matrix& d_loss_d_effective) {
  OHMWEAVE_REQUIRE(
      d_loss_d_effective.rows() == siemens.cols() && d_loss_d_effective.cols() == siemens.rows(),
      "one derivative per entry of the effective matrix");
  if (siemens.rows() <= siemens.cols()) {
    return currents_gradient(siemens, wires, Matrix::Identity(siemens.rows(), siemens.rows()),
                             d_loss_d_effective);
  }
  return currents_gradient(siemens, wires, d_loss_d_effective.transpose(),
                           Matrix::Identity(siemens.cols(), siemens.cols()));
}

}  // namespace ohmweave::crossbar
