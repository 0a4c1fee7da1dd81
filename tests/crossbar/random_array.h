// SPDX-License-Identifier: Apache-2.0
// Arrays for the tests of the circuit solvers, and how far two answers are apart.
#pragma once

#include "core/random.h"
#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

/// rows x cols, uniform in 1 to 100 uS.
inline Matrix random_siemens(Eigen::Index rows, Eigen::Index cols, std::uint64_t seed) {
  const RandomStream stream(seed);
  Matrix siemens(rows, cols);
  for (Eigen::Index i = 0; i < siemens.size(); ++i) {
    siemens.data()[i] = 1e-6 + 99e-6 * stream.uniform(static_cast<std::uint64_t>(i));
  }
  return siemens;
}

/// rows x cols, uniform in -1 to 1.
inline Matrix random_signed(Eigen::Index rows, Eigen::Index cols, std::uint64_t seed) {
  const RandomStream stream(seed);
  Matrix values(rows, cols);
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    values.data()[i] = 2.0 * stream.uniform(static_cast<std::uint64_t>(i)) - 1.0;
  }
  return values;
}

/// The largest difference over the largest magnitude of b.
inline double relative_error(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

}  // namespace ohmweave::crossbar
