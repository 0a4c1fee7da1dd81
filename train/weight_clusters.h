// SPDX-License-Identifier: Apache-2.0
// Weights that share free values: each weight of a clustered tensor belongs to a centroid for good,
// and only the centroids are trained. Works on a learner's tensors; entries outside the masks do
// not count. Source: ye_arxiv_2018 (retraining after clustering).
#pragma once

#include <torch/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admm/constraint.h"
#include "train/learner.h"

namespace ohmweave::train {

/// The set of clustered vectors that each tensor is put in (admm/clusters.h, without a mask).
using ClusterSets = std::map<std::string, std::shared_ptr<const admm::Constraint>>;

class WeightClusters {
 public:
  /// Centroids and members from the weights of `learner`, which must outlive this, as they are, in
  /// the metric (by name, whole tensors) where there is one.
  WeightClusters(const ClusterSets& sets, const Masks& masks, Learner& learner,
                 const nn::TensorMap& metrics = {});

  /// Gives every weight the value of its centroid.
  void settle();
  /// Trainable tensors, one entry a centroid, named "<weight>.centroids"; live.
  [[nodiscard]] const nn::TensorMap& centroids() const { return centroids_; }
  /// Sets their gradients: the sum of those of the members.
  void set_centroid_gradients() const;
  /// True if every weight is its centroid, bit for bit.
  [[nodiscard]] bool hold() const;
  /// The non-zero values that weights of each tensor take, ascending, by weight name.
  [[nodiscard]] std::map<std::string, std::vector<float>> codebooks() const;

 private:
  struct Slot {
    torch::Tensor places;   // int64: entries that count, of the learner's tensor, flat
    torch::Tensor members;  // int64: the centroid of each of them
  };
  [[nodiscard]] torch::Tensor values_of(const std::string& name) const;

  Learner& learner_;
  std::map<std::string, Slot> slots_;
  nn::TensorMap centroids_;
};

}  // namespace ohmweave::train
