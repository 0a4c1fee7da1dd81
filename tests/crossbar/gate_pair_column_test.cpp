// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_pair_column.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/crossbar/random_array.h"
#include "tests/crossbar/random_reads.h"
#include "tests/crossbar/twin_circuits.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kPairRounding = 1e-11;  // of the currents that are subtracted
constexpr double kPairReadRounding = 1e-12;

Vector random_cells(Eigen::Index count, std::uint64_t seed) {
  return random_siemens(count, 1, seed).col(0);
}

TEST(GatePairColumn, OfOneWordLineIsSolvedByHand) {
  // 1 V through 1 + 1 ohm and -1 V through 1 + 3 ohm meet at 1 ohm to ground: q (1/2 + 1/4 + 1) =
  // 1/2 - 1/4.
  const GatePairColumn column{{0.0, 1.0, 1.0, 0.0, 1.0}, -1.0};

  EXPECT_DOUBLE_EQ(gate_pair_current(Vector::Ones(1), Vector::Constant(1, 1.0 / 3.0), column),
                   1.0 / 7.0);
}

TEST(GatePairColumn, WithoutWiresIsTheDifferenceOfTheCells) {
  Vector first(3);
  first << 1.0, 2.0, 4.0;
  Vector second(3);
  second << 3.0, 0.0, 1.5;

  EXPECT_DOUBLE_EQ(gate_pair_current(first, second, {{0.0, 0.0, 0.0, 0.0, 0.5}, -0.5}), 1.25);
}

TEST(GatePairColumn, AgreesWithNodalAnalysisForEveryKindOfResistance) {
  for (const Eigen::Index rows : {1, 2, 5, 40}) {
    Vector first = random_cells(rows, 1);
    Vector second = random_cells(rows, 2);
    if (rows > 2) first(0) = second(0) = second(rows - 1) = first(rows / 2) = 0.0;
    for (int zeros = 0; zeros < 16; ++zeros)
      for (const double second_v : {-0.4, 0.4, 0.1}) {
        const auto ohm = [&](int bit, double value) {
          return (zeros >> bit) % 2 == 1 ? 0.0 : value;
        };
        const GatePairColumn column{{ohm(0, 100.0), ohm(1, 70.0), ohm(2, 500.0), ohm(3, 30.0), 0.4},
                                    second_v};
        const double added = nodal_gate_pair_current(first, second, {column.lines, 0.4});

        EXPECT_NEAR(gate_pair_current(first, second, column),
                    nodal_gate_pair_current(first, second, column), kPairRounding * added)
            << rows << " rows, zeros " << zeros << ", second at " << second_v << " V";
      }
  }
}

TEST(GatePairColumn, WithOneBitLineOpenIsAColumnOfTheOther) {
  const Vector cells = random_cells(9, 3);
  const GatePairColumn column{{100.0, 70.0, 500.0, 30.0, 0.4}, -0.4};
  const double alone = gate_column_current(cells, column.lines);

  EXPECT_NEAR(gate_pair_current(cells, Vector::Zero(9), column), alone, kPairRounding * alone);
  EXPECT_NEAR(gate_pair_current(Vector::Zero(9), cells, column), -alone, kPairRounding * alone);
}

TEST(GatePairColumn, OfEqualCellsCarriesNothing) {
  const Vector cells = random_cells(20, 4);

  EXPECT_NEAR(gate_pair_current(cells, cells, {{100.0, 70.0, 500.0, 30.0, 0.4}, -0.4}), 0.0, 1e-18);
  EXPECT_EQ(gate_pair_current(Vector::Zero(4), Vector::Zero(4), {{1.0, 1.0, 0.0, 0.0, 0.5}, -0.5}),
            0.0);
}

TEST(GatePairColumns, OfManyReadsAreSolvedAsEachByItself) {
  for (const Eigen::Index rows : {1, 8, 21, 70}) {
    const Matrix first = random_siemens(rows, 6, 5);
    const Matrix second = random_siemens(rows, 6, 6);
    const MatrixF active = random_reads(rows, 19);
    const GateReads reads = gate_reads(active);
    for (int zeros = 0; zeros < 16; ++zeros)
      for (const double scale : {1.0, 1e4}) {
        const auto ohm = [&](int bit, double value) {
          return (zeros >> bit) % 2 == 1 ? 0.0 : value;
        };
        const GateColumn lines{ohm(0, 100.0 * scale), ohm(1, 70.0 * scale), ohm(2, 500.0),
                               ohm(3, 30.0), 0.4};
        for (const double second_v : {-0.4, 0.4, 0.1}) {
          const Matrix currents = gate_pair_currents(first, second, {lines, second_v}, reads);
          for (Eigen::Index i = 0; i < active.cols(); ++i)
            for (Eigen::Index c = 0; c < first.cols(); ++c) {
              const Vector is_active = active.col(i).cast<double>();
              const Vector firsts = first.col(c).cwiseProduct(is_active);
              const Vector seconds = second.col(c).cwiseProduct(is_active);
              EXPECT_NEAR(currents(c, reads.nodes[i]),
                          gate_pair_current(firsts, seconds, {lines, second_v}),
                          kPairReadRounding * gate_pair_current(firsts, seconds, {lines, 0.4}))
                  << rows << " rows, read " << i << ", zeros " << zeros << ", scale " << scale
                  << ", second at " << second_v;
            }
        }
      }
  }
}

TEST(GatePairColumns, OfAGroupOfWordLinesCarryTheirCurrentPastTheOthers) {
  const GateColumn lines{100.0, 70.0, 500.0, 30.0, 0.4};
  Vector first = random_cells(12, 8);
  Vector second = random_cells(12, 9);
  const Vector first_group = first.segment(3, 4);
  const Vector second_group = second.segment(3, 4);
  for (Vector* cells : {&first, &second}) {
    cells->head(3).setZero();
    cells->tail(5).setZero();
  }

  const double expected = gate_pair_current(first, second, {lines, -0.4});

  EXPECT_NEAR(
      gate_pair_current(first_group, second_group, {gate_column_of_rows(lines, 12, 3, 4), -0.4}),
      expected, kPairRounding * std::abs(expected));
}

}  // namespace
}  // namespace ohmweave::crossbar
