// SPDX-License-Identifier: Apache-2.0
// Masks without ADMM, to compare with: exactly `keep` weights of several tensors together, the
// largest by a score, with floors per tensor and ties broken by the lower index.
//   magnitude  |w|             (han_neurips_2015)
//   saliency   |w g|, g = the loss's gradient, its first-order change when w becomes 0
//              (ding_neurips_2019)
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ohmweave::admm {

/// A tensor that competes for the count. `gradient` may stay undefined for magnitude_masks().
struct MaskCandidate {
  std::string name;
  torch::Tensor weight;
  torch::Tensor gradient;
  std::int64_t floor = 0;  // weights kept here at least
};

/// bool masks, one per candidate, with exactly `keep` ones in all. Throws NumericError when a
/// weight or gradient is not finite, ConfigError when count and floors do not fit.
[[nodiscard]] std::vector<torch::Tensor> magnitude_masks(
    const std::vector<MaskCandidate>& candidates, std::int64_t keep);
[[nodiscard]] std::vector<torch::Tensor> saliency_masks(
    const std::vector<MaskCandidate>& candidates, std::int64_t keep);

}  // namespace ohmweave::admm
