// SPDX-License-Identifier: Apache-2.0
// {W : W = scale * code, code an integer in -n..n, n = 2^weight_bits - 1, one scale > 0 per tensor,
// and W = 0 outside the mask}. Nearest point, exactly: as the scale grows from 0, the nearest code
// of |v| falls from n to 0 at |v| / (k - 1/2); between two such break points the codes are constant
// and the best scale is sum(v k) / sum(k^2), with error sum(v^2) - sum(v k)^2 / sum(k^2). So one
// sweep over the sorted break points finds the global optimum.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "admm/constraint.h"

namespace ohmweave::admm {

/// A tensor on the grid: entry i is codes[i] * scale, multiplied in float32.
struct LevelFit {
  float scale = 1.0F;  // of an all-zero tensor: 1
  std::vector<std::int32_t> codes;
};

class ConductanceLevels final : public Constraint {
 public:
  /// `mask`: bool, of the tensor's shape, true where a weight may be non-zero; undefined = all.
  ConductanceLevels(int weight_bits, torch::Tensor mask);
  [[nodiscard]] torch::Tensor project(const torch::Tensor& v) const override;
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

  /// The nearest grid and codes.
  [[nodiscard]] LevelFit fit(const torch::Tensor& v) const;
  /// Scale and codes that give `v` bit for bit; empty if there are none.
  [[nodiscard]] std::optional<LevelFit> exact_fit(const torch::Tensor& v) const;

 private:
  [[nodiscard]] torch::Tensor masked(const torch::Tensor& v) const;
  int weight_bits_;
  torch::Tensor mask_;
};

/// The codes nearest to `values` at a given scale, clamped to +-(2^weight_bits - 1).
[[nodiscard]] std::vector<std::int32_t> nearest_codes(const torch::Tensor& values, float scale,
                                                      int weight_bits);
/// codes * scale in float32, in the given shape.
[[nodiscard]] torch::Tensor level_values(const LevelFit& fit, torch::IntArrayRef shape);

}  // namespace ohmweave::admm
