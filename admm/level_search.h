// SPDX-License-Identifier: Apache-2.0
// The nearest tensor whose entries are one scale times one of a list of levels:
//   min over q >= 0 and codes c of  sum_i m_i (v_i - q l_{c_i})^2 .
// For fixed q each entry takes its nearest level; as q grows, the entry moves to the next level
// inwards when q passes |v_i| / midpoint. Between two such break points the codes are fixed, the
// best scale is q = A / B with A = sum m v l, B = sum m l^2, and it lowers the error by A^2 / B.
// The global optimum is thus the best of all break points. There are (levels x entries) of them, so
// ranges of q are first ruled out by a bound. At q the nearest levels lower the error by
// G(q) = 2 q A(q) - q^2 B(q), the codes of q0 < q by G0(q) = 2 q A(q0) - q^2 B(q0), and
//   G(q) - G0(q) = sum over break points of max(0, 2 m (l - l') q (q - q_break) midpoint) ,
// l to l' being the step inwards. Each term is convex, hence in [q0, q1]
//   G(q) <= G0(q) + (q - q0) / (q1 - q0) (G(q1) - G0(q1)) ,
// which needs A and B at q0 and q1 only and is off in the order of the width squared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ohmweave::admm {

/// Distinct levels, ascending, and the points halfway between neighbours.
class LevelList {
 public:
  /// Sorts `levels`; they must be finite, distinct, and not all zero.
  explicit LevelList(std::vector<float> levels);
  [[nodiscard]] const std::vector<float>& levels() const { return levels_; }
  /// Index of the level nearest to `value`; halfway between two, the one nearer to zero.
  [[nodiscard]] std::int32_t nearest(double value) const;

 private:
  std::vector<float> levels_;
  std::vector<double> midpoints_;
};

/// A value and its weight in the metric.
struct WeightedValue {
  float value = 0.0F;
  float weight = 1.0F;
};

/// Value i is scale * levels[codes[i]], multiplied in float32. Scale 0: all zero.
struct ScaleFit {
  float scale = 0.0F;
  std::vector<std::int32_t> codes;
};

/// The scale q >= 0 of least error; of equally good ones the largest.
[[nodiscard]] double best_scale(const std::vector<WeightedValue>& values, const LevelList& list);

/// The codes nearest at a scale. Scale 0: the level nearest to zero.
[[nodiscard]] std::vector<std::int32_t> codes_at(const std::vector<WeightedValue>& values,
                                                 double scale, const LevelList& list);

/// best_scale() rounded to float32, with its codes.
[[nodiscard]] ScaleFit fit_scale(const std::vector<WeightedValue>& values, const LevelList& list);

/// Scale and codes that give the values bit for bit; empty if there are none.
[[nodiscard]] std::optional<ScaleFit> exact_scale(const std::vector<WeightedValue>& values,
                                                  const LevelList& list);

}  // namespace ohmweave::admm
