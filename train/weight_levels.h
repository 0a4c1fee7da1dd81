// SPDX-License-Identifier: Apache-2.0
// The levels that weights are put on while a network is quantized: a list of integers and one scale
// for each weight tensor, and which of its weights are already fixed there. Works on a learner's
// tensors; entries outside the masks do not count.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "admm/level_search.h"
#include "train/learner.h"

namespace ohmweave::train {

/// The levels of one tensor, relative to its scale.
using LevelLists = std::map<std::string, admm::LevelList>;

class WeightLevels {
 public:
  /// For the tensors of `lists` in `learner`, which must outlive this. No scales yet.
  WeightLevels(const LevelLists& lists, const Masks& masks, Learner& learner);

  /// Scales of least squared error for the weights as they are, in the metric (by name, whole
  /// tensors) where there is one.
  void fit(const nn::TensorMap& metrics = {});

  /// Fixes weights, at the levels nearest to them, until `share` of those on each level are fixed:
  /// of the free ones on it the nearest, index as tie-break. The count is rounded up.
  void fix_nearest(double share);

  /// Puts the fixed weights on their levels, in float32: scale * level. Throws NumericError naming
  /// the tensor whose scale training has driven to zero or below.
  void settle_fixed();
  /// Puts all weights on the levels nearest to them. Throws as settle_fixed().
  void settle_all();

  /// Scales as trainable tensors of one entry, named "<weight>.scale"; live.
  [[nodiscard]] const nn::TensorMap& scales() const { return scales_; }
  /// Sets their gradients: sum over the weights (the fixed ones, if any are) of level * gradient.
  /// Source: ye_arxiv_2018 (retraining of clusters: members share one value).
  void set_scale_gradients() const;

  /// True if every weight is its level times its scale, bit for bit.
  [[nodiscard]] bool hold() const;
  /// The level of every weight relative to the scale, as last settled; 0 for a free one.
  [[nodiscard]] const torch::Tensor& levels(const std::string& name) const;

 private:
  /// Of one tensor; what has an entry a weight is in the learner's shape, flat.
  struct Slot {
    admm::LevelList list;
    torch::Tensor midpoints;  // float32: between neighbouring levels
    torch::Tensor values;     // float32: the levels
    torch::Tensor places;     // int64: entries that count
    torch::Tensor levels;     // float32: of every entry; 0 where free or outside
    torch::Tensor fixed;      // float32: 1 where fixed
  };
  [[nodiscard]] static torch::Tensor nearest_levels(const Slot& slot, const torch::Tensor& values,
                                                    const torch::Tensor& scale);
  [[nodiscard]] torch::Tensor weight(const std::string& name) const;
  [[nodiscard]] torch::Tensor scale(const std::string& name) const;
  [[nodiscard]] torch::Tensor trained_scale(const std::string& name) const;

  Learner& learner_;
  std::map<std::string, Slot> slots_;
  nn::TensorMap scales_;
};

}  // namespace ohmweave::train
