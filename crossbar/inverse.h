// SPDX-License-Identifier: Apache-2.0
// Inverses by recursive halving, nearly all of it matrix products: for the 16 to 256 rows of an
// array faster than a factorization and its inverse. Neither looks for pivots.
#pragma once

#include <Eigen/Core>

namespace ohmweave::crossbar {

/// Replaces the symmetric positive definite n x n matrix, of which only the lower triangle is read,
/// by its full inverse.
void invert_spd(Eigen::MatrixXd& matrix);

/// Replaces a matrix all of whose leading minors are well above 0 by its inverse. `workspace`: as
/// large as the matrix; its contents are lost.
void invert_unpivoted(Eigen::Ref<Eigen::MatrixXd> matrix, Eigen::Ref<Eigen::MatrixXd> workspace);

}  // namespace ohmweave::crossbar
