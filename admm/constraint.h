// SPDX-License-Identifier: Apache-2.0
// What a constraint is: a set of tensors with a projection. Distance is measured in a metric m > 0,
//   sum_i m_i (v_i - w_i)^2,   m = 1 everywhere when none is given.
// Contract (tests run over the whole table): project(v, m) is contained, is a nearest point in the
// metric (unless the set calls itself an approximation), projecting it again changes nothing, and
// equal inputs give equal outputs whatever the machine.
#pragma once

#include <torch/types.h>

#include "core/fields.h"

namespace ohmweave::admm {

class Constraint {
 public:
  virtual ~Constraint() = default;

  /// A nearest member of the set to `v`, of the same shape; `v` itself is left alone. `v`: float32,
  /// of the shape the constraint was made for; `metric`: of the same shape, undefined = 1
  /// everywhere. Throws NumericError if an entry of `v` is not finite, or one of `metric` is not
  /// positive and finite.
  [[nodiscard]] torch::Tensor project(const torch::Tensor& v,
                                      const torch::Tensor& metric = {}) const;

  /// Exact membership, no tolerance.
  [[nodiscard]] virtual bool contains(const torch::Tensor& v) const = 0;

  /// {kind, and the numbers that fix the set}, for reports.
  [[nodiscard]] virtual Json describe() const = 0;

 private:
  /// As project(), of values that were checked: on the CPU, contiguous, `metric` undefined or of
  /// the shape and type of `v`. May return `v` itself.
  [[nodiscard]] virtual torch::Tensor nearest(const torch::Tensor& v,
                                              const torch::Tensor& metric) const = 0;
};

}  // namespace ohmweave::admm
