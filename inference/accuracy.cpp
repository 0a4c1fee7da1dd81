// SPDX-License-Identifier: Apache-2.0
#include "inference/accuracy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace ohmweave::inference {
namespace {

constexpr double kLowPercentile = 0.05;

/// `ascending` at `fraction` of the way from its first to its last value.
double quantile(const std::vector<double>& ascending, double fraction) {
  const double place = fraction * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  const double rest = place - static_cast<double>(below);
  return ascending[below] + rest * (ascending[above] - ascending[below]);
}

double sample_deviation(const std::vector<double>& values, double mean) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0.0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

}  // namespace

AccuracyStatistics accuracy_statistics(const std::vector<double>& values) {
  OHMWEAVE_REQUIRE(!values.empty(), "statistics of no chip");
  std::vector<double> ascending = values;
  std::sort(ascending.begin(), ascending.end());
  // From the first value on, so that equal chips have exactly their value as mean.
  double excess = 0.0;
  for (const double value : values) excess += value - values.front();
  const double mean = values.front() + excess / static_cast<double>(values.size());
  return {mean, sample_deviation(values, mean), ascending.front(), ascending.back(),
          quantile(ascending, kLowPercentile)};
}

Json on_chip_json(const std::vector<double>& chips, int num_images) {
  const AccuracyStatistics statistics = accuracy_statistics(chips);
  Json json;
  json["mean"] = statistics.mean;
  json["std"] = chips.size() > 1 ? Json(statistics.std) : Json(nullptr);
  json["min"] = statistics.min;
  json["max"] = statistics.max;
  json["p5"] = statistics.p5;
  json["num_chips"] = chips.size();
  json["num_images"] = num_images;
  json["chips"] = chips;
  return json;
}

Json over_time_json(const std::vector<double>& times_s,
                    const std::vector<std::vector<double>>& chips) {
  OHMWEAVE_REQUIRE(times_s.size() == chips.size(), "accuracies of each age");
  Json json = Json::array();
  for (std::size_t i = 0; i < times_s.size(); ++i) {
    const AccuracyStatistics statistics = accuracy_statistics(chips[i]);
    json.push_back({{"seconds", times_s[i]},
                    {"mean", statistics.mean},
                    {"std", chips[i].size() > 1 ? Json(statistics.std) : Json(nullptr)},
                    {"min", statistics.min},
                    {"max", statistics.max}});
  }
  return json;
}

}  // namespace ohmweave::inference
