// SPDX-License-Identifier: Apache-2.0
#include "train/loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"

namespace ohmweave::train {
namespace {

/// log of softmax(logits / temperature) at every class.
std::vector<double> log_softmax(const float* logits, int num_classes, double temperature) {
  const float largest = *std::max_element(logits, logits + num_classes);
  std::vector<double> result(static_cast<std::size_t>(num_classes));
  double sum = 0.0;
  for (int c = 0; c < num_classes; ++c) {
    result[c] = (static_cast<double>(logits[c]) - largest) / temperature;
    sum += std::exp(result[c]);
  }
  for (double& value : result) value -= std::log(sum);
  return result;
}

}  // namespace

torch::Tensor training_loss(const torch::Tensor& logits, const Batch& batch,
                            const std::optional<DistillOptions>& distill) {
  torch::Tensor plain = torch::cross_entropy_loss(logits, batch.labels);
  if (!distill) return plain;
  OHMWEAVE_REQUIRE(batch.teacher_logits.defined(), "a distilled batch has its teacher's logits");
  const double t = distill->temperature;
  const torch::Tensor divergence =
      torch::kl_div((logits / t).log_softmax(1), (batch.teacher_logits / t).log_softmax(1),
                    at::Reduction::Sum, /*log_target=*/true) /
      static_cast<double>(logits.size(0));
  return plain * (1.0 - distill->weight) + divergence * (distill->weight * t * t);
}

void softmax(const float* logits, int num_classes, double temperature, float* result) {
  const std::vector<double> logs = log_softmax(logits, num_classes, temperature);
  for (int c = 0; c < num_classes; ++c) result[c] = static_cast<float>(std::exp(logs[c]));
}

double image_loss(const ImageAnswer& answer, const std::optional<DistillOptions>& distill,
                  float* gradient) {
  const int n = answer.num_classes;
  const double hard = distill ? 1.0 - distill->weight : 1.0;
  const std::vector<double> log_p = log_softmax(answer.logits, n, 1.0);
  double loss = -hard * log_p[answer.label];
  for (int c = 0; c < n; ++c) {
    gradient[c] = static_cast<float>(hard * (std::exp(log_p[c]) - (c == answer.label ? 1.0 : 0.0)));
  }
  if (!distill) return loss;
  const double t = distill->temperature;
  const std::vector<double> own = log_softmax(answer.logits, n, t);
  const std::vector<double> teacher = log_softmax(answer.teacher_logits, n, t);
  for (int c = 0; c < n; ++c) {
    const double wanted = std::exp(teacher[c]);
    loss += distill->weight * t * t * wanted * (teacher[c] - own[c]);
    gradient[c] += static_cast<float>(distill->weight * t * (std::exp(own[c]) - wanted));
  }
  return loss;
}

}  // namespace ohmweave::train
