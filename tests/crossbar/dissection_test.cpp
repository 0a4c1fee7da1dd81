// SPDX-License-Identifier: Apache-2.0
// Nested dissection against the nodal twin where that is affordable, else against block
// elimination.
#include "crossbar/dissection.h"

#include <gtest/gtest.h>

#include <string>

#include "crossbar/block_elimination.h"
#include "tests/crossbar/nodal_twin.h"
#include "tests/crossbar/random_array.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kDissectionRounding = 1e-12;  // against 64 bits; grows with the nodes along a line
constexpr double kDissectionRoundingOfBoth = 1e-11;

struct ArrayShape {
  int rows;
  int cols;
};

std::string name_of(const testing::TestParamInfo<ArrayShape>& entry) {
  return std::to_string(entry.param.rows) + "x" + std::to_string(entry.param.cols);
}

class DissectionOfSmall : public testing::TestWithParam<ArrayShape> {};

TEST_P(DissectionOfSmall, AgreesWithTheTwinForEveryKindOfWire) {
  const Matrix siemens = random_siemens(GetParam().rows, GetParam().cols, 2);

  for (const Wires& wires : {Wires{1.0, 1.0, 0.0, 0.0}, Wires{2.5, 0.7, 200.0, 50.0},
                             Wires{100.0, 80.0, 0.0, 0.0}, Wires{1e-3, 1e-3, 1000.0, 100.0}}) {
    const Matrix fast = dissected_matrix(siemens, wires);
    const Matrix slow = NodalTwin(siemens, wires).effective_matrix();
    EXPECT_LT(relative_error(fast, slow), kDissectionRounding)
        << wires.row_ohm << " " << wires.driver_ohm;
  }
}

TEST_P(DissectionOfSmall, AgreesWithTheTwinForLinesUsedAtBothEnds) {
  const Matrix siemens = random_siemens(GetParam().rows, GetParam().cols, 3);

  for (int ends = 1; ends < 4; ++ends) {
    const Wires wires{20.0, 30.0, 40.0, 50.0, ends % 2 == 1, ends / 2 == 1};
    const Matrix fast = dissected_matrix(siemens, wires);
    const Matrix slow = NodalTwin(siemens, wires).effective_matrix();
    EXPECT_LT(relative_error(fast, slow), kDissectionRounding) << ends;
  }
}

// One leaf, leaves in one direction, padded leaves, and more than four of them.
INSTANTIATE_TEST_SUITE_P(Shapes, DissectionOfSmall,
                         testing::Values(ArrayShape{1, 1}, ArrayShape{2, 1}, ArrayShape{1, 5},
                                         ArrayShape{4, 7}, ArrayShape{16, 16}, ArrayShape{17, 18},
                                         ArrayShape{3, 70}, ArrayShape{70, 3}, ArrayShape{35, 9}),
                         name_of);

class DissectionOfLarge : public testing::TestWithParam<ArrayShape> {};

TEST_P(DissectionOfLarge, AgreesWithBlockElimination) {
  const Matrix siemens = random_siemens(GetParam().rows, GetParam().cols, 4);

  for (const Wires& wires : {Wires{1.0, 2.0, 0.0, 0.0}, Wires{20.0, 10.0, 500.0, 100.0}}) {
    EXPECT_LT(relative_error(dissected_matrix(siemens, wires), eliminated_matrix(siemens, wires)),
              kDissectionRoundingOfBoth)
        << wires.row_ohm;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, DissectionOfLarge,
                         testing::Values(ArrayShape{128, 128}, ArrayShape{100, 37},
                                         ArrayShape{16, 200}, ArrayShape{65, 129},
                                         ArrayShape{90, 90}),
                         name_of);

TEST(Dissection, ZeroResistancesOfAnyKindAgreeWithBlockElimination) {
  const Matrix siemens = random_siemens(37, 50, 5);

  for (int zeros = 0; zeros < 16; ++zeros) {
    const auto ohm = [&](int bit, double value) { return (zeros >> bit) % 2 == 1 ? 0.0 : value; };
    const Wires wires{ohm(0, 2.0), ohm(1, 3.0), ohm(2, 40.0), ohm(3, 50.0)};
    EXPECT_LT(relative_error(dissected_matrix(siemens, wires), eliminated_matrix(siemens, wires)),
              kDissectionRounding)
        << zeros;
  }
}

TEST(Dissection, WithoutAnyResistanceIsTheTransposedConductances) {
  const Matrix siemens = random_siemens(40, 33, 6);

  EXPECT_EQ(dissected_matrix(siemens, {}), Matrix(siemens.transpose()));
  EXPECT_EQ(dissected_matrix(siemens, {0.0, 0.0, 0.0, 0.0, true, true}),
            Matrix(siemens.transpose()));
}

TEST(Dissection, OpenCellsCarryNothing) {
  Matrix siemens = random_siemens(40, 36, 7);
  siemens.row(4).setZero();
  siemens.col(17).setZero();
  siemens.block(16, 0, 20, 20).setZero();
  const Wires wires{3.0, 4.0, 10.0, 20.0};

  const Matrix fast = dissected_matrix(siemens, wires);

  EXPECT_LT(relative_error(fast, eliminated_matrix(siemens, wires)), kDissectionRounding);
  EXPECT_EQ(fast.row(17).cwiseAbs().maxCoeff(), 0.0);
  EXPECT_EQ(fast.col(4).cwiseAbs().maxCoeff(), 0.0);
  EXPECT_EQ(dissected_matrix(Matrix::Zero(40, 36), wires), Matrix(Matrix::Zero(36, 40)));
}

TEST(Dissection, IsReciprocalAlsoWithLinesUsedAtBothEnds) {
  const Matrix siemens = random_siemens(45, 34, 8);

  const Matrix forward = dissected_matrix(siemens, {1.5, 2.5, 30.0, 40.0, true, false});
  const Matrix turned = siemens.transpose().reverse();
  const Matrix backward = dissected_matrix(turned, {2.5, 1.5, 40.0, 30.0, false, true});

  EXPECT_LT(relative_error(backward, Matrix(forward.transpose().reverse())), kDissectionRounding);
}

TEST(Dissection, LinesUsedAtBothEndsCanBeTurnedAround) {
  const Matrix siemens = random_siemens(33, 40, 9);
  const Wires wires{5.0, 4.0, 30.0, 20.0, true, true};

  const Matrix forward = dissected_matrix(siemens, wires);
  const Matrix mirrored = dissected_matrix(siemens.rowwise().reverse(), wires);
  const Matrix upside_down = dissected_matrix(siemens.colwise().reverse(), wires);

  EXPECT_LT(relative_error(mirrored, Matrix(forward.colwise().reverse())), kDissectionRounding);
  EXPECT_LT(relative_error(upside_down, Matrix(forward.rowwise().reverse())), kDissectionRounding);
}

TEST(Dissection, ASecondEndBringsTheCurrentsNearerToIdeal) {
  const Matrix siemens = random_siemens(48, 48, 10);
  const Vector volts = Vector::Ones(48);
  const auto sum = [&](bool drive, bool sense) {
    const Wires wires{4.0, 4.0, 20.0, 20.0, drive, sense};
    return (dissected_matrix(siemens, wires) * volts).sum();
  };

  EXPECT_GT(sum(true, false), sum(false, false));
  EXPECT_GT(sum(false, true), sum(false, false));
  EXPECT_GT(sum(true, true), sum(true, false));
  EXPECT_LT(sum(true, true), siemens.sum());
}

}  // namespace
}  // namespace ohmweave::crossbar
