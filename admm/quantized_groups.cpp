// SPDX-License-Identifier: Apache-2.0
#include "admm/quantized_groups.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "admm/masked_entries.h"
#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

bool has_level(const LevelList& list, float value) {
  return std::binary_search(list.levels().begin(), list.levels().end(), value);
}

std::vector<char> groups_with_entries(const Grouping& grouping, const torch::Tensor& mask) {
  OHMWEAVE_REQUIRE(
      !mask.defined() || mask.numel() == static_cast<std::int64_t>(grouping.of_entry.size()),
      "a mask has its tensor's shape");
  const bool* is_open = mask.defined() ? mask.data_ptr<bool>() : nullptr;
  std::vector<char> has_entries(static_cast<std::size_t>(grouping.count), 0);
  for (std::size_t i = 0; i < grouping.of_entry.size(); ++i) {
    if (is_open == nullptr || is_open[i]) has_entries[grouping.of_entry[i]] = 1;
  }
  return has_entries;
}

}  // namespace

std::int64_t num_groups_inside(const Grouping& grouping, const torch::Tensor& mask) {
  const std::vector<char> has_entries = groups_with_entries(grouping, plain_mask(mask));
  return std::count(has_entries.begin(), has_entries.end(), 1);
}

QuantizedGroups::QuantizedGroups(Grouping grouping, std::vector<float> levels, Count count,
                                 const torch::Tensor& mask)
    : grouping_(std::move(grouping)),
      list_(std::move(levels)),
      count_(count),
      mask_(plain_mask(mask)),
      has_entries_(groups_with_entries(grouping_, mask_)) {
  OHMWEAVE_REQUIRE(count.rule == GroupCount::AtMost ||
                       count.keep <= std::count(has_entries_.begin(), has_entries_.end(), 1),
                   "there are as many groups as are to be kept");
}

/// Groups to keep: of largest gain, lower index first among equals.
std::vector<char> QuantizedGroups::chosen_groups(const std::vector<double>& gains) const {
  std::vector<double> scores = gains;
  for (std::size_t g = 0; g < scores.size(); ++g) {
    if (has_entries_[g] == 0) scores[g] = -INFINITY;
  }
  std::vector<char> chosen = choose_largest(scores, count_.keep);
  if (count_.rule == GroupCount::Exactly) return chosen;
  for (std::size_t g = 0; g < chosen.size(); ++g) {
    if (scores[g] <= 0.0) chosen[g] = 0;
  }
  return chosen;
}

torch::Tensor QuantizedGroups::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  OHMWEAVE_REQUIRE(v.numel() == static_cast<std::int64_t>(grouping_.of_entry.size()),
                   "the tensor has the shape the constraint was made for");
  const float* values = v.data_ptr<float>();
  const float* weights = metric.defined() ? metric.data_ptr<float>() : nullptr;
  const bool* is_open = mask_.defined() ? mask_.data_ptr<bool>() : nullptr;
  torch::Tensor result = torch::zeros_like(v);
  auto* quantized = result.data_ptr<float>();
  std::vector<double> gains(static_cast<std::size_t>(grouping_.count), 0.0);
  for (std::size_t i = 0; i < grouping_.of_entry.size(); ++i) {
    if (is_open != nullptr && !is_open[i]) continue;
    const double value = values[i];
    const double level = list_.levels()[list_.nearest(value)];
    quantized[i] = static_cast<float>(level);
    // v^2 - (v - l)^2 without the cancelling squares
    const double gain = level * (2.0 * value - level);
    gains[grouping_.of_entry[i]] += weights == nullptr ? gain : gain * weights[i];
  }
  const std::vector<char> chosen = chosen_groups(gains);
  for (std::size_t i = 0; i < grouping_.of_entry.size(); ++i) {
    if (chosen[grouping_.of_entry[i]] == 0) quantized[i] = 0.0F;
  }
  return result;
}

bool QuantizedGroups::contains(const torch::Tensor& v) const {
  const torch::Tensor plain = plain_values(v);
  if (!is_zero_outside(plain, mask_)) return false;
  const float* values = plain.data_ptr<float>();
  const bool* is_open = mask_.defined() ? mask_.data_ptr<bool>() : nullptr;
  std::vector<char> is_used(has_entries_.size(), 0);  // holds a non-zero
  std::vector<char> is_on_levels = has_entries_;
  for (std::size_t i = 0; i < grouping_.of_entry.size(); ++i) {
    if (is_open != nullptr && !is_open[i]) continue;
    if (values[i] != 0.0F) is_used[grouping_.of_entry[i]] = 1;
    if (!has_level(list_, values[i])) is_on_levels[grouping_.of_entry[i]] = 0;
  }
  for (std::size_t g = 0; g < is_used.size(); ++g) {
    if (is_used[g] != 0 && is_on_levels[g] == 0) return false;
  }
  const std::int64_t used = std::count(is_used.begin(), is_used.end(), 1);
  // With a level 0 an all-zero group may stand for a kept one.
  if (count_.rule == GroupCount::Exactly && !has_level(list_, 0.0F)) return used == count_.keep;
  return used <= count_.keep;
}

Json QuantizedGroups::describe() const {
  return {{"kind", count_.rule == GroupCount::AtMost ? "quantized_groups_at_most"
                                                     : "quantized_groups_exactly"},
          {"group", grouping_.unit},
          {"levels", list_.levels()},
          {"keep", count_.keep},
          {"of", std::count(has_entries_.begin(), has_entries_.end(), 1)}};
}

}  // namespace ohmweave::admm
