// SPDX-License-Identifier: Apache-2.0
// What the inputs of every weight layer look like to the arrays: how often each bit is set, and the
// mean energy-bearing square of the digits on each row. The chip model turns it into energy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/fields.h"
#include "inference/executor.h"
#include "inference/parallel.h"

namespace ohmweave::inference {

/// Of one weight layer. Padding counts as zeros that are applied like any input.
struct LayerActivity {
  std::string name;
  std::int64_t num_images = 0;
  std::int64_t windows_per_image = 0;
  /// By magnitude bit, least significant first: share of inputs (rows x windows) that have it set.
  std::vector<double> bit_density;
  /// By matrix row (of group 0, then of group 1, ...): mean over windows of the sum over digits of
  /// digit^2; a digit of d bits is 0 .. 2^d - 1.
  std::vector<double> mean_square_digit;
  double nonzero_window_fraction = 0.0;  // share of windows (of a group) with any input not 0
  /// By matrix row, as mean_square_digit: share of the row's digits (windows x digits) that are not
  /// 0.
  std::vector<double> nonzero_digit_fraction;
  /// By digit, least significant first: share of windows (of a group) in which any row's is not 0.
  std::vector<double> nonzero_read_fraction;
};

/// From the network on `input`, its layers made by `products`, one entry a weight node;
/// `digit_bits` are the DACs', `batch` images are run at a time.
[[nodiscard]] std::vector<LayerActivity> measure_activity(const QuantizedNetwork& network,
                                                          const LayerProducts& products,
                                                          const CodeBatch& input, int digit_bits,
                                                          int batch,
                                                          const ForEach& for_each = in_sequence);
/// Of the exact integer network.
[[nodiscard]] std::vector<LayerActivity> measure_activity(const QuantizedNetwork& network,
                                                          const CodeBatch& input, int digit_bits,
                                                          int batch,
                                                          const ForEach& for_each = in_sequence);

/// {"layers": [{name, num_images, windows_per_image, bit_density, mean_square_digit,
/// nonzero_window_fraction, nonzero_digit_fraction, nonzero_read_fraction}]}
[[nodiscard]] Json activity_to_json(const std::vector<LayerActivity>& layers);

}  // namespace ohmweave::inference
