// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.h"

#include <cmath>

namespace ohmweave::train {

LearningRate cosine_rate(double first, int epochs) {
  const double pi = std::acos(-1.0);
  return [=](double position) { return 0.5 * first * (1.0 + std::cos(pi * position / epochs)); };
}

LearningRate admm_rate(const admm::AdmmOptions& options) {
  return [options](double position) {
    const double iterations = position / options.epochs_per_iteration;
    const double progress = iterations - std::floor(iterations);
    return options.learning_rate * std::pow(options.learning_rate_end_fraction, progress);
  };
}

}  // namespace ohmweave::train
