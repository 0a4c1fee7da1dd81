// SPDX-License-Identifier: Apache-2.0
// What a network does on given images: its score, and what its nodes' outputs span.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/network_model.h"
#include "data/dataset.h"
#include "nn/graph_module.h"

namespace ohmweave::nn {

struct Score {
  double accuracy = 0.0;  // share of images whose largest output is their label
  double loss = 0.0;      // mean cross-entropy, natural logarithm
  std::int64_t num_correct = 0;
  std::int64_t num_images = 0;
};

/// In evaluation mode (restored afterwards), without gradients, 1000 images at a time.
/// Throws DataError for an empty split, NumericError when an output is not finite.
[[nodiscard]] Score evaluate(GraphModule& module, const data::Split& split);

/// What every node's output spans on `normalized_images` (float32, images x channels x height x
/// width): exact minimum, maximum, and the 99.99th percentile of |x| by nearest rank. Activation
/// formats are off meanwhile. Throws DataError for no images.
[[nodiscard]] std::map<std::string, ActivationRange> observe_ranges(
    GraphModule& module, const torch::Tensor& normalized_images);

/// A module with the model's graph and parameters, in evaluation mode.
[[nodiscard]] GraphModule make_module(const NetworkModel& model);
/// Graph and parameters of a module, with the ranges given (and no level scales).
[[nodiscard]] NetworkModel to_model(const GraphModule& module,
                                    const std::map<std::string, ActivationRange>& ranges);

}  // namespace ohmweave::nn
