// SPDX-License-Identifier: Apache-2.0
#include "crossbar/product.h"

#include <gtest/gtest.h>

#include "crossbar/inverse.h"
#include "crossbar/matrix_stack.h"
#include "tests/crossbar/random_array.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kProductRounding = 1e-14;

MatrixStack::View random_in(MatrixStack& stack, Eigen::Index rows, Eigen::Index cols, int seed) {
  MatrixStack::View result = stack.matrix(rows, cols);
  result = random_signed(rows, cols, static_cast<std::uint64_t>(seed));
  return result;
}

/// Rows of every kind of strip, columns of every kind of tile, and one operand that Eigen takes.
constexpr int kSizes[][3] = {{1, 1, 1},   {3, 5, 2},    {4, 4, 4},    {8, 6, 3},   {12, 7, 5},
                             {16, 16, 9}, {23, 18, 11}, {25, 30, 13}, {40, 9, 16}, {13, 300, 120}};

TEST(Products, AreThoseOfEigen) {
  for (const auto& [rows, cols, depth] : kSizes) {
    MatrixStack stack;
    const auto a = random_in(stack, rows, depth, 1);
    const auto b = random_in(stack, cols, depth, 2);
    const auto base = random_in(stack, rows, cols, 3);
    const Eigen::MatrixXd product = a * b.transpose();
    auto c = stack.matrix(rows, cols);

    set_product(a, b, c);
    EXPECT_LT((c - product).cwiseAbs().maxCoeff(), kProductRounding * depth) << rows;
    add_product(base, a, b, c);
    EXPECT_LT((c - base - product).cwiseAbs().maxCoeff(), kProductRounding * depth) << rows;
    subtract_product(c, a, b, c);
    EXPECT_LT((c - base).cwiseAbs().maxCoeff(), kProductRounding * depth) << rows;
  }
}

TEST(Products, OfTheLowerTriangleHaveIt) {
  for (const int size : {1, 5, 12, 29, 64}) {
    MatrixStack stack;
    const auto a = random_in(stack, size, 7, 1);
    const auto b = random_in(stack, size, 7, 2);
    const auto base = random_in(stack, size, size, 3);
    auto c = stack.matrix(size, size);

    add_lower_product(base, a, b, c);

    const Eigen::MatrixXd expected = (base + a * b.transpose()).triangularView<Eigen::Lower>();
    const Eigen::MatrixXd found = c.triangularView<Eigen::Lower>();
    EXPECT_LT((found - expected).cwiseAbs().maxCoeff(), 1e-13) << size;
  }
}

TEST(Products, WriteNothingBesideTheirResult) {
  MatrixStack stack;
  const auto a = random_in(stack, 7, 3, 1);
  const auto b = random_in(stack, 5, 3, 2);
  auto around = stack.matrix(9, 7);
  around.setOnes();

  set_product(a, b, around.block(1, 1, 7, 5));

  around.block(1, 1, 7, 5).setOnes();
  EXPECT_EQ(Eigen::MatrixXd(around), Eigen::MatrixXd::Ones(9, 7));
}

TEST(Copies, OfTransposesAndMirroredTriangles) {
  for (const int size : {1, 6, 16, 35}) {
    const Eigen::MatrixXd from = random_signed(size, size + 3, 4);
    Eigen::MatrixXd to(size + 3, size);
    copy_transposed(from, to);
    EXPECT_EQ(to, Eigen::MatrixXd(from.transpose())) << size;

    Eigen::MatrixXd square = from.leftCols(size);
    mirror_lower(square);
    EXPECT_EQ(square, Eigen::MatrixXd(from.leftCols(size).selfadjointView<Eigen::Lower>())) << size;
  }
}

TEST(InvertUnpivoted, GivesTheInverse) {
  for (const int size : {1, 2, 15, 16, 17, 33, 100}) {
    // Leading minors are large: the diagonal outweighs the rest of its rows.
    Eigen::MatrixXd matrix = random_signed(size, size, 5);
    matrix.diagonal().array() += 2.0 * size;
    Eigen::MatrixXd inverse = matrix;
    Eigen::MatrixXd workspace(size, size);

    invert_unpivoted(inverse, workspace);

    EXPECT_LT((inverse * matrix - Eigen::MatrixXd::Identity(size, size)).cwiseAbs().maxCoeff(),
              1e-13)
        << size;
  }
}

}  // namespace
}  // namespace ohmweave::crossbar
