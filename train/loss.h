// SPDX-License-Identifier: Apache-2.0
// The loss of a batch: cross-entropy, mixed with what a teacher says when there is one:
//   (1 - weight) CE(labels, y) + weight T^2 KL(softmax(teacher / T) || softmax(y / T))
// Source: hinton_arxiv_2015, section 2 (the factor T^2 keeps the gradients' size).
#pragma once

#include <torch/types.h>

#include "train/options.h"
#include "train/training_set.h"

namespace ohmweave::train {

/// Mean over the batch, a scalar. `logits`: images x classes. Without teacher_logits in the batch
/// it is the cross-entropy alone.
[[nodiscard]] torch::Tensor training_loss(const torch::Tensor& logits, const Batch& batch,
                                          const std::optional<DistillOptions>& distill);

/// What a network (and its teacher, or null) answers to one image, and its class.
struct ImageAnswer {
  const float* logits = nullptr;
  const float* teacher_logits = nullptr;
  int num_classes = 0;
  int label = 0;
};

/// The same loss for one image, without torch; writes its gradient by the logits. Without `distill`
/// the teacher is not looked at.
double image_loss(const ImageAnswer& answer, const std::optional<DistillOptions>& distill,
                  float* gradient);

/// softmax(logits / temperature), num_classes numbers.
void softmax(const float* logits, int num_classes, double temperature, float* result);

}  // namespace ohmweave::train
