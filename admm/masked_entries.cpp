// SPDX-License-Identifier: Apache-2.0
#include "admm/masked_entries.h"

#include "core/error.h"

namespace ohmweave::admm {

torch::Tensor plain_mask(const torch::Tensor& mask) {
  if (!mask.defined()) return {};
  return mask.detach().to(torch::kCPU, torch::kBool).contiguous();
}

std::vector<WeightedValue> masked_entries(const torch::Tensor& v, const torch::Tensor& metric,
                                          const torch::Tensor& mask, EntryRange range) {
  OHMWEAVE_REQUIRE(!mask.defined() || mask.numel() == v.numel(), "a mask has its tensor's shape");
  const float* values = v.data_ptr<float>();
  const float* weights = metric.defined() ? metric.data_ptr<float>() : nullptr;
  const bool* is_open = mask.defined() ? mask.data_ptr<bool>() : nullptr;
  std::vector<WeightedValue> entries;
  entries.reserve(static_cast<std::size_t>(range.end - range.begin));
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    if (is_open != nullptr && !is_open[i]) continue;
    entries.push_back({values[i], weights == nullptr ? 1.0F : weights[i]});
  }
  return entries;
}

bool is_zero_outside(const torch::Tensor& v, const torch::Tensor& mask) {
  if (!mask.defined()) return true;
  OHMWEAVE_REQUIRE(mask.numel() == v.numel(), "a mask has its tensor's shape");
  const float* values = v.data_ptr<float>();
  const bool* is_open = mask.data_ptr<bool>();
  for (std::int64_t i = 0; i < v.numel(); ++i) {
    if (!is_open[i] && values[i] != 0.0F) return false;
  }
  return true;
}

}  // namespace ohmweave::admm
