// SPDX-License-Identifier: Apache-2.0
#include "admm/conductance_levels.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "admm/ranking.h"
#include "core/error.h"

namespace ohmweave::admm {
namespace {

/// At `scale` the code of an entry of magnitude `magnitude` falls from `code` to code - 1.
struct BreakPoint {
  float scale = 0.0F;
  float magnitude = 0.0F;
  std::int32_t code = 0;
};

std::vector<BreakPoint> break_points(const torch::Tensor& values, int highest) {
  std::vector<BreakPoint> points;
  const float* v = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const float magnitude = std::fabs(v[i]);
    if (magnitude == 0.0F) continue;
    for (int code = 1; code <= highest; ++code) {
      points.push_back({magnitude / (static_cast<float>(code) - 0.5F), magnitude, code});
    }
  }
  std::sort(points.begin(), points.end(), [](const BreakPoint& a, const BreakPoint& b) {
    return std::tie(a.scale, a.magnitude, a.code) < std::tie(b.scale, b.magnitude, b.code);
  });
  return points;
}

/// The scale of least squared error over all scales; 0 for an all-zero tensor. Among equally good
/// ones (a grid that uses every other level only) the largest.
double sweep_best_scale(const torch::Tensor& values, int highest) {
  constexpr double kEqualScores = 1e-12;  // far above rounding, far below one weight's share
  const std::vector<BreakPoint> points = break_points(values, highest);
  double product = 0.0;      // sum of |v| * code
  std::int64_t squares = 0;  // sum of code^2
  for (const BreakPoint& point : points) {
    product += point.magnitude;
    squares += 2 * static_cast<std::int64_t>(point.code) - 1;
  }
  double best_score = 0.0;
  double best_scale = 0.0;
  for (const BreakPoint& point : points) {
    const double score = product * product / static_cast<double>(squares);
    if (score >= best_score * (1.0 - kEqualScores)) {
      best_score = std::max(best_score, score);
      best_scale = product / static_cast<double>(squares);
    }
    product -= point.magnitude;
    squares -= 2 * static_cast<std::int64_t>(point.code) - 1;
  }
  return best_scale;
}

/// Least-squares scale of fixed codes; 0 if all codes are 0.
double refit_scale(const torch::Tensor& values, const std::vector<std::int32_t>& codes) {
  const float* v = values.data_ptr<float>();
  double product = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    product += static_cast<double>(v[i]) * codes[i];
    squares += static_cast<double>(codes[i]) * codes[i];
  }
  return squares > 0.0 ? product / squares : 0.0;
}

bool equals(const torch::Tensor& values, const LevelFit& fit) {
  const float* v = values.data_ptr<float>();
  for (std::size_t i = 0; i < fit.codes.size(); ++i) {
    if (v[i] != fit.scale * static_cast<float>(fit.codes[i])) return false;
  }
  return true;
}

/// Tries the floats next to `scale`: rounding of the products hides the last bits of a scale.
std::optional<LevelFit> exact_near(const torch::Tensor& values, LevelFit fit) {
  constexpr int kNeighbours = 2;
  float scale = fit.scale;
  for (int i = 0; i < kNeighbours; ++i) scale = std::nextafter(scale, 0.0F);
  for (int i = -kNeighbours; i <= kNeighbours; ++i) {
    fit.scale = scale;
    if (equals(values, fit)) return fit;
    scale = std::nextafter(scale, INFINITY);
  }
  return std::nullopt;
}

std::int32_t largest_code(const std::vector<std::int32_t>& codes) {
  std::int32_t largest = 0;
  for (const std::int32_t code : codes) largest = std::max(largest, std::abs(code));
  return largest;
}

/// The grid that gives `v` bit for bit, given the nearest one; empty if there is none.
std::optional<LevelFit> exact_from(const torch::Tensor& v, const LevelFit& nearest,
                                   int weight_bits) {
  const torch::Tensor values = v.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const std::int32_t largest = largest_code(nearest.codes);
  if (largest == 0) return equals(values, nearest) ? std::make_optional(nearest) : std::nullopt;
  // The sweep returns the coarsest grid; a finer one may be the one whose products round to v.
  for (int finer = 1; finer * largest <= (1 << weight_bits) - 1; ++finer) {
    LevelFit candidate = nearest;
    candidate.scale = nearest.scale / static_cast<float>(finer);
    for (std::int32_t& code : candidate.codes) code *= finer;
    if (std::optional<LevelFit> exact = exact_near(values, candidate)) return exact;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::int32_t> nearest_codes(const torch::Tensor& values, float scale, int weight_bits) {
  const int highest = (1 << weight_bits) - 1;
  const float* v = values.data_ptr<float>();
  std::vector<std::int32_t> codes(static_cast<std::size_t>(values.numel()));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const double level = std::round(static_cast<double>(v[i]) / scale);
    codes[i] = static_cast<std::int32_t>(
        std::clamp(level, -static_cast<double>(highest), static_cast<double>(highest)));
  }
  return codes;
}

torch::Tensor level_values(const LevelFit& fit, torch::IntArrayRef shape) {
  torch::Tensor result = torch::empty(shape, torch::kFloat32);
  float* values = result.data_ptr<float>();
  for (std::size_t i = 0; i < fit.codes.size(); ++i) {
    values[i] = fit.scale * static_cast<float>(fit.codes[i]);
  }
  return result;
}

ConductanceLevels::ConductanceLevels(int weight_bits, torch::Tensor mask)
    : weight_bits_(weight_bits), mask_(std::move(mask)) {
  OHMWEAVE_REQUIRE(weight_bits >= 1 && weight_bits <= 16, "weight bits are 1 to 16");
}

torch::Tensor ConductanceLevels::masked(const torch::Tensor& v) const {
  const torch::Tensor plain = checked_values(v, "conductance_levels");
  if (!mask_.defined()) return plain;
  return torch::where(mask_.to(torch::kCPU), plain, torch::zeros_like(plain)).contiguous();
}

LevelFit ConductanceLevels::fit(const torch::Tensor& v) const {
  const torch::Tensor values = masked(v);
  const double swept = sweep_best_scale(values, (1 << weight_bits_) - 1);
  if (swept == 0.0) return {1.0F, std::vector<std::int32_t>(values.numel(), 0)};
  LevelFit result{static_cast<float>(swept), {}};
  result.codes = nearest_codes(values, result.scale, weight_bits_);
  const double refitted = refit_scale(values, result.codes);
  if (refitted > 0.0) {
    result.scale = static_cast<float>(refitted);
    result.codes = nearest_codes(values, result.scale, weight_bits_);
  }
  return result;
}

std::optional<LevelFit> ConductanceLevels::exact_fit(const torch::Tensor& v) const {
  return exact_from(v, fit(v), weight_bits_);
}

torch::Tensor ConductanceLevels::project(const torch::Tensor& v) const {
  const LevelFit nearest = fit(v);
  if (exact_from(v, nearest, weight_bits_)) return v.detach().clone();
  return level_values(nearest, v.sizes()).to(v.device());
}

bool ConductanceLevels::contains(const torch::Tensor& v) const { return exact_fit(v).has_value(); }

Json ConductanceLevels::describe() const {
  return {{"kind", "conductance_levels"}, {"weight_bits", weight_bits_}};
}

}  // namespace ohmweave::admm
