// SPDX-License-Identifier: Apache-2.0
// What a constraint is: a set of tensors with a projection. Contract (tests run over the whole
// table): project(v) is contained, is a nearest point in the Frobenius norm, projecting it again
// changes nothing, and equal inputs give equal outputs whatever the machine.
#pragma once

#include <torch/torch.h>

#include "core/fields.h"

namespace ohmweave::admm {

class Constraint {
 public:
  virtual ~Constraint() = default;

  /// A nearest member of the set to `v`, of the same shape. `v`: float32, of the shape the
  /// constraint was made for; throws NumericError if an entry is not finite.
  [[nodiscard]] virtual torch::Tensor project(const torch::Tensor& v) const = 0;

  /// Exact membership, no tolerance.
  [[nodiscard]] virtual bool contains(const torch::Tensor& v) const = 0;

  /// {kind, and the numbers that fix the set}, for reports.
  [[nodiscard]] virtual Json describe() const = 0;
};

}  // namespace ohmweave::admm
