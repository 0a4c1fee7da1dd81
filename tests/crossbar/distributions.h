// SPDX-License-Identifier: Apache-2.0
// Are these draws of that distribution? Bounds that a right model breaks once in 150,000 tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/fields.h"

namespace ohmweave::crossbar {

constexpr int kNumDraws = 1000000;
/// Of a mean of many draws, in standard deviations.
constexpr double kDeviations = 4.5;
/// The largest distance of the share of draws below x from the probability of that, times
/// sqrt(draws): exceeded with probability 2 exp(-2 * 2.51^2) = 6.7e-6 at most, whatever the
/// distribution and the number of draws (Dvoretzky, Kiefer, Wolfowitz with Massart's constant).
constexpr double kLargestDistance = 2.51;

inline double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

/// Of a normal distribution truncated to (0, infinity).
inline double positive_normal_cdf(double x, double mean, double sigma) {
  const double below = normal_cdf(-mean / sigma);
  return (normal_cdf((x - mean) / sigma) - below) / (1.0 - below);
}

/// sqrt(n) * sup |share of draws <= x - cdf(x)| (Kolmogorov and Smirnov), for a continuous cdf.
inline double scaled_distance(std::vector<double> draws, const std::function<double(double)>& cdf) {
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(draws.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double p = cdf(draws[i]);
    distance =
        std::max({distance, static_cast<double>(i + 1) / n - p, p - static_cast<double>(i) / n});
  }
  return std::sqrt(n) * distance;
}

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

inline Moments moments_of(const std::vector<double>& draws) {
  Moments m;
  for (const double x : draws) m.mean += x;
  m.mean /= static_cast<double>(draws.size());
  for (const double x : draws) m.variance += (x - m.mean) * (x - m.mean);
  m.variance /= static_cast<double>(draws.size());
  return m;
}

/// The problems that reading `text` as an S at `pointer` gives.
template <class S>
std::vector<std::string> problems_of(const char* text, const char* pointer) {
  try {
    (void)read_config<S>(parse_json(text, "test"), pointer);
  } catch (const ConfigError& e) {
    return e.problems();
  }
  return {};
}

}  // namespace ohmweave::crossbar
