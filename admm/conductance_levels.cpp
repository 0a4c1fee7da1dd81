// SPDX-License-Identifier: Apache-2.0
#include "admm/conductance_levels.h"

#include <algorithm>
#include <cmath>

#include "admm/masked_entries.h"
#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

std::vector<float> code_list(int weight_bits) {
  OHMWEAVE_REQUIRE(weight_bits >= 1 && weight_bits <= 16, "weight bits are 1 to 16");
  std::vector<float> codes;
  const int highest = (1 << weight_bits) - 1;
  codes.reserve(2 * static_cast<std::size_t>(highest) + 1);
  for (int code = -highest; code <= highest; ++code) codes.push_back(static_cast<float>(code));
  return codes;
}

}  // namespace

std::vector<std::int32_t> nearest_codes(const torch::Tensor& values, float scale, int weight_bits) {
  const int highest = (1 << weight_bits) - 1;
  const float* v = values.data_ptr<float>();
  std::vector<std::int32_t> codes(static_cast<std::size_t>(values.numel()));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const double level = std::round(static_cast<double>(v[i]) / scale);
    codes[i] = static_cast<std::int32_t>(
        std::clamp(level, -static_cast<double>(highest), static_cast<double>(highest)));
  }
  return codes;
}

torch::Tensor level_values(const LevelFit& fit, torch::IntArrayRef shape) {
  torch::Tensor result = torch::empty(shape, torch::kFloat32);
  auto* values = result.data_ptr<float>();
  for (std::size_t i = 0; i < fit.codes.size(); ++i) {
    values[i] = fit.scale * static_cast<float>(fit.codes[i]);
  }
  return result;
}

ConductanceLevels::ConductanceLevels(int weight_bits, const torch::Tensor& mask)
    : weight_bits_(weight_bits), list_(code_list(weight_bits)), mask_(plain_mask(mask)) {}

/// Codes of all entries from those inside the mask.
LevelFit ConductanceLevels::spread(const ScaleFit& fit, std::int64_t entries) const {
  const bool* is_open = mask_.defined() ? mask_.data_ptr<bool>() : nullptr;
  const std::int32_t highest = (1 << weight_bits_) - 1;  // the code of the list's last level
  LevelFit result{fit.scale > 0.0F ? fit.scale : 1.0F,
                  std::vector<std::int32_t>(static_cast<std::size_t>(entries), 0)};
  std::size_t next = 0;
  for (std::size_t i = 0; i < result.codes.size(); ++i) {
    if (is_open == nullptr || is_open[i]) result.codes[i] = fit.codes[next++] - highest;
  }
  return result;
}

LevelFit ConductanceLevels::fit(const torch::Tensor& v, const torch::Tensor& metric) const {
  const torch::Tensor values = checked_values(v, "constraint 'conductance_levels'");
  const torch::Tensor weights = metric.defined() ? plain_values(metric) : metric;
  const EntryRange all{0, values.numel()};
  return spread(fit_scale(masked_entries(values, weights, mask_, all), list_), values.numel());
}

std::optional<LevelFit> ConductanceLevels::exact_fit(const torch::Tensor& v) const {
  const torch::Tensor values = plain_values(v);
  if (!is_zero_outside(values, mask_)) return std::nullopt;
  const EntryRange all{0, values.numel()};
  const std::optional<ScaleFit> exact = exact_scale(masked_entries(values, {}, mask_, all), list_);
  if (!exact) return std::nullopt;
  return spread(*exact, values.numel());
}

torch::Tensor ConductanceLevels::nearest(const torch::Tensor& v,
                                         const torch::Tensor& metric) const {
  return contains(v) ? v : level_values(fit(v, metric), v.sizes());
}

bool ConductanceLevels::contains(const torch::Tensor& v) const { return exact_fit(v).has_value(); }

Json ConductanceLevels::describe() const {
  return {{"kind", "conductance_levels"}, {"weight_bits", weight_bits_}};
}

}  // namespace ohmweave::admm
