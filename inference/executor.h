// SPDX-License-Identifier: Apache-2.0
// Runs an integer network over a batch: weight layers by their products (exact, or those of a
// chip), all else by core's integer arithmetic. With exact_products() every code equals
// core's run_integer_reference(). One thread; deterministic.
#pragma once

#include <optional>
#include <vector>

#include "core/quantized_network.h"
#include "inference/code_batch.h"
#include "inference/exact_products.h"

namespace ohmweave::inference {

/// Codes (the last node: accumulators) of every node, in node order. `input`: the Input node's
/// codes. `reading.noise` is needed where a product has read noise; node n reads
/// noise.child("node", n). Throws std::logic_error when a weight node has no product or the input
/// another shape.
[[nodiscard]] std::vector<CodeBatch> run_network(const QuantizedNetwork& network,
                                                 const LayerProducts& products,
                                                 const CodeBatch& input,
                                                 const Reading& reading = {});

/// Codes of one node without weights, from those of its inputs (all of as many images).
[[nodiscard]] CodeBatch run_operation(const QuantizedNetwork& network, int node,
                                      const std::vector<CodeBatch>& inputs);

}  // namespace ohmweave::inference
