// SPDX-License-Identifier: Apache-2.0
// {W : of every M consecutive inputs of a filter at most N are non-zero}; inputs in the order of
// the window (channel, kernel row, kernel column), runs counted from each filter's first input, the
// last run of a filter may be shorter. Nearest point: the N largest metric_i v_i^2 of each run.
// Source: mishra_arxiv_2021 (2 of 4).
#pragma once

#include <cstdint>

#include "admm/constraint.h"

namespace ohmweave::admm {

class NOfM final : public Constraint {
 public:
  /// `window`: inputs of one filter; 0 <= n <= m, m >= 1.
  NOfM(std::int64_t window, int n, int m);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::int64_t window_;
  int n_;
  int m_;
};

}  // namespace ohmweave::admm
