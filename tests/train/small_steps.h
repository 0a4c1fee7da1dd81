// SPDX-License-Identifier: Apache-2.0
// What the parts of a compression step are given in their tests, and slow twins of what they
// compute.
#pragma once

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "tests/train/small_training.h"
#include "train/compress_step.h"

namespace ohmweave::train {

inline TrainingSet small_set() { return load_training_set(small_data(), std::nullopt, 1); }

/// As small_set(), but the first of the 49 inputs is 0 in every image: weights that read it have no
/// Fisher information.
inline TrainingSet set_with_a_blind_input() {
  TrainingSet set = small_set();
  for (data::Split* split : {&set.data.train, &set.data.validation}) {
    split->images.slice(2, 0, 4).slice(3, 0, 4).fill_(0);
  }
  return set;
}

/// The small network with random weights, zero outside `masks`, and random biases.
inline nn::GraphModule random_module(const Masks& masks = {}) {
  nn::GraphModule module(small_network_without_dropout());
  nn::initialize(module, RandomStream(4));
  const torch::NoGradGuard no_grad;
  torch::manual_seed(11);
  for (auto& [name, parameter] : module.trainable()) {
    if (parameter.dim() == 1) torch::Tensor(parameter).copy_(0.1 * torch::randn_like(parameter));
  }
  mask_weights(module.trainable(), masks);
  module.eval();
  return module;
}

/// Weights of the small network, each there with probability `share`.
inline Masks random_masks(double share, std::uint64_t seed) {
  torch::manual_seed(seed);
  return {{"fc1.weight", torch::rand({16, 49}) < share},
          {"fc2.weight", torch::rand({10, 16}) < share}};
}

/// A step called "step" with checkpoints in `folder`.
inline StepContext small_context(const TrainingSet& set, Progress& progress,
                                 const std::filesystem::path& folder) {
  return {set, progress,    "step",          "/step",      folder,           "stamp",
          32,  LevelGrid{}, RandomStream(3), std::nullopt, EngineKind::Auto, {}};
}

/// Diagonal Fisher information one image at a time, on torch's autograd.
inline nn::TensorMap fisher_by_autograd(nn::GraphModule& module, const torch::Tensor& images,
                                        double temperature, const RandomStream& stream) {
  module.eval();
  nn::TensorMap fisher;
  for (const auto& [name, parameter] : module.trainable()) {
    fisher[name] = torch::zeros_like(parameter.detach());
  }
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    module.zero_grad();
    const torch::Tensor log_p =
        (module.forward(data::normalized(images.slice(0, i, i + 1))) / temperature)
            .log_softmax(1)[0];
    double left = stream.uniform(static_cast<std::uint64_t>(i));
    int label = 0;
    while (label < 9 && left >= std::exp(log_p[label].item<double>())) {
      left -= std::exp(log_p[label++].item<double>());
    }
    (-log_p[label]).backward();
    for (auto& [name, mean] : fisher) {
      mean += module.parameter(name).grad().square() / images.size(0);
    }
  }
  return fisher;
}

/// Mean gradients of the labels' loss over all training images, on torch's autograd.
inline nn::TensorMap gradients_by_autograd(nn::GraphModule& module, const TrainingSet& set) {
  module.zero_grad();
  const torch::Tensor logits = module.forward(data::normalized(set.data.train.images));
  torch::cross_entropy_loss(logits, set.data.train.labels).backward();
  nn::TensorMap gradients;
  for (const auto& [name, parameter] : module.trainable()) {
    gradients[name] = parameter.grad().clone();
  }
  return gradients;
}

inline bool is_inside(const torch::Tensor& inner, const torch::Tensor& outer) {
  return !inner.logical_and(outer.logical_not()).any().item<bool>();
}

}  // namespace ohmweave::train
