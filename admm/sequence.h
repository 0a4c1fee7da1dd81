// SPDX-License-Identifier: Apache-2.0
// Several constraints on one tensor, projected one after the other. A member of the table's
// counting sets stays a member when more entries become zero, so the result lies in all of them; it
// is feasible, but in general not the nearest feasible point (finding that is NP-hard for rows and
// columns together).
#pragma once

#include <memory>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

class Sequence final : public Constraint {
 public:
  explicit Sequence(std::vector<std::shared_ptr<const Constraint>> parts);
  [[nodiscard]] torch::Tensor project(const torch::Tensor& v) const override;
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  std::vector<std::shared_ptr<const Constraint>> parts_;
};

}  // namespace ohmweave::admm
