// SPDX-License-Identifier: Apache-2.0
// Weights onto the conductance levels, within their masks: ADMM, hard projection, refinement with
// the activations rounded as the chip rounds them.
#pragma once

#include "train/compress_step.h"

namespace ohmweave::train {

/// Quantizes the weights of `module` in place; appends to `traces`. Returns the model with the
/// ranges its activations were rounded by and the level scale of every weight layer.
[[nodiscard]] NetworkModel quantize_weights(nn::GraphModule& module, const Masks& masks,
                                            const QuantizeOptions& options,
                                            const StepContext& context, Traces& traces);

}  // namespace ohmweave::train
