// SPDX-License-Identifier: Apache-2.0
// {W : W = scale * code, code an integer in -n..n, n = 2^weight_bits - 1, one scale > 0 per tensor,
// and W = 0 outside the mask}. Nearest point, exactly and in any metric: level_search.h. This is
// the grid of the chip: one scale per layer, codes that a pair of cells holds.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "admm/constraint.h"
#include "admm/level_search.h"

namespace ohmweave::admm {

/// A tensor on the grid: entry i is codes[i] * scale, multiplied in float32.
struct LevelFit {
  float scale = 1.0F;  // of an all-zero tensor: 1
  std::vector<std::int32_t> codes;
};

class ConductanceLevels final : public Constraint {
 public:
  /// `mask`: bool, of the tensor's shape, true where a weight may be non-zero; undefined = all.
  ConductanceLevels(int weight_bits, const torch::Tensor& mask);
  [[nodiscard]] bool contains(const torch::Tensor& v) const override;
  [[nodiscard]] Json describe() const override;

  /// The nearest grid and codes. Throws NumericError if an entry of `v` is not finite.
  [[nodiscard]] LevelFit fit(const torch::Tensor& v, const torch::Tensor& metric = {}) const;
  /// Scale and codes that give `v` bit for bit; empty if there are none.
  [[nodiscard]] std::optional<LevelFit> exact_fit(const torch::Tensor& v) const;

 private:
  [[nodiscard]] torch::Tensor nearest(const torch::Tensor& v,
                                      const torch::Tensor& metric) const override;
  [[nodiscard]] LevelFit spread(const ScaleFit& fit, std::int64_t entries) const;
  int weight_bits_;
  LevelList list_;
  torch::Tensor mask_;
};

/// The codes nearest to `values` at a given scale, clamped to +-(2^weight_bits - 1).
[[nodiscard]] std::vector<std::int32_t> nearest_codes(const torch::Tensor& values, float scale,
                                                      int weight_bits);
/// codes * scale in float32, in the given shape.
[[nodiscard]] torch::Tensor level_values(const LevelFit& fit, torch::IntArrayRef shape);

}  // namespace ohmweave::admm
