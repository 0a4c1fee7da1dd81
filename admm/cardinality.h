// SPDX-License-Identifier: Apache-2.0
// {W : at most `keep` entries are non-zero}. Nearest point: the `keep` entries of largest
// metric_i v_i^2 stay, the rest become zero. Source: zhang_eccv_2018, section 3.
#pragma once

#include <cstdint>

#include "admm/constraint.h"

namespace ohmweave::admm {

class Cardinality final : public Constraint {
 public:
  explicit Cardinality(std::int64_t keep) : keep_(keep) {}
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::int64_t keep_;
};

}  // namespace ohmweave::admm
