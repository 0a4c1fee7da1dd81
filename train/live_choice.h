// SPDX-License-Identifier: Apache-2.0
// Which weights of a whole network are kept when a count of them may stay: the best by a score,
// with floors per layer, none of them on a dead path; the places that dead paths free go to the
// next best.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/dead_paths.h"

namespace ohmweave::train {

/// A score for each entry of a weight tensor, by parameter name; larger = kept sooner.
using WeightScores = std::map<std::string, std::vector<double>>;

/// A mask inside `candidates` with exactly `keep` weights, all of them live (core/dead_paths.h), of
/// the highest scores; the `floors` best of each tensor named there come before all others. Among
/// equals the earlier tensor and the lower index come first. A greedy choice: finding the best
/// connected set of a given size is a Steiner problem. Fewer than `keep` only when no more live
/// weights exist.
[[nodiscard]] WeightMasks choose_live(const Network& network, const WeightMasks& candidates,
                                      const WeightScores& scores,
                                      const std::map<std::string, std::int64_t>& floors,
                                      std::int64_t keep);

/// Weights that a mask allows, over all tensors.
[[nodiscard]] std::int64_t count_weights(const WeightMasks& masks);

}  // namespace ohmweave::train
