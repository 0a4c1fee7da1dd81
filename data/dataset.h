// SPDX-License-Identifier: Apache-2.0
// Data sets as tensors.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "core/random.h"
#include "data/augment.h"
#include "data/options.h"

namespace ohmweave::data {

/// Images and their classes.
struct Split {
  torch::Tensor images;  // uint8, images x channels x height x width
  torch::Tensor labels;  // int64, images
};

struct TrainingData {
  Split train;
  Split validation;
};

/// The training images, cut in two: a permutation keyed by `seed` gives its first
/// num_validation_images to validation, the others to training. Generated sets are drawn from
/// `seed`. Throws DataError (files) or ConfigError (more validation images than there are).
[[nodiscard]] TrainingData load_training_data(const DataOptions& options, std::uint64_t seed);

/// The test images, in the order of their files (or of their index, when generated).
[[nodiscard]] Split load_test_data(const DataOptions& options, std::uint64_t seed);

/// Distorted copies of `images` (uint8, images x channels x height x width), each drawn from
/// `stream` by its copy and image number alone: uint8, copies x images x channels x height x width.
[[nodiscard]] torch::Tensor distorted_copies(const torch::Tensor& images,
                                             const AugmentOptions& options,
                                             const RandomStream& stream);

/// What a network sees: pixel / 255 as float32, of the same shape and device. Any other scaling is
/// the first layer's affair.
[[nodiscard]] torch::Tensor normalized(const torch::Tensor& images);

}  // namespace ohmweave::data
