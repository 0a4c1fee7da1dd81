// SPDX-License-Identifier: Apache-2.0
// Learning rates as functions of the position in a phase, in epochs (3.5 = half through the
// fourth).
#pragma once

#include <functional>

#include "admm/options.h"

namespace ohmweave::train {

using LearningRate = std::function<double(double position)>;

/// first * (1 + cos(pi * position / epochs)) / 2. Source: loshchilov_iclr_2017 (no restart).
[[nodiscard]] LearningRate cosine_rate(double first, int epochs);

/// Falls geometrically from learning_rate to its end fraction inside each ADMM iteration, and
/// starts anew with the next one, whose problem is a new one.
[[nodiscard]] LearningRate admm_rate(const admm::AdmmOptions& options);

}  // namespace ohmweave::train
