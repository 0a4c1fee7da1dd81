// SPDX-License-Identifier: Apache-2.0
// Where the weights of a network come from when nothing is trained: drawn, or read from a file.
#pragma once

#include <filesystem>

#include "core/dead_paths.h"
#include "core/network.h"
#include "core/random.h"
#include "core/tensor.h"

namespace ohmweave::models {

/// Normal weights with standard deviation sqrt(2 / inputs of one window), each tensor from its own
/// stream (its name); biases 0, batch norm at identity. A ReLU network then keeps the variance of
/// its signals from layer to layer. Source: he_iccv_2015, eq. (10).
[[nodiscard]] Parameters random_parameters(const Network& network, const RandomStream& stream);

/// All parameters from a safetensors file. Throws DataError naming the file and the parameter that
/// is missing, of another shape or type, not finite, or known to no node (torch's counters
/// "*.num_batches_tracked" are passed over).
[[nodiscard]] Parameters read_parameters(const Network& network, const std::filesystem::path& path);

/// Masks by weight name from a safetensors file: tensors of 0 and 1 (BOOL, U8 or F32) with the
/// shape of the weight, one for every weight. Throws DataError naming the file and the mask that is
/// of another shape, type or value, or of no weight, or the weights that have none.
[[nodiscard]] WeightMasks read_masks(const Network& network, const std::filesystem::path& path);

/// Every weight kept.
[[nodiscard]] WeightMasks full_masks(const Network& network);

/// Sets the weights outside the masks to zero.
void apply_masks(const WeightMasks& masks, Parameters& parameters);

}  // namespace ohmweave::models
