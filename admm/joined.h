// SPDX-License-Identifier: Apache-2.0
// Sets made of others:
//   Masked    the members of a set that are 0 outside a mask. For sets that only ask entries to be
//             zero, projecting the masked values is exact: what lies outside costs the same for
//             all.
//   Separate  tensors side by side, given as their 1-D concatenation, each in a set of its own (or
//             in none); exact, since the distance is a sum over the parts.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

class Masked final : public Constraint {
 public:
  Masked(std::shared_ptr<const Constraint> inner, const torch::Tensor& mask);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::shared_ptr<const Constraint> inner_;
  torch::Tensor mask_;
};

/// One tensor of a concatenation; without a constraint it is free.
struct SeparatePart {
  std::vector<std::int64_t> shape;
  std::shared_ptr<const Constraint> constraint;
};

class Separate final : public Constraint {
 public:
  explicit Separate(std::vector<SeparatePart> parts) : parts_(std::move(parts)) {}
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  std::vector<SeparatePart> parts_;
};

/// The tensors one after the other, flattened.
[[nodiscard]] torch::Tensor concatenated(const std::vector<torch::Tensor>& tensors);
/// The inverse of concatenated().
[[nodiscard]] std::vector<torch::Tensor> split(
    const torch::Tensor& joined, const std::vector<std::vector<std::int64_t>>& shapes);

}  // namespace ohmweave::admm
