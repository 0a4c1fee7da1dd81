// SPDX-License-Identifier: Apache-2.0
// The ideal chip: every weight layer's exact integer product, in the form the executor runs.
#pragma once

#include <optional>
#include <vector>

#include "core/quantized_network.h"
#include "inference/layer_product.h"

namespace ohmweave::inference {

/// One entry a node of the network; empty for nodes without weights.
using LayerProducts = std::vector<std::optional<LayerProduct>>;

/// What core's integer reference computes, with nothing clamped, and rounded only where codes are
/// read as values that are no integers (then a sum may round otherwise than core's, which adds in
/// double): row groups are cut so that each sum of integers stays exact in float32. Throws
/// DataError when a single product of a weight and an input code is too large for that (2^24).
[[nodiscard]] LayerProducts exact_products(const QuantizedNetwork& network);

/// How the codes that enter a node are to be read: the output format of the node before it.
[[nodiscard]] const CodeFormat& input_format(const QuantizedNetwork& network, int node);

}  // namespace ohmweave::inference
