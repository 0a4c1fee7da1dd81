// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/quantized_network.h"

namespace ohmweave {
namespace {

constexpr int kNumCoarseScales = 64;
constexpr double kLowestCoarseRatio = 0.02;  // of the scale at which the largest weight just fits
constexpr double kHighestCoarseRatio = 1.05;
constexpr int kNumGoldenSteps = 24;  // narrows the bracket of two coarse steps by 10^5
constexpr int kNumRefits = 4;

/// The non-zero magnitudes (zeros have no error at any scale) and the largest code.
struct Search {
  std::vector<double> magnitudes;
  double highest_code = 1.0;

  [[nodiscard]] double code(double magnitude, double scale) const {
    return std::min(std::floor(magnitude / scale + 0.5), highest_code);
  }
  [[nodiscard]] double squared_error(double scale) const {
    double sum = 0.0;
    for (const double w : magnitudes) {
      const double error = w - scale * code(w, scale);
      sum += error * error;
    }
    return sum;
  }
  /// The scale with the least squared error while every weight keeps its code at `scale`.
  [[nodiscard]] double refit(double scale) const {
    double dot = 0.0;
    double norm = 0.0;
    for (const double w : magnitudes) {
      const double c = code(w, scale);
      dot += w * c;
      norm += c * c;
    }
    return norm > 0.0 ? dot / norm : scale;
  }
};

double golden_section(const Search& search, double low, double high) {
  const double ratio = (std::sqrt(5.0) - 1.0) / 2.0;
  double left = high - ratio * (high - low);
  double right = low + ratio * (high - low);
  double left_error = search.squared_error(left);
  double right_error = search.squared_error(right);
  for (int step = 0; step < kNumGoldenSteps; ++step) {
    if (left_error < right_error) {
      high = right;
      right = left;
      right_error = left_error;
      left = high - ratio * (high - low);
      left_error = search.squared_error(left);
    } else {
      low = left;
      left = right;
      left_error = right_error;
      right = low + ratio * (high - low);
      right_error = search.squared_error(right);
    }
  }
  return left_error < right_error ? left : right;
}

/// Candidates only ever replace the best by a better one.
struct Best {
  double scale = 0.0;
  double error = std::numeric_limits<double>::infinity();
  bool offer(const Search& search, double candidate) {
    const double candidate_error = search.squared_error(candidate);
    if (!(candidate_error < error)) return false;
    scale = candidate;
    error = candidate_error;
    return true;
  }
};

}  // namespace

double best_weight_scale(const std::vector<float>& weights, int weight_bits) {
  OHMWEAVE_REQUIRE(weight_bits >= 1 && weight_bits <= kMostWeightBits, "weight_bits out of range");
  Search search;
  search.highest_code = std::ldexp(1.0, weight_bits) - 1.0;
  for (const float w : weights) {
    if (w != 0.0F) search.magnitudes.push_back(std::fabs(static_cast<double>(w)));
  }
  if (search.magnitudes.empty()) return 0.0;
  const double largest = *std::max_element(search.magnitudes.begin(), search.magnitudes.end());
  const double unit = largest / search.highest_code;
  const double step =
      std::pow(kHighestCoarseRatio / kLowestCoarseRatio, 1.0 / (kNumCoarseScales - 1));
  Best best;
  for (int i = 0; i < kNumCoarseScales; ++i) {
    best.offer(search, unit * kLowestCoarseRatio * std::pow(step, i));
  }
  best.offer(search, unit);
  const double center = best.scale;
  best.offer(search, golden_section(search, center / step, center * step));
  for (int i = 0; i < kNumRefits; ++i) {
    if (!best.offer(search, search.refit(best.scale))) break;
  }
  return best.scale;
}

}  // namespace ohmweave
