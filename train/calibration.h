// SPDX-License-Identifier: Apache-2.0
// Ranges of activations from training images, and the code formats that follow from them.
#pragma once

#include <map>
#include <string>

#include "core/quantized_network.h"
#include "nn/graph_module.h"
#include "train/phase.h"

namespace ohmweave::train {

/// Ranges of all nodes on the first kCalibrationImages training images (or on all, if fewer). The
/// training images are in keyed random order, so this is a random sample.
constexpr std::int64_t kCalibrationImages = 4000;
[[nodiscard]] std::map<std::string, ActivationRange> calibrate(nn::GraphModule& module,
                                                               const TrainingSet& set);

/// The formats that the quantized form of `model` gives to its nodes' outputs, for the nodes of the
/// unfolded graph where codes are made: the input, ReLU, Add, AvgPool2d, and layers that no ReLU
/// follows (with batch norm: after it). The network's output keeps its accumulators: no format.
[[nodiscard]] std::map<std::string, CodeFormat> training_formats(
    const NetworkModel& model, const QuantizationOptions& options);

}  // namespace ohmweave::train
