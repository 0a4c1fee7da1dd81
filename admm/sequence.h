// SPDX-License-Identifier: Apache-2.0
// Several constraints on one tensor, projected one after the other: an approximation. A member of
// a counting set stays a member when more entries become zero, so counting sets come first and a
// level set, fed with their mask, last; then the result lies in all of them. In general it is not
// the nearest such point (finding that is NP-hard for rows and columns together).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

class Sequence final : public Constraint {
 public:
  explicit Sequence(std::vector<std::shared_ptr<const Constraint>> parts,
                    std::string kind = "sequence");
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::vector<std::shared_ptr<const Constraint>> parts_;
  std::string kind_;
};

}  // namespace ohmweave::admm
