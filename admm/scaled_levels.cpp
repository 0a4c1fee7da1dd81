// SPDX-License-Identifier: Apache-2.0
#include "admm/scaled_levels.h"

#include <cmath>
#include <utility>

#include "admm/masked_entries.h"
#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// The entries that share a scale, in the tensor's order.
std::vector<EntryRange> slices_of(const torch::Tensor& v, ScalePer scale_per) {
  if (scale_per == ScalePer::Tensor || v.numel() == 0) return {{0, v.numel()}};
  std::vector<EntryRange> slices;
  const std::int64_t length = v.numel() / v.size(0);
  for (std::int64_t filter = 0; filter < v.size(0); ++filter) {
    slices.push_back({filter * length, (filter + 1) * length});
  }
  return slices;
}

}  // namespace

ScaledLevels::ScaledLevels(std::string kind, std::vector<float> levels, ScalePer scale_per,
                           const torch::Tensor& mask)
    : kind_(std::move(kind)),
      list_(std::move(levels)),
      scale_per_(scale_per),
      mask_(plain_mask(mask)) {}

torch::Tensor ScaledLevels::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  if (contains(v)) return v;
  torch::Tensor result = torch::zeros_like(v);
  float* values = result.data_ptr<float>();
  const bool* is_open = mask_.defined() ? mask_.data_ptr<bool>() : nullptr;
  for (const EntryRange& slice : slices_of(v, scale_per_)) {
    const ScaleFit fit = fit_scale(masked_entries(v, metric, mask_, slice), list_);
    std::size_t next = 0;
    for (std::int64_t i = slice.begin; i < slice.end; ++i) {
      if (is_open != nullptr && !is_open[i]) continue;
      values[i] = fit.scale * list_.levels()[fit.codes[next++]];
    }
  }
  return result;
}

std::optional<std::vector<float>> ScaledLevels::exact_scales(const torch::Tensor& v) const {
  const torch::Tensor plain = plain_values(v);
  if (!is_zero_outside(plain, mask_)) return std::nullopt;
  std::vector<float> scales;
  for (const EntryRange& slice : slices_of(plain, scale_per_)) {
    const std::optional<ScaleFit> fit = exact_scale(masked_entries(plain, {}, mask_, slice), list_);
    if (!fit) return std::nullopt;
    scales.push_back(fit->scale);
  }
  return scales;
}

bool ScaledLevels::contains(const torch::Tensor& v) const { return exact_scales(v).has_value(); }

Json ScaledLevels::describe() const {
  return {{"kind", kind_},
          {"levels", list_.levels()},
          {"scale_per", scale_per_ == ScalePer::Tensor ? "tensor" : "filter"}};
}

std::vector<float> uniform_level_list(int count) {
  OHMWEAVE_REQUIRE(count >= 1, "there is a level");
  std::vector<float> levels;
  for (int code = 1; code <= count; ++code) {
    levels.push_back(static_cast<float>(code));
    levels.push_back(-static_cast<float>(code));
  }
  return levels;
}

std::vector<float> power_of_two_level_list(int count) {
  OHMWEAVE_REQUIRE(count >= 1, "there is a level");
  std::vector<float> levels;
  for (int exponent = 0; exponent < count; ++exponent) {
    levels.push_back(std::ldexp(1.0F, exponent));
    levels.push_back(-std::ldexp(1.0F, exponent));
  }
  return levels;
}

}  // namespace ohmweave::admm
