// SPDX-License-Identifier: Apache-2.0
#include "crossbar/calibration.h"

#include <cmath>

#include "core/error.h"

namespace ohmweave::crossbar {

double drift_compensation(const std::vector<double>& reference_then_a,
                          const std::vector<double>& reference_now_a) {
  OHMWEAVE_REQUIRE(reference_then_a.size() == reference_now_a.size(),
                   "both reads have the same columns");
  double then = 0.0;
  double now = 0.0;
  for (const double current : reference_then_a) then += std::abs(current);
  for (const double current : reference_now_a) now += std::abs(current);
  if (now > 0.0) return then / now;
  throw NumericError("drift compensation: all " + std::to_string(reference_now_a.size()) +
                     " currents of the reference read are 0 now");
}

ColumnCalibration calibrate_columns(const Matrix& measured, const Matrix& expected) {
  OHMWEAVE_REQUIRE(measured.rows() == expected.rows() && measured.cols() == expected.cols() &&
                       measured.rows() >= 1,
                   "measured and expected outputs have one shape and a read at least");
  ColumnCalibration result;
  for (Eigen::Index c = 0; c < measured.cols(); ++c) {
    const Eigen::VectorXd x = measured.col(c);
    const Eigen::VectorXd y = expected.col(c);
    const Eigen::VectorXd from_mean = x.array() - x.mean();
    const bool is_constant = x.maxCoeff() == x.minCoeff();
    const double gain = is_constant ? 0.0 : from_mean.dot(y) / from_mean.squaredNorm();
    result.gain.push_back(gain);
    result.offset.push_back(is_constant ? y.mean() : y.mean() - gain * x.mean());
  }
  return result;
}

}  // namespace ohmweave::crossbar
