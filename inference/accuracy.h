// SPDX-License-Identifier: Apache-2.0
// Accuracy over chip samples, and its statistics.
#pragma once

#include <vector>

#include "core/fields.h"

namespace ohmweave::inference {

/// Of the accuracies of some chips.
struct AccuracyStatistics {
  double mean = 0.0;
  double std = 0.0;  // of a sample (n - 1); NaN for one chip
  double min = 0.0;
  double max = 0.0;
  double p5 = 0.0;  // 5th percentile, linear between neighbours
};

/// `values`: at least one.
[[nodiscard]] AccuracyStatistics accuracy_statistics(const std::vector<double>& values);

/// The "on_chip" object of result.json: {mean, std (null for one chip), min, max, p5, num_chips,
/// num_images, chips: [...]}.
[[nodiscard]] Json on_chip_json(const std::vector<double>& chips, int num_images);

/// on_chip.over_time: [{seconds, mean, std (null for one chip), min, max}], one for each age.
/// chips: the accuracies of all chips at each age.
[[nodiscard]] Json over_time_json(const std::vector<double>& times_s,
                                  const std::vector<std::vector<double>>& chips);

}  // namespace ohmweave::inference
