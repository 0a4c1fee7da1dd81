// SPDX-License-Identifier: Apache-2.0
// Which weights stay: scores of weights, masked mapping onto sets, and weights that come back.
#pragma once

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

#include "admm/constraint_table.h"
#include "train/learner.h"
#include "train/live_choice.h"
#include "train/masks.h"
#include "train/options.h"
#include "train/training_set.h"

namespace ohmweave::train {

/// The sets that weights must lie in, each with the weights it holds for.
using Constraints = std::vector<admm::ResolvedConstraint>;

/// `count` training images (all, if there are fewer) in keyed order, in the forms that an epoch
/// would show.
[[nodiscard]] Batch draw_batch(const TrainingSet& set, std::int64_t count,
                               const RandomStream& stream);

/// Fisher information of the learner's weights (names of `masks`, in the learner's shapes) plus
/// `floor_fraction` of its mean over each layer's weights (the sum over all that the learner has,
/// by the count of the mask), which keeps a weight that no drawn label happened to depend on
/// comparable.
[[nodiscard]] nn::TensorMap weight_fisher(Learner& learner, const Masks& masks,
                                          const torch::Tensor& images, const FisherOptions& options,
                                          double floor_fraction, const RandomStream& stream);

/// What scores are taken from.
struct ScoreInputs {
  const TrainingSet& set;
  const FisherOptions& fisher;
  const std::optional<DistillOptions>& distill;
  RandomStream stream;
};

/// Score of every weight of the network, 0 outside `masks`.
[[nodiscard]] WeightScores weight_scores(Learner& learner, const Masks& masks, ScoreKind kind,
                                         const ScoreInputs& inputs);

/// As choose_live(), and in the set of `count`: where dead paths leave a tensor below its floor,
/// the room kept for it stays empty.
[[nodiscard]] WeightMasks choose_counted(const Network& network, const WeightMasks& candidates,
                                         const WeightScores& scores,
                                         const admm::SharedCount& count);

/// Masked mapping: puts the weights of `module` into the sets, nearest in `metrics` (by weight
/// name, whole tensors; empty = 1), and returns where they may be non-zero from now on, inside
/// `masks`. With `remove_dead_paths` none of them is dead (core/dead_paths.h), and a single set
/// that is a shared count for all weights is filled up with the next best. Biases take what dead
/// paths held.
[[nodiscard]] Masks map_onto_sets(nn::GraphModule& module, const Constraints& constraints,
                                  const Masks& masks, const nn::TensorMap& metrics,
                                  bool remove_dead_paths);

/// The single set of `constraints` if it is a count that all weights of `masks` share.
[[nodiscard]] const admm::SharedCount* common_count(const Constraints& constraints,
                                                    const Masks& masks);

/// `masks` with the weights that come back (RegrowOptions).
[[nodiscard]] Masks regrown_masks(nn::GraphModule& module, const Masks& masks, double fraction,
                                  const ScoreInputs& inputs);

}  // namespace ohmweave::train
