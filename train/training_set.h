// SPDX-License-Identifier: Apache-2.0
// What the training loops draw their batches from: the training images, distorted copies of them,
// and what teachers say of each.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/network_model.h"
#include "core/random.h"
#include "data/dataset.h"

namespace ohmweave::train {

struct TrainingSet {
  data::TrainingData data;
  data::DataOptions options;
  torch::Tensor copies;  // uint8, copies x images x channels x height x width, or undefined
  double original_fraction = 1.0;  // share of the draws that take the image, not a copy
  torch::Tensor teacher_logits;    // float32, (1 + copies) x images x classes, or undefined

  [[nodiscard]] std::int64_t num_images() const { return data.train.labels.numel(); }
  [[nodiscard]] std::int64_t num_copies() const { return copies.defined() ? copies.size(0) : 0; }
};

/// Loads the images and makes the copies that `augment` asks for, from `seed` alone. Throws as
/// data::load_training_data().
[[nodiscard]] TrainingSet load_training_set(const data::DataOptions& options,
                                            const std::optional<data::AugmentOptions>& augment,
                                            std::uint64_t seed);

/// Keeps the mean of what the teachers (in evaluation mode) answer to every image and copy: that of
/// their outputs before the softmax, so the geometric mean of their probabilities. At least one.
void add_teachers(TrainingSet& set, const std::vector<NetworkModel>& teachers);

/// Which form of every training image an epoch shows: 0 = the image itself, k = its k-th copy.
/// The share `original_fraction` of all takes the image. int64, one per training image; a pure
/// function of the stream.
[[nodiscard]] torch::Tensor draw_versions(const TrainingSet& set, double original_fraction,
                                          const RandomStream& stream);

struct Batch {
  torch::Tensor images;          // uint8, images x channels x height x width, contiguous
  torch::Tensor labels;          // int64
  torch::Tensor teacher_logits;  // float32, images x classes; undefined without a teacher
};

/// The training images at `indices`, each in the form that `versions` (of all images) names.
[[nodiscard]] Batch make_batch(const TrainingSet& set, const torch::Tensor& indices,
                               const torch::Tensor& versions);

}  // namespace ohmweave::train
