// SPDX-License-Identifier: Apache-2.0
// Products a b' of matrices with some ten to some hundred rows, and copies of them. Operands are
// read where they lie: at these sizes packing, clearing and copying would cost as much again.
#pragma once

#include <Eigen/Core>

namespace ohmweave::crossbar {

using MatrixBlock = Eigen::Ref<Eigen::MatrixXd>;  // written to even where it is const
using ConstMatrixBlock = Eigen::Ref<const Eigen::MatrixXd>;

/// c = a b'. Here and below whole vectors of four are read from the columns of `a`, up to three
/// entries past its rows (matrix_stack.h), and of the operands only `base` may be c itself.
void set_product(const ConstMatrixBlock& a, const ConstMatrixBlock& b, const MatrixBlock& c);

/// c = base + a b'
void add_product(const ConstMatrixBlock& base, const ConstMatrixBlock& a, const ConstMatrixBlock& b,
                 const MatrixBlock& c);

/// c = base - a b'
void subtract_product(const ConstMatrixBlock& base, const ConstMatrixBlock& a,
                      const ConstMatrixBlock& b, const MatrixBlock& c);

/// c = base + a b', of which only the lower triangle is wanted; what is above it is lost.
void add_lower_product(const ConstMatrixBlock& base, const ConstMatrixBlock& a,
                       const ConstMatrixBlock& b, const MatrixBlock& c);

/// to = from'
void copy_transposed(const ConstMatrixBlock& from, MatrixBlock to);

/// Completes a symmetric matrix of which the lower triangle is given.
void mirror_lower(MatrixBlock matrix);

}  // namespace ohmweave::crossbar
