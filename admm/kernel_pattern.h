// SPDX-License-Identifier: Apache-2.0
// {W : the non-zeros of every kernel lie inside one of a given list of patterns, and at most `keep`
// kernels hold a non-zero}. A kernel is the k x k weights between one input channel and one filter.
// Nearest point: each kernel takes the pattern that covers most of its energy (sum of
// metric_i v_i^2; of equals the earlier pattern), then the kernels of largest covered energy stay.
// Source: ma_aaai_2020 (patterns), niu_asplos_2020 (patterns with connectivity).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

/// Which entries of a kernel, row-major, may be non-zero.
using Pattern = std::vector<char>;

/// All patterns of exactly `entries` of `size` positions, in lexicographic order of positions.
[[nodiscard]] std::vector<Pattern> all_patterns(int size, int entries);

/// `count` patterns of `entries` positions for the kernels of `weight` (.. x k x k): each kernel
/// votes for the positions of its largest magnitudes; the patterns with most votes, ties in the
/// order of all_patterns(). A heuristic: choosing the best library exactly is a covering problem.
[[nodiscard]] std::vector<Pattern> choose_patterns(const torch::Tensor& weight, int entries,
                                                   std::size_t count);

/// "010111010" for a cross in a 3 x 3 kernel; throws ConfigError naming `where`.
[[nodiscard]] Pattern parse_pattern(const std::string& text, std::int64_t size,
                                    const std::string& where);

class KernelPattern final : public Constraint {
 public:
  KernelPattern(std::vector<Pattern> patterns, std::int64_t keep);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::vector<Pattern> patterns_;
  std::vector<std::vector<std::int32_t>> positions_;  // of each pattern
  std::int64_t keep_;
};

}  // namespace ohmweave::admm
