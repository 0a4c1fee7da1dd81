// SPDX-License-Identifier: Apache-2.0
#include "train/weight_clusters.h"

#include <torch/utils.h>

#include <tuple>

namespace ohmweave::train {
namespace {

const char* const kSuffix = ".centroids";

}  // namespace

WeightClusters::WeightClusters(const ClusterSets& sets, const Masks& masks, Learner& learner,
                               const nn::TensorMap& metrics)
    : learner_(learner) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, set] : sets) {
    Slot slot{places_inside(learner, name, masks.at(name)), {}};
    const torch::Tensor values = values_of(name).index_select(0, slot.places);
    std::tie(centroids_[name + kSuffix], slot.members) =
        at::_unique(set->project(values, metric_inside(learner, name, metrics, slot.places)),
                    /*sorted=*/true, /*return_inverse=*/true);
    slots_.emplace(name, slot);
  }
}

torch::Tensor WeightClusters::values_of(const std::string& name) const {
  return learner_.tensors().at(name).detach().view(-1);
}

void WeightClusters::settle() {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, slot] : slots_) {
    values_of(name).index_copy_(0, slot.places,
                                centroids_.at(name + kSuffix).index_select(0, slot.members));
  }
}

void WeightClusters::set_centroid_gradients() const {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, slot] : slots_) {
    torch::Tensor centroids = centroids_.at(name + kSuffix);
    const torch::Tensor gradient = learner_.parameters().at(name).grad().reshape(-1);
    centroids.mutable_grad() = torch::zeros_like(centroids).index_add_(
        0, slot.members, gradient.index_select(0, slot.places));
  }
}

bool WeightClusters::hold() const {
  for (const auto& [name, slot] : slots_) {
    const torch::Tensor expected = centroids_.at(name + kSuffix).index_select(0, slot.members);
    if (!torch::equal(values_of(name).index_select(0, slot.places), expected)) return false;
  }
  return true;
}

std::map<std::string, std::vector<float>> WeightClusters::codebooks() const {
  std::map<std::string, std::vector<float>> codebooks;
  for (const auto& [name, slot] : slots_) {
    const torch::Tensor values =
        std::get<0>(at::_unique(values_of(name).index_select(0, slot.places), /*sorted=*/true));
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      const float value = values.data_ptr<float>()[i];
      if (value != 0.0F) codebooks[name].push_back(value);
    }
  }
  return codebooks;
}

}  // namespace ohmweave::train
