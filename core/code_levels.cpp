// SPDX-License-Identifier: Apache-2.0
#include "core/code_levels.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/quantized_network.h"

namespace ohmweave {

CodeLevels::CodeLevels(int weight_bits, std::vector<double> values) : values_(std::move(values)) {
  OHMWEAVE_REQUIRE(weight_bits >= 1 && weight_bits <= kMostWeightBits, "weight_bits out of range");
  largest_code_ = (std::int32_t{1} << weight_bits) - 1;
  largest_value_ = largest_code_;
  if (values_.empty()) return;
  OHMWEAVE_REQUIRE(values_.size() == static_cast<std::size_t>(largest_code_) + 1,
                   "every code has a value");
  for (const double value : values_) {
    OHMWEAVE_REQUIRE(std::isfinite(value) && value >= 0.0, "values are 0 or greater");
  }
  OHMWEAVE_REQUIRE(values_[0] == 0.0, "code 0 is read as 0");
  rising_.resize(values_.size());
  std::iota(rising_.begin(), rising_.end(), 0);
  std::stable_sort(rising_.begin(), rising_.end(),
                   [this](std::int32_t a, std::int32_t b) { return values_[a] < values_[b]; });
  const auto is_same = [this](std::int32_t a, std::int32_t b) { return values_[a] == values_[b]; };
  rising_.erase(std::unique(rising_.begin(), rising_.end(), is_same), rising_.end());
  for (std::size_t i = 1; i < rising_.size(); ++i) {
    midpoints_.push_back((values_[rising_[i - 1]] + values_[rising_[i]]) / 2.0);
  }
  largest_value_ = values_[rising_.back()];
  OHMWEAVE_REQUIRE(largest_value_ > 0.0, "some code is read as more than 0");
}

std::int32_t CodeLevels::nearest_code(double magnitude) const {
  if (values_.empty()) {
    return static_cast<std::int32_t>(
        std::min(std::floor(magnitude + 0.5), static_cast<double>(largest_code_)));
  }
  const auto above = std::upper_bound(midpoints_.begin(), midpoints_.end(), magnitude);
  return rising_[above - midpoints_.begin()];
}

}  // namespace ohmweave
