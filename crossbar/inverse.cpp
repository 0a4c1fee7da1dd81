// SPDX-License-Identifier: Apache-2.0
#include "crossbar/inverse.h"

namespace ohmweave::crossbar {
namespace {

using Block = Eigen::Ref<Eigen::MatrixXd>;

constexpr Eigen::Index kLeafRows = 16;
using Leaf = Eigen::Matrix<double, kLeafRows, kLeafRows>;

/// Gauss-Jordan without pivoting, padded with the identity to a size that the compiler knows.
void invert_leaf(Block a) {
  const Eigen::Index n = a.rows();
  Leaf full = Leaf::Identity();
  full.topLeftCorner(n, n) = a;
  for (Eigen::Index k = 0; k < n; ++k) {
    const double pivot = 1.0 / full(k, k);
    Eigen::Matrix<double, kLeafRows, 1> factors = full.col(k) * pivot;
    factors(k) = 0.0;
    full.col(k).setZero();
    full(k, k) = 1.0;
    for (Eigen::Index j = 0; j < n; ++j) {
      const double top = full(k, j);
      full.col(j) -= factors * top;
      full(k, j) = top * pivot;
    }
  }
  a = full.topLeftCorner(n, n);
}

/// With A = [A11 A21'; A21 A22], T = A21 A11^-1 and the Schur complement B = A22 - T A21': A^-1 =
/// [A11^-1 + T' B^-1 T, -T' B^-1; -B^-1 T, B^-1].
void invert(Block a) {
  const Eigen::Index n = a.rows();
  if (n <= kLeafRows) {
    for (Eigen::Index j = 0; j < n; ++j) {
      for (Eigen::Index i = j + 1; i < n; ++i) a(j, i) = a(i, j);
    }
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
  a21.noalias() = (-a22) * a12.transpose();
  a11.noalias() -= a12 * a21;
  a12 = a21.transpose();
}

}  // namespace

void invert_spd(Eigen::MatrixXd& matrix) { invert(matrix); }

/// As above, with U = A11^-1 A12 and B = A22 - A21 U: A^-1 = [A11^-1 + U B^-1 T, -U B^-1; -B^-1 T,
/// B^-1].
void invert_unpivoted(Block a, Block workspace) {
  const Eigen::Index n = a.rows();
  if (n <= kLeafRows) {
    invert_leaf(a);
    return;
  }
  const Eigen::Index top = n / 2;
  const Eigen::Index bottom = n - top;
  auto a11 = a.topLeftCorner(top, top);
  auto a12 = a.topRightCorner(top, bottom);
  auto a21 = a.bottomLeftCorner(bottom, top);
  auto a22 = a.bottomRightCorner(bottom, bottom);
  auto U = workspace.topRightCorner(top, bottom);
  auto T = workspace.bottomLeftCorner(bottom, top);
  invert_unpivoted(a11, workspace.topLeftCorner(top, top));
  U.noalias() = a11 * a12;
  a22.noalias() -= a21 * U;
  T.noalias() = a21 * a11;
  invert_unpivoted(a22, workspace.bottomRightCorner(bottom, bottom));
  a21.noalias() = (-a22) * T;
  a12.noalias() = (-U) * a22;
  a11.noalias() -= U * a21;
}

}  // namespace ohmweave::crossbar
