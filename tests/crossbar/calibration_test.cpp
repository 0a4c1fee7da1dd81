// SPDX-License-Identifier: Apache-2.0
#include "crossbar/calibration.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/random.h"
#include "crossbar/drift.h"

namespace ohmweave::crossbar {
namespace {

TEST(DriftCompensation, IsTheRatioOfTheSumsOfMagnitudes) {
  EXPECT_DOUBLE_EQ(drift_compensation({3e-6, -1e-6}, {1e-6, -1e-6}), 2.0);
  EXPECT_THROW((void)drift_compensation({1e-6}, {0.0}), NumericError);
}

TEST(DriftCompensation, UndoesADriftThatAllCellsShare) {
  DeviceOptions o;
  o.drift.emplace();
  o.drift->nu_mean = {0.06};
  o.drift->nu_sigma = {0.0};
  const std::vector<double> programmed = {1e-6, 2e-5, 7e-5};
  const auto drifted = drifted_siemens(o, programmed, {1e5, 300.0}, RandomStream(1));

  const double scale = drift_compensation(programmed, drifted);

  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(scale * drifted[i], programmed[i], 1e-17) << i;
}

TEST(CalibrateColumns, FindsGainAndOffsetOfEachColumn) {
  Matrix measured(4, 2);
  measured << 0.0, 5.0,  //
      1.0, 3.0,          //
      2.0, -1.0,         //
      4.0, 0.0;
  Matrix expected = measured;
  expected.col(0) = (2.0 * measured.col(0)).array() - 1.0;
  expected.col(1) = (-0.5 * measured.col(1)).array() + 3.0;

  const auto fit = calibrate_columns(measured, expected);

  EXPECT_NEAR(fit.gain[0], 2.0, 1e-14);
  EXPECT_NEAR(fit.offset[0], -1.0, 1e-14);
  EXPECT_NEAR(fit.gain[1], -0.5, 1e-14);
  EXPECT_NEAR(fit.offset[1], 3.0, 1e-14);
}

TEST(CalibrateColumns, LeavesResidualsThatNoOtherLineMakesSmaller) {
  constexpr int kReads = 50;
  Matrix measured(kReads, 1);
  Matrix expected(kReads, 1);
  for (int n = 0; n < kReads; ++n) {
    const auto position = static_cast<std::uint64_t>(n);
    measured(n, 0) = RandomStream(61).normal(position);
    expected(n, 0) = 3.0 * measured(n, 0) + RandomStream(62).normal(position);
  }

  const auto fit = calibrate_columns(measured, expected);

  // Normal equations: residuals are orthogonal to 1 and to the measured outputs.
  const Vector residual =
      expected.col(0).array() - fit.gain[0] * measured.col(0).array() - fit.offset[0];
  EXPECT_NEAR(residual.sum(), 0.0, 1e-12);
  EXPECT_NEAR(residual.dot(measured.col(0)), 0.0, 1e-12);
}

TEST(CalibrateColumns, GivesAColumnThatNeverVariesItsMeanOnly) {
  const Matrix measured = Matrix::Constant(3, 1, 0.7);
  Matrix expected(3, 1);
  expected << 1.0, 2.0, 6.0;

  const auto fit = calibrate_columns(measured, expected);

  EXPECT_EQ(fit.gain[0], 0.0);
  EXPECT_DOUBLE_EQ(fit.offset[0], 3.0);
}

}  // namespace
}  // namespace ohmweave::crossbar
