// SPDX-License-Identifier: Apache-2.0
#include "train/loss.h"

#include "core/error.h"

namespace ohmweave::train {

torch::Tensor training_loss(const torch::Tensor& logits, const Batch& batch,
                            const std::optional<DistillOptions>& distill) {
  const torch::Tensor plain = torch::nn::functional::cross_entropy(logits, batch.labels);
  if (!distill) return plain;
  OHMWEAVE_REQUIRE(batch.teacher_logits.defined(), "a distilled batch has its teacher's logits");
  const double t = distill->temperature;
  const torch::Tensor divergence =
      torch::kl_div((logits / t).log_softmax(1), (batch.teacher_logits / t).log_softmax(1),
                    at::Reduction::Sum, /*log_target=*/true) /
      static_cast<double>(logits.size(0));
  return plain * (1.0 - distill->weight) + divergence * (distill->weight * t * t);
}

}  // namespace ohmweave::train
