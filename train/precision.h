// SPDX-License-Identifier: Apache-2.0
// Mixed precision: how many levels each layer gets when all weights together may take so many bits.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ohmweave::train {

/// The weights of one layer that exist, and the Fisher information of each (both 1-D, float32).
struct LayerWeights {
  torch::Tensor values;
  torch::Tensor fisher;
};

/// What a layer costs at +-1 .. +-n: n levels a sign, ceil(log2(2 n)) bits a weight, and the
/// second-order increase of the loss sum F_i (w_i - Q_n(w_i))^2 / 2 at the best scale.
struct LevelChoice {
  int levels = 1;
  double bits = 0.0;
  double loss = 0.0;
};

/// The choices 1, 2, 4 .. `most_levels` (a power of two) of one layer.
[[nodiscard]] std::vector<LevelChoice> level_choices(const LayerWeights& layer, int most_levels);

/// Levels a sign of each layer such that all weights take at most `bits` together: beginning with
/// `most_levels` everywhere, the layer whose loss grows least per bit saved goes one choice down
/// until they do; by lower name among equals. Throws ConfigError when even one level a sign is too
/// much. Source: dong_iccv_2019 (layers ranked by curvature times quantization error).
[[nodiscard]] std::map<std::string, int> levels_within(
    const std::map<std::string, LayerWeights>& layers, int most_levels, double bits);

}  // namespace ohmweave::train
