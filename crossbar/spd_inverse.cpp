// SPDX-License-Identifier: Apache-2.0
#include "crossbar/spd_inverse.h"

namespace ohmweave::crossbar {
namespace {

using Block = Eigen::Ref<Eigen::MatrixXd>;

constexpr Eigen::Index kLeafRows = 16;

/// Gauss-Jordan without pivoting (safe for positive definite matrices), on the full matrix.
void invert_leaf(Block a) {
  const Eigen::Index n = a.rows();
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = j + 1; i < n; ++i) a(j, i) = a(i, j);
  }
  Eigen::Matrix<double, Eigen::Dynamic, 1, 0, kLeafRows, 1> factors(n);
  for (Eigen::Index k = 0; k < n; ++k) {
    const double pivot = 1.0 / a(k, k);
    factors = a.col(k) * pivot;
    factors(k) = 0.0;
    a.col(k).setZero();
    a(k, k) = 1.0;
    for (Eigen::Index j = 0; j < n; ++j) {
      const double top = a(k, j);
      a.col(j) -= factors * top;
      a(k, j) = top * pivot;
    }
  }
}

/// With A = [A11 A21'; A21 A22], T = A21 A11^-1 and the Schur complement B = A22 - T A21':
/// A^-1 = [A11^-1 + T' B^-1 T, -T' B^-1; -B^-1 T, B^-1].
void invert(Block a) {
  const Eigen::Index n = a.rows();
  if (n <= kLeafRows) {
    invert_leaf(a);
    return;
  }
  const Eigen::Index top = n / 2;
  const Eigen::Index bottom = n - top;
  auto a11 = a.topLeftCorner(top, top);
  auto a21 = a.bottomLeftCorner(bottom, top);
  auto a22 = a.bottomRightCorner(bottom, bottom);
  invert(a11);
  auto a12 = a.topRightCorner(top, bottom);
  a12.noalias() = a11 * a21.transpose();  // T'
  a22.triangularView<Eigen::Lower>() -= a21 * a12;
  invert(a22);
  a21.noalias() = -(a22 * a12.transpose());
  a11.noalias() -= a12 * a21;
  a12 = a21.transpose();
}

}  // namespace

void invert_spd(Eigen::MatrixXd& matrix) { invert(matrix); }

}  // namespace ohmweave::crossbar
