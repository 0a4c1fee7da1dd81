// SPDX-License-Identifier: Apache-2.0
// Matrix types of the crossbar level. Conductances and solves are double; what is read in batches
// is stored as float.
#pragma once

#include <Eigen/Core>

namespace ohmweave::crossbar {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

}  // namespace ohmweave::crossbar
