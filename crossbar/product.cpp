// SPDX-License-Identifier: Apache-2.0
#include "crossbar/product.h"

#include <algorithm>
#include <cstring>

#include "crossbar/lanes.h"

namespace ohmweave::crossbar {
namespace {

using Eigen::Index;

constexpr Index kTileCols = 4;
constexpr Index kLargestOperand = 32768;  // entries of b; beyond, Eigen's packing pays: measured

Lanes loaded(const double* from) {
  Lanes result;
  std::memcpy(&result, from, sizeof(Lanes));
  return result;
}

void store(const Lanes& lanes, double* to) { std::memcpy(to, &lanes, sizeof(Lanes)); }

/// c = base + sign a b', or a b' without a base. All lie by columns.
struct Product {
  const double* a;
  Index a_step;
  const double* b;
  Index b_step;
  Index depth;
  const double* base;
  Index base_step;
  double sign;
  double* c;
  Index c_step;

  /// The entries of c from (i, j) down, of which `sums` are those of a b' and `rows` count.
  template <Index kVectors>
  void finish(const Lanes (&sums)[kVectors], Index i, Index j, Index rows) const {
    double* const to = c + i + j * c_step;
    const double* const from = base == nullptr ? nullptr : base + i + j * base_step;
    if (rows == kVectors * kLanes) {
#pragma GCC unroll 4
      for (Index v = 0; v < kVectors; ++v) {
        const Index at = v * kLanes;
        store(from == nullptr ? sums[v] : loaded(from + at) + all_lanes(sign) * sums[v], to + at);
      }
      return;
    }
    for (Index r = 0; r < rows; ++r) {
      const double sum = sums[r / kLanes][r % kLanes];
      to[r] = from == nullptr ? sum : from[r] + sign * sum;
    }
  }

  /// Of `rows` rows from i on, at most kVectors * kLanes, the first `cols` columns. Tiles of 4
  /// kVectors x 4 sums stay in registers.
  template <Index kVectors>
  void strip(Index i, Index rows, Index cols) const {
    for (Index j = 0; j < cols; j += kTileCols) {
      Lanes sums[kTileCols][kVectors];
      const double* column = a + i;
      const double* factors[kTileCols];
#pragma GCC unroll 4
      for (int l = 0; l < kTileCols; ++l) {
        factors[l] = b + (j + l < cols ? j + l : j);
#pragma GCC unroll 4
        for (Index v = 0; v < kVectors; ++v) sums[l][v] = all_lanes(0.0);
      }
      for (Index k = 0; k < depth; ++k, column += a_step) {
        Lanes entries[kVectors];
#pragma GCC unroll 4
        for (Index v = 0; v < kVectors; ++v) entries[v] = loaded(column + v * kLanes);
#pragma GCC unroll 4
        for (int l = 0; l < kTileCols; ++l) {
          const Lanes factor = all_lanes(factors[l][k * b_step]);
#pragma GCC unroll 4
          for (Index v = 0; v < kVectors; ++v) sums[l][v] += entries[v] * factor;
        }
      }
#pragma GCC unroll 4
      for (int l = 0; l < kTileCols; ++l) {
        if (j + l < cols) finish<kVectors>(sums[l], i, j + l, rows);
      }
    }
  }

  void rows_of_strip(Index i, Index rows, Index cols) const {
    if (rows > Index{2} * kLanes) {
      strip<3>(i, rows, cols);
    } else if (rows > kLanes) {
      strip<2>(i, rows, cols);
    } else {
      strip<1>(i, rows, cols);
    }
  }
};

/// Strips of 12 rows, but of 8 where a short one would be left.
Index next_rows(Index left) { return std::min<Index>(left, left > 12 && left <= 20 ? 8 : 12); }

void multiply(const ConstMatrixBlock* base, double sign, const ConstMatrixBlock& a,
              const ConstMatrixBlock& b, bool lower, MatrixBlock c) {
  if (b.size() > kLargestOperand) {
    if (base == nullptr) {
      c.setZero();
    } else if (base->data() != c.data()) {
      c = *base;
    }
    c.noalias() += (sign * a) * b.transpose();
    return;
  }
  const Product product{a.data(),
                        a.outerStride(),
                        b.data(),
                        b.outerStride(),
                        a.cols(),
                        base == nullptr ? nullptr : base->data(),
                        base == nullptr ? 0 : base->outerStride(),
                        sign,
                        c.data(),
                        c.outerStride()};
  for (Index i = 0, rows = 0; i < c.rows(); i += rows) {
    rows = next_rows(c.rows() - i);
    product.rows_of_strip(i, rows, lower ? std::min(c.cols(), i + rows) : c.cols());
  }
}

}  // namespace

void set_product(const ConstMatrixBlock& a, const ConstMatrixBlock& b, const MatrixBlock& c) {
  multiply(nullptr, 1.0, a, b, false, c);
}

void add_product(const ConstMatrixBlock& base, const ConstMatrixBlock& a, const ConstMatrixBlock& b,
                 const MatrixBlock& c) {
  multiply(&base, 1.0, a, b, false, c);
}

void subtract_product(const ConstMatrixBlock& base, const ConstMatrixBlock& a,
                      const ConstMatrixBlock& b, const MatrixBlock& c) {
  multiply(&base, -1.0, a, b, false, c);
}

void add_lower_product(const ConstMatrixBlock& base, const ConstMatrixBlock& a,
                       const ConstMatrixBlock& b, const MatrixBlock& c) {
  multiply(&base, 1.0, a, b, true, c);
}

void copy_transposed(const ConstMatrixBlock& from, MatrixBlock to) {
  const Index rows = to.rows() / kLanes * kLanes;
  const Index cols = to.cols() / kLanes * kLanes;
  for (Index j = 0; j < cols; j += kLanes) {
    for (Index i = 0; i < rows; i += kLanes) {
      Lanes lines[kLanes];
      for (Index k = 0; k < kLanes; ++k) lines[k] = loaded(from.col(i + k).data() + j);
      transpose(lines);
      for (Index k = 0; k < kLanes; ++k) store(lines[k], to.col(j + k).data() + i);
    }
  }
  const Index rest_rows = to.rows() - rows;
  const Index rest_cols = to.cols() - cols;
  if (rest_rows > 0) to.bottomRows(rest_rows) = from.rightCols(rest_rows).transpose();
  if (rest_cols > 0) {
    to.topRightCorner(rows, rest_cols) = from.bottomLeftCorner(rest_cols, rows).transpose();
  }
}

void mirror_lower(MatrixBlock matrix) {
  constexpr Index kPiece = 16;
  for (Index first = 0; first < matrix.rows(); first += kPiece) {
    const Index end = std::min(first + kPiece, matrix.rows());
    for (Index j = first; j < end; ++j) {
      for (Index i = j + 1; i < end; ++i) matrix(j, i) = matrix(i, j);
    }
    const Index rest = matrix.rows() - end;
    if (rest == 0) continue;
    copy_transposed(matrix.block(end, first, rest, end - first),
                    matrix.block(first, end, end - first, rest));
  }
}

}  // namespace ohmweave::crossbar
