// SPDX-License-Identifier: Apache-2.0
// A network of floats run on one image, without torch: fast enough to see what the activations of a
// network for ImageNet span. Single precision.
#pragma once

#include <functional>
#include <vector>

#include "core/network_model.h"

namespace ohmweave::models {

/// Features of one image, channel-major.
using FloatMap = std::vector<float>;

/// Calls `see` with the index and the output of every node, in order, as when evaluating (batch
/// norm with its running statistics, no dropout). `model` must be valid (validate()), `image` of
/// its input's size.
using FloatObserver = std::function<void(int node, const FloatMap& output)>;
void run_float(const NetworkModel& model, const FloatMap& image, const FloatObserver& see);

}  // namespace ohmweave::models
