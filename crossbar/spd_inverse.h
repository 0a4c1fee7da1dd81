// SPDX-License-Identifier: Apache-2.0
// Inverse of a symmetric positive definite matrix by recursive halving, nearly all of it matrix
// products: for the 16 to 256 rows of an array faster than a Cholesky factor and its inverse.
#pragma once

#include <Eigen/Core>

namespace ohmweave::crossbar {

/// Replaces the symmetric positive definite n x n matrix, of which only the lower triangle is read,
/// by its full inverse.
void invert_spd(Eigen::MatrixXd& matrix);

}  // namespace ohmweave::crossbar
