// SPDX-License-Identifier: Apache-2.0
// What the activations of a network span, measured without torch and, if need be, without data.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/network_model.h"
#include "core/random.h"
#include "models/float_run.h"

namespace ohmweave::models {

/// As many images as one to two seconds of multiplications allow, from 1 to 8.
[[nodiscard]] int num_calibration_images(const Network& network);

/// Images of independent pixels, uniform in [0, 1) as normalized pixels are.
[[nodiscard]] std::vector<FloatMap> noise_images(const Network& network, int count,
                                                 const RandomStream& stream);

/// Ranges of every node's output over the images.
[[nodiscard]] std::map<std::string, ActivationRange> measured_ranges(
    const NetworkModel& model, const std::vector<FloatMap>& images);

}  // namespace ohmweave::models
