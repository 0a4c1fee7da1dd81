// SPDX-License-Identifier: Apache-2.0
// {W : at most `keep` groups hold a non-zero}, for any parting of a tensor into groups. Nearest
// point: the groups of largest energy, the sum of metric_i v_i^2, stay; the others become zero.
// Source: wen_neurips_2016 (structured groups), yuan_islped_2019 (groups at the crossbar's size).
#pragma once

#include <cstdint>

#include "admm/constraint.h"
#include "admm/grouping.h"

namespace ohmweave::admm {

class GroupCardinality final : public Constraint {
 public:
  GroupCardinality(Grouping grouping, std::int64_t keep);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  Grouping grouping_;
  std::int64_t keep_;
};

}  // namespace ohmweave::admm
