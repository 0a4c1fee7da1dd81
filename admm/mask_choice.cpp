// SPDX-License-Identifier: Apache-2.0
#include "admm/mask_choice.h"

#include <cmath>

#include "admm/global_cardinality.h"
#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

void check_counts(const std::vector<MaskCandidate>& candidates, std::int64_t keep) {
  std::vector<std::string> problems;
  std::int64_t entries = 0;
  std::int64_t floors = 0;
  for (const MaskCandidate& candidate : candidates) {
    if (candidate.floor < 0 || candidate.floor > candidate.weight.numel()) {
      problems.push_back("mask of " + candidate.name +
                         ": floor = " + std::to_string(candidate.floor) + ": must be 0 to " +
                         std::to_string(candidate.weight.numel()) + ", its number of weights");
    }
    entries += candidate.weight.numel();
    floors += candidate.floor;
  }
  if (keep < floors || keep > entries) {
    problems.push_back("masks: keep = " + std::to_string(keep) + ": must be " +
                       std::to_string(floors) + " (the floors together) to " +
                       std::to_string(entries) + ", the number of weights");
  }
  if (!problems.empty()) throw ConfigError(problems);
}

/// Masks of the `keep` largest scores; `append` adds the scores of one candidate.
template <class Append>
std::vector<torch::Tensor> masks_by(const std::vector<MaskCandidate>& candidates, std::int64_t keep,
                                    Append append) {
  check_counts(candidates, keep);
  std::vector<double> scores;
  std::vector<CountedPart> parts;
  for (const MaskCandidate& candidate : candidates) {
    append(candidate, scores);
    parts.push_back({candidate.name, candidate.weight.numel(), candidate.floor});
  }
  const std::vector<char> kept = choose_with_floors(scores, parts, keep);
  std::vector<torch::Tensor> masks;
  std::size_t next = 0;
  for (const MaskCandidate& candidate : candidates) {
    masks.push_back(torch::empty(candidate.weight.sizes(), torch::kBool));
    bool* is_open = masks.back().data_ptr<bool>();
    for (std::int64_t i = 0; i < candidate.weight.numel(); ++i) is_open[i] = kept[next++] != 0;
  }
  return masks;
}

}  // namespace

std::vector<torch::Tensor> magnitude_masks(const std::vector<MaskCandidate>& candidates,
                                           std::int64_t keep) {
  return masks_by(candidates, keep, [](const MaskCandidate& candidate, std::vector<double>& out) {
    const torch::Tensor weight = checked_values(candidate.weight, "mask of " + candidate.name);
    const float* w = weight.data_ptr<float>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) out.push_back(std::fabs(w[i]));
  });
}

std::vector<torch::Tensor> saliency_masks(const std::vector<MaskCandidate>& candidates,
                                          std::int64_t keep) {
  return masks_by(candidates, keep, [](const MaskCandidate& candidate, std::vector<double>& out) {
    const std::string what = "mask of " + candidate.name;
    OHMWEAVE_REQUIRE(
        candidate.gradient.defined() && candidate.gradient.sizes() == candidate.weight.sizes(),
        "saliency takes a gradient of the weight's shape");
    const torch::Tensor weight = checked_values(candidate.weight, what);
    const torch::Tensor gradient = checked_values(candidate.gradient, what + ", gradient");
    const float* w = weight.data_ptr<float>();
    const float* g = gradient.data_ptr<float>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) {
      out.push_back(std::fabs(static_cast<double>(w[i]) * g[i]));
    }
  });
}

}  // namespace ohmweave::admm
