// SPDX-License-Identifier: Apache-2.0
// A network in integers, and the one definition of its arithmetic: what an ideal chip computes.
//   weight layer:  acc = sum_r code(o,r) * x_r + bias;      y = requantize(acc)
//   add:           y = clamp(round_shift(a*Ma + b*Mb))      pooling, ReLU, flatten: on codes
// Torch code, the SystemC model and the tests all call (or equal, bit for bit) these functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/network_model.h"

namespace ohmweave {

/// y = clamp((acc * multiplier + 2^(shift-1)) >> shift, low, high): multiplication by a real
/// factor multiplier / 2^shift, rounding half up. 2^30 <= multiplier < 2^31 and 1 <= shift <= 62
/// unless the factor is 0; |acc| < 2^31.
struct Requantizer {
  std::int32_t multiplier = 0;
  int shift = 1;
  std::int64_t low = 0;
  std::int64_t high = 0;
};
/// The requantizer nearest to `factor` (> 0) that clamps to [low, high].
[[nodiscard]] Requantizer make_requantizer(double factor, std::int64_t low, std::int64_t high);
[[nodiscard]] std::int64_t requantize(std::int64_t accumulator, const Requantizer& requantizer);

/// How the codes of one node's output are to be read: value = code * scale.
/// Unsigned codes are 0 .. 2^bits - 1; signed ones -(2^(bits-1) - 1) .. 2^(bits-1) - 1.
struct CodeFormat {
  double scale = 1.0;
  int bits = 8;
  bool is_signed = false;
  [[nodiscard]] std::int64_t low() const;
  [[nodiscard]] std::int64_t high() const;
  /// Bits of |code|: what the DACs have to drive (the sign is the drive's polarity).
  [[nodiscard]] int magnitude_bits() const { return is_signed ? bits - 1 : bits; }
};

/// Integers of one Conv2d or Linear node.
struct QuantizedWeights {
  std::vector<std::int32_t> codes;  // as "<node>.weight": out x (in/groups * kernel^2), row-major
  double scale = 1.0;               // weight = code * scale
  std::vector<std::int64_t> bias;   // in units of scale * input scale; empty without bias
};

struct QuantizedNode {
  CodeFormat output;  // of the node's output codes; for the network's output: of the accumulators
  /// Weight nodes (but the last, which keeps its accumulators) and AvgPool2d.
  std::optional<Requantizer> requantizer;
  /// Add: one factor an input, applied before the common rounding (both have the same shift).
  std::vector<Requantizer> addend_requantizers;
  std::optional<QuantizedWeights> weights;
};

struct QuantizedNetwork {
  Network network;                   // folded: no BatchNorm2d, no Dropout
  std::vector<QuantizedNode> nodes;  // one for each node of `network`
  int weight_bits = 4;               // magnitude bits per sign: |code| <= 2^weight_bits - 1
};

enum class ActivationRangeKind { Max, Percentile };

struct QuantizationOptions {
  int weight_bits = 4;      // magnitude bits per sign
  int activation_bits = 8;  // of every layer's input, the image included
  ActivationRangeKind activation_range = ActivationRangeKind::Percentile;
};

/// Quantizes a model (folded first). Layers with a level scale keep their grid exactly (an error
/// if a weight is off the grid by more than float rounding); free weights get the scale that
/// minimizes the squared error. A ReLU that follows a node alone makes that node's codes unsigned.
/// Throws DataError if a range is missing.
[[nodiscard]] QuantizedNetwork quantize(const NetworkModel& model,
                                        const QuantizationOptions& options);

/// Largest magnitude code of an input image value: round(value / scale), clamped (saturation of
/// the input converter). values: image, channel-major. Shared by all that feed images in.
[[nodiscard]] std::vector<std::int32_t> quantize_input(const QuantizedNetwork& network,
                                                       const std::vector<float>& values);

/// Integer reference execution of one image: output codes of every node, channel-major.
/// The last node's are accumulators (the logits). `input` as from quantize_input().
[[nodiscard]] std::vector<std::vector<std::int64_t>> run_integer_reference(
    const QuantizedNetwork& network, const std::vector<std::int32_t>& input);

/// One window's input codes of a Conv2d (group `group`, output place y, x) or Linear node, in the
/// row order of matrix_shape(); padding gives zeros. `codes`: the input feature map.
[[nodiscard]] std::vector<std::int64_t> gather_window(const Node& node, const Shape& input_shape,
                                                      const std::vector<std::int64_t>& codes,
                                                      int group, int y, int x);

}  // namespace ohmweave
