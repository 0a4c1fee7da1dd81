// SPDX-License-Identifier: Apache-2.0
// What cell_curve.h promises, for both kinds: slope and content are derivative and integral of f.
#include "crossbar/cell_curve.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ohmweave::crossbar {
namespace {

constexpr double kVoltStep = 1e-5;         // volts, for central differences
constexpr double kVoltDifferences = 1e-7;  // third derivatives up to 100 times step^2, and rounding

void expect_consistent(const CellCurve& curve, double volts) {
  const double up = volts + kVoltStep;
  const double down = volts - kVoltStep;
  const double rise =
      (curve.amps_per_siemens(up) - curve.amps_per_siemens(down)) / (2.0 * kVoltStep);
  const double work = (curve.content(up) - curve.content(down)) / (2.0 * kVoltStep);
  EXPECT_NEAR(curve.slope(volts), rise, kVoltDifferences * (1.0 + rise)) << volts << " V";
  EXPECT_NEAR(curve.amps_per_siemens(volts), work, kVoltDifferences) << volts << " V";
}

TableCurve measured() {
  return TableCurve({{-0.5, -0.3}, {-0.3, -0.25}, {0.0, 0.0}, {0.1, 0.05}, {0.4, 0.4}, {0.6, 1.2}});
}

TEST(SinhCurve, SlopeAndContentAreItsDerivativeAndIntegral) {
  for (const double k : {0.0, 1.0, 4.0}) {
    for (const double v : {-0.7, -0.1, 0.0, 0.3, 0.9}) expect_consistent(SinhCurve(k), v);
  }
  EXPECT_DOUBLE_EQ(SinhCurve(2.0).amps_per_siemens(0.5), std::sinh(1.0) / 2.0);
}

TEST(TableCurve, GoesThroughItsPoints) {
  const TableCurve curve = measured();

  EXPECT_DOUBLE_EQ(curve.amps_per_siemens(-0.3), -0.25);
  EXPECT_EQ(curve.amps_per_siemens(0.0), 0.0);
  EXPECT_DOUBLE_EQ(curve.amps_per_siemens(0.4), 0.4);
  EXPECT_DOUBLE_EQ(curve.amps_per_siemens(0.6), 1.2);
  EXPECT_EQ(curve.content(0.0), 0.0);
}

TEST(TableCurve, SlopeAtAPointIsTheWeightedHarmonicMeanOfTheSecants) {
  // Secants 1 and 2 over widths 1 and 2: weights 2 * 2 + 1 and 2 + 2 * 1.
  const TableCurve curve({{0.0, 0.0}, {1.0, 1.0}, {3.0, 5.0}});

  EXPECT_DOUBLE_EQ(curve.slope(1.0), 9.0 / (5.0 / 1.0 + 4.0 / 2.0));
}

TEST(TableCurve, SlopeAndContentAreItsDerivativeAndIntegral) {
  // Between the points and beyond both ends; at a point the slope is continuous, its own slope not.
  for (const double v : {-0.9, -0.4, -0.2, 0.05, 0.2, 0.5, 0.7}) expect_consistent(measured(), v);
}

TEST(TableCurve, SlopeIsContinuousAtThePoints) {
  constexpr double kTiny = 1e-9;
  for (const double v : {-0.5, -0.3, 0.0, 0.1, 0.4, 0.6}) {
    EXPECT_NEAR(measured().slope(v - kTiny), measured().slope(v + kTiny), 1e-6) << v;
  }
}

TEST(TableCurve, NeverFalls) {
  const TableCurve steep(
      {{-1.0, -1.0}, {0.0, 0.0}, {0.1, 0.0}, {0.2, 5.0}, {1.0, 5.0}, {2.0, 5.1}});
  double before = steep.amps_per_siemens(-1.5);
  for (int i = -1499; i <= 2500; ++i) {
    const double now = steep.amps_per_siemens(1e-3 * i);
    EXPECT_GE(now, before - 1e-15) << i;
    EXPECT_GE(steep.slope(1e-3 * i), 0.0);
    before = now;
  }
}

TEST(TableCurve, OfAStraightLineIsThatLine) {
  const TableCurve line({{-1.0, -2.0}, {0.0, 0.0}, {0.5, 1.0}});

  EXPECT_DOUBLE_EQ(line.amps_per_siemens(0.3), 0.6);
  EXPECT_DOUBLE_EQ(line.amps_per_siemens(7.0), 14.0);
  EXPECT_DOUBLE_EQ(line.content(-3.0), 9.0);
}

TEST(TableCurve, RefusesWhatIsNoPassiveCurve) {
  EXPECT_THROW(TableCurve({{0.0, 0.0}}), std::logic_error);
  EXPECT_THROW(TableCurve({{0.0, 0.0}, {1.0, -1.0}}), std::logic_error);
  EXPECT_THROW(TableCurve({{0.0, 0.0}, {0.0, 1.0}}), std::logic_error);
  EXPECT_THROW(TableCurve({{0.1, 0.0}, {1.0, 1.0}}), std::logic_error);
}

}  // namespace
}  // namespace ohmweave::crossbar
