// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
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

/// Layers above this many weights are searched by what their magnitudes add up to in narrow bins.
constexpr std::size_t kMostSingleWeights = std::size_t{1} << 19U;
constexpr int kMantissaBitsOfBin = 12;

/// The non-zero magnitudes (zeros have no error at any scale).
struct SingleSearch {
  const CodeLevels& levels;
  std::vector<double> magnitudes;

  /// The value of the nearest code, in units of the scale.
  [[nodiscard]] double level(double magnitude, double scale) const {
    return levels.value(levels.nearest_code(magnitude / scale));
  }
  [[nodiscard]] double squared_error(double scale) const {
    double sum = 0.0;
    for (const double w : magnitudes) {
      const double error = w - scale * level(w, scale);
      sum += error * error;
    }
    return sum;
  }
  /// The scale of least squared error while every weight keeps its code at `scale`.
  [[nodiscard]] double refit(double scale) const {
    double dot = 0.0;
    double norm = 0.0;
    for (const double w : magnitudes) {
      const double l = level(w, scale);
      dot += w * l;
      norm += l * l;
    }
    return norm > 0.0 ? dot / norm : scale;
  }
};

/// Magnitudes that share sign, exponent and leading mantissa bits: they differ by less than 2^-12.
struct Bin {
  double count = 0.0;
  double sum = 0.0;
  double sum_of_squares = 0.0;
};

/// The same with the magnitudes of a bin at their mean: a large layer in a thousandth of the time.
struct BinnedSearch {
  const CodeLevels& levels;
  std::vector<Bin> bins;

  [[nodiscard]] double level(const Bin& bin, double scale) const {
    return levels.value(levels.nearest_code(bin.sum / (bin.count * scale)));
  }
  [[nodiscard]] double squared_error(double scale) const {
    double sum = 0.0;
    for (const Bin& bin : bins) {
      const double nearest = scale * level(bin, scale);
      sum += bin.sum_of_squares - nearest * (2.0 * bin.sum - nearest * bin.count);
    }
    return sum;
  }
  [[nodiscard]] double refit(double scale) const {
    double dot = 0.0;
    double norm = 0.0;
    for (const Bin& bin : bins) {
      const double l = level(bin, scale);
      dot += l * bin.sum;
      norm += l * l * bin.count;
    }
    return norm > 0.0 ? dot / norm : scale;
  }
};

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// What is below 2^-24 of the largest has code 0 at every scale that is tried: one bin takes it.
std::vector<Bin> binned(const std::vector<float>& weights, float largest) {
  constexpr int kDroppedBits = 23 - kMantissaBitsOfBin;
  constexpr std::uint32_t kMostBins = 24U << kMantissaBitsOfBin;
  const std::uint32_t top = bits_of(largest) >> kDroppedBits;
  const std::uint32_t bottom = top > kMostBins ? top - kMostBins : 0;
  std::vector<Bin> bins(top - bottom + 1);
  for (const float w : weights) {
    const float magnitude = std::fabs(w);
    Bin& bin = bins[std::max(bits_of(magnitude) >> kDroppedBits, bottom) - bottom];
    bin.count += 1.0;
    bin.sum += magnitude;
    bin.sum_of_squares += static_cast<double>(magnitude) * magnitude;
  }
  const auto is_empty = [](const Bin& bin) { return bin.sum == 0.0; };
  bins.erase(std::remove_if(bins.begin(), bins.end(), is_empty), bins.end());
  return bins;
}

template <class Search>
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
  template <class Search>
  bool offer(const Search& search, double candidate) {
    const double candidate_error = search.squared_error(candidate);
    if (!(candidate_error < error)) return false;
    scale = candidate;
    error = candidate_error;
    return true;
  }
};

/// `unit`: the scale at which the largest weight just fits.
template <class Search>
double best_scale(const Search& search, double unit) {
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

}  // namespace

double best_weight_scale(const std::vector<float>& weights, const CodeLevels& levels) {
  float largest = 0.0F;
  for (const float w : weights) largest = std::max(largest, std::fabs(w));
  if (largest == 0.0F) return 0.0;
  const double unit = static_cast<double>(largest) / levels.largest_value();
  if (weights.size() > kMostSingleWeights) {
    return best_scale(BinnedSearch{levels, binned(weights, largest)}, unit);
  }
  SingleSearch search{levels, {}};
  for (const float w : weights) {
    if (w != 0.0F) search.magnitudes.push_back(std::fabs(static_cast<double>(w)));
  }
  return best_scale(search, unit);
}

}  // namespace ohmweave
