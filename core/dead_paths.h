// SPDX-License-Identifier: Apache-2.0
// Weights that cannot matter once others are gone: those that read a feature no path from the image
// reaches (it is constant), and those whose output no path leads on from. Removing them frees part
// of a budget of weights without changing what the network computes, after constants have been
// folded into the biases behind them. Batch norm counts in its evaluation form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/network.h"
#include "core/tensor.h"

namespace ohmweave {

/// A byte per entry of a weight tensor, by parameter name ("conv1.weight"); 0 = no weight here.
using WeightMasks = std::map<std::string, std::vector<std::uint8_t>>;

/// `masks` without the weights that cannot matter. A weight that reads a constant stays where
/// folding would not be exact: a padded convolution, whose border sees fewer of the constants, and
/// a layer without a bias to fold into. Throws std::logic_error when a mask is missing or has
/// another size than its tensor.
[[nodiscard]] WeightMasks live_weights(const Network& network, const WeightMasks& masks);

/// The weights, in `masks` or not, that would be live if each alone were there beside `masks`: what
/// a pruned network can grow without a second weight to lead to it or on from it. Holds
/// live_weights(network, masks). Apart from those, no weight that reads a constant, even where
/// folding would not be exact. Throws as live_weights().
[[nodiscard]] WeightMasks growable_weights(const Network& network, const WeightMasks& masks);

/// Parameters of the network that has only `live` weights, live = live_weights(network, masks):
/// computes what `parameters`, zero outside `masks`, compute, up to float rounding. Constants go
/// into the biases that read them; biases of outputs that nothing reads become 0.
[[nodiscard]] Parameters fold_dead_paths(const Network& network, const Parameters& parameters,
                                         const WeightMasks& live);

}  // namespace ohmweave
