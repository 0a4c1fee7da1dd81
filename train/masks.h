// SPDX-License-Identifier: Apache-2.0
// Which weights may be non-zero: a bool tensor for every weight matrix, by parameter name.
#pragma once

#include <string>
#include <vector>

#include "core/dead_paths.h"
#include "nn/graph_module.h"

namespace ohmweave::train {

using Masks = nn::TensorMap;

/// "<node>.weight" of every Conv2d and Linear node, in order.
[[nodiscard]] std::vector<std::string> weight_names(const Network& network);

/// Everything allowed.
[[nodiscard]] Masks full_masks(const nn::GraphModule& module);
/// What is allowed by `masks` and not zero now.
[[nodiscard]] Masks nonzero_masks(const nn::GraphModule& module, const Masks& masks);

/// The same, a byte a weight, and back (in the shapes of the module's tensors).
[[nodiscard]] WeightMasks as_bytes(const Masks& masks);
[[nodiscard]] Masks as_masks(const WeightMasks& bytes, const nn::GraphModule& module);

/// Weights that the masks allow, over all tensors.
[[nodiscard]] std::int64_t count_weights(const Masks& masks);

/// Zeroes the gradients of the masked weights among `parameters`.
void mask_gradients(const nn::TensorMap& parameters, const Masks& masks);
/// Sets the masked weights among `parameters` to +0.
void mask_weights(const nn::TensorMap& parameters, const Masks& masks);

}  // namespace ohmweave::train
