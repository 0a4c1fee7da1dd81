// SPDX-License-Identifier: Apache-2.0
#include "admm/kernel_pattern.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

std::string text_of(const Pattern& pattern) {
  std::string text;
  for (const char is_open : pattern) text += is_open != 0 ? '1' : '0';
  return text;
}

std::int64_t num_kernels(const torch::Tensor& v, std::size_t size) {
  const auto kernel = static_cast<std::int64_t>(size);
  OHMWEAVE_REQUIRE(v.numel() % kernel == 0, "the tensor consists of whole kernels");
  return v.numel() / kernel;
}

}  // namespace

std::vector<Pattern> all_patterns(int size, int entries) {
  OHMWEAVE_REQUIRE(entries >= 0 && entries <= size, "a pattern has 0 to all positions");
  std::vector<int> positions(static_cast<std::size_t>(entries));
  std::iota(positions.begin(), positions.end(), 0);
  std::vector<Pattern> patterns;
  for (;;) {
    patterns.emplace_back(static_cast<std::size_t>(size), 0);
    for (const int position : positions) patterns.back()[position] = 1;
    int last = entries - 1;  // the last position that can still move up
    while (last >= 0 && positions[last] == size - entries + last) --last;
    if (last < 0) return patterns;
    std::iota(positions.begin() + last, positions.end(), positions[last] + 1);
  }
}

std::vector<Pattern> choose_patterns(const torch::Tensor& weight, int entries, std::size_t count) {
  OHMWEAVE_REQUIRE(weight.dim() == 4, "patterns are chosen for the kernels of a convolution");
  const torch::Tensor plain = checked_values(weight, "choice of patterns");
  const auto size = static_cast<std::size_t>(weight.size(2) * weight.size(3));
  const std::vector<double> squares = weighted_squares(plain, {});
  std::map<Pattern, std::int64_t, std::greater<>> votes;  // in the order of all_patterns()
  for (const Pattern& pattern : all_patterns(static_cast<int>(size), entries)) votes[pattern] = 0;
  OHMWEAVE_REQUIRE(count >= 1 && count <= votes.size(), "there are that many patterns");
  for (std::size_t first = 0; first < squares.size(); first += size) {
    const auto begin = squares.begin() + static_cast<std::ptrdiff_t>(first);
    const std::vector<double> kernel(begin, begin + static_cast<std::ptrdiff_t>(size));
    ++votes[choose_largest(kernel, entries)];
  }
  std::vector<std::pair<Pattern, std::int64_t>> ranked(votes.begin(), votes.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<Pattern> chosen;
  chosen.reserve(count);
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(ranked[i].first);
  return chosen;
}

Pattern parse_pattern(const std::string& text, std::int64_t size, const std::string& where) {
  if (static_cast<std::int64_t>(text.size()) != size ||
      text.find_first_not_of("01") != std::string::npos) {
    throw ConfigError({where + ": pattern = \"" + text + "\": must be " + std::to_string(size) +
                       " characters 0 or 1, the kernel row by row"});
  }
  Pattern pattern;
  pattern.reserve(text.size());
  for (const char c : text) pattern.push_back(c == '1' ? 1 : 0);
  return pattern;
}

KernelPattern::KernelPattern(std::vector<Pattern> patterns, std::int64_t keep)
    : patterns_(std::move(patterns)), keep_(keep) {
  OHMWEAVE_REQUIRE(!patterns_.empty() && !patterns_.front().empty(), "there are patterns");
  for (const Pattern& pattern : patterns_) {
    OHMWEAVE_REQUIRE(pattern.size() == patterns_.front().size(), "patterns have one size");
    positions_.emplace_back();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] != 0) positions_.back().push_back(static_cast<std::int32_t>(i));
    }
  }
}

torch::Tensor KernelPattern::nearest(const torch::Tensor& v, const torch::Tensor& metric) const {
  const std::size_t size = patterns_.front().size();
  const auto kernels = static_cast<std::size_t>(num_kernels(v, size));
  const std::vector<double> squares = weighted_squares(v, metric);
  std::vector<double> covered(kernels, -1.0);
  std::vector<std::size_t> best(kernels, 0);
  for (std::size_t kernel = 0; kernel < kernels; ++kernel) {
    const double* energies = squares.data() + kernel * size;
    for (std::size_t p = 0; p < positions_.size(); ++p) {
      double energy = 0.0;
      for (const std::int32_t position : positions_[p]) energy += energies[position];
      if (energy <= covered[kernel]) continue;
      covered[kernel] = energy;
      best[kernel] = p;
    }
  }
  const std::vector<char> chosen = choose_largest(covered, keep_);
  std::vector<char> kept(squares.size(), 0);
  for (std::size_t kernel = 0; kernel < kernels; ++kernel) {
    if (chosen[kernel] == 0) continue;
    for (const std::int32_t position : positions_[best[kernel]]) kept[kernel * size + position] = 1;
  }
  return zeroed_unless(v, kept);
}

bool KernelPattern::contains(const torch::Tensor& v) const {
  const torch::Tensor plain = plain_values(v);
  const std::size_t size = patterns_.front().size();
  std::int64_t used = 0;
  for (std::int64_t kernel = 0; kernel < num_kernels(v, size); ++kernel) {
    const float* values = plain.data_ptr<float>() + kernel * static_cast<std::int64_t>(size);
    if (std::all_of(values, values + size, [](float w) { return w == 0.0F; })) continue;
    ++used;
    const auto covers = [&](const Pattern& pattern) {
      for (std::size_t i = 0; i < size; ++i) {
        if (values[i] != 0.0F && pattern[i] == 0) return false;
      }
      return true;
    };
    if (std::none_of(patterns_.begin(), patterns_.end(), covers)) return false;
  }
  return used <= keep_;
}

Json KernelPattern::describe() const {
  Json patterns = Json::array();
  for (const Pattern& pattern : patterns_) patterns.push_back(text_of(pattern));
  return {{"kind", "pattern"}, {"patterns", patterns}, {"keep", keep_}};
}

}  // namespace ohmweave::admm
