// SPDX-License-Identifier: Apache-2.0
#include "crossbar/solve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kCaseRounding = 1e-11;

CrossbarCase random_case(int rows, int cols) {
  const RandomStream stream(21);
  CrossbarCase c;
  c.rows = rows;
  c.cols = cols;
  c.row_ohm = 12.0;
  c.col_ohm = 7.0;
  c.driver_ohm = 100.0;
  c.sense_ohm = 30.0;
  for (int i = 0; i < rows * cols; ++i) {
    c.siemens.push_back(1e-6 + 1e-4 * stream.uniform(static_cast<std::uint64_t>(i)));
  }
  for (int r = 0; r < rows; ++r) {
    c.voltages_v.push_back(stream.child("volts").uniform(static_cast<std::uint64_t>(r)) - 0.3);
  }
  return c;
}

void expect_same(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  double largest = 0.0;
  for (const double x : b) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], tolerance * largest) << "column " << i;
  }
}

TEST(SolveCase, NewtonAndLineRelaxationAgreeOnNearlyLinearCells) {
  CrossbarCase c = random_case(9, 13);
  const CaseCurrents linear = solve_case(c);
  c.sinh_per_v = 1e-6;  // sinh(kv) / k differs from v by (kv)^2 / 6, below 1e-13

  const CaseCurrents newton = solve_case(c);

  EXPECT_EQ(linear.method, "line_relaxation");
  EXPECT_EQ(newton.method, "newton");
  expect_same(newton.currents_a, linear.currents_a, kCaseRounding);
}

TEST(SolveCase, SinhCellsWithoutWiresAddUp) {
  CrossbarCase c = random_case(3, 2);
  c.row_ohm = c.col_ohm = c.driver_ohm = c.sense_ohm = 0.0;
  c.sinh_per_v = 4.0;

  const CaseCurrents solved = solve_case(c);

  std::vector<double> expected(2, 0.0);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t col = 0; col < 2; ++col) {
      expected[col] += c.siemens[r * 2 + col] * std::sinh(4.0 * c.voltages_v[r]) / 4.0;
    }
  }
  expect_same(solved.currents_a, expected, kCaseRounding);
}

TEST(SolveCase, StronglyNonlinearCellsSettle) {
  CrossbarCase c = random_case(8, 8);
  c.sinh_per_v = 100.0;

  const CaseCurrents solved = solve_case(c);

  // The driver lets no more than its voltage over its resistance pass.
  double sum = 0.0;
  double most = 0.0;
  for (const double amps : solved.currents_a) sum += std::abs(amps);
  for (const double v : c.voltages_v) most += std::abs(v) / c.driver_ohm;
  EXPECT_GT(sum, 0.0);
  EXPECT_LT(sum, most);
}

TEST(SolveCase, RowSelectLeavesInactiveRowsOut) {
  CrossbarCase c = random_case(6, 4);
  c.topology = CaseTopology::RowSelect;
  c.active = {1, 0, 1, 1, 0, 0};
  CrossbarCase open = c;
  open.topology = CaseTopology::Passive;
  open.active.clear();
  for (std::size_t i = 0; i < open.siemens.size(); ++i) {
    if (c.active[i / 4] == 0.0) open.siemens[i] = 0.0;
  }

  EXPECT_EQ(solve_case(c).currents_a, solve_case(open).currents_a);
}

TEST(SolveCase, GateInputOfOneCellIsASeriesCircuit) {
  CrossbarCase c;
  c.topology = CaseTopology::GateInput;
  c.rows = c.cols = 1;
  c.bit_line_ohm = 1.0;
  c.source_line_ohm = 2.0;
  c.driver_ohm = 3.0;
  c.sense_ohm = 4.0;
  c.transistor_ohm = 40.0;
  c.read_voltage_v = 0.5;
  c.active = {1};
  c.siemens = {1.0 / 50.0};

  const CaseCurrents solved = solve_case(c);

  EXPECT_EQ(solved.method, "ladder");
  EXPECT_NEAR(solved.currents_a[0], 0.5 / 100.0, 0.005 * kCaseRounding);
  EXPECT_NEAR(solved.ideal_currents_a[0], 0.5 / 90.0, 0.006 * kCaseRounding);
}

TEST(SolveCase, GateInputWithNoActiveRowCarriesNothing) {
  CrossbarCase c;
  c.topology = CaseTopology::GateInput;
  c.rows = 2;
  c.cols = 1;
  c.bit_line_ohm = c.source_line_ohm = 1.0;
  c.read_voltage_v = 0.5;
  c.active = {0, 0};
  c.siemens = {1e-4, 1e-4};

  EXPECT_EQ(solve_case(c).currents_a, std::vector<double>{0.0});
}

}  // namespace
}  // namespace ohmweave::crossbar
