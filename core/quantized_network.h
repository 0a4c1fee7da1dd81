// SPDX-License-Identifier: Apache-2.0
// A network in integers, and the one definition of its arithmetic: what an ideal chip computes.
//   weight layer:  acc = sum_r code(o,r) * x_r + bias;      y = requantize(acc)
//     (cells whose levels are not evenly spaced: the values of the codes, the sum rounded)
//   add:           y = clamp(round_shift(a*Ma + b*Mb))      pooling, ReLU, flatten: on codes
// Torch code, the SystemC model and the tests all call (or equal, bit for bit) these functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/code_levels.h"
#include "core/network_model.h"

namespace ohmweave {

constexpr int kAccumulatorBits = 32;                               // with sign
constexpr std::int64_t kAccumulatorLimit = std::int64_t{1} << 31;  // |accumulator| is below
constexpr double kLargestRequantizerFactor = 1073741824.0;         // 2^30, excluded
constexpr int kMostWeightBits = 16;
constexpr int kFewestActivationBits = 2;
constexpr int kMostActivationBits = 16;

/// y = clamp((acc * multiplier + 2^(shift-1)) >> shift, low, high): multiplication by a real
/// factor multiplier / 2^shift, rounding half up. 2^30 <= multiplier < 2^31 and 1 <= shift <= 62
/// unless the factor is 0; |acc| < 2^31. Source: jacob_cvpr_2018, section 2.2 (the form).
struct Requantizer {
  std::int32_t multiplier = 0;
  int shift = 1;
  std::int64_t low = 0;
  std::int64_t high = 0;
};
/// The requantizer nearest to `factor` that clamps to [low, high]. Below 2^-32 every accumulator
/// rounds to 0, and so does the result. Throws DataError unless 0 < factor < 2^30.
[[nodiscard]] Requantizer make_requantizer(double factor, std::int64_t low, std::int64_t high);
[[nodiscard]] std::int64_t requantize(std::int64_t accumulator, const Requantizer& requantizer);
/// clamp((sum of code_i * multiplier_i + 2^(shift-1)) >> shift, low, high): the one rounding of an
/// Add. All requantizers have the same shift and limits; codes have at most kMostActivationBits.
[[nodiscard]] std::int64_t requantize_sum(const std::vector<std::int64_t>& codes,
                                          const std::vector<Requantizer>& requantizers);

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
  double scale = 1.0;               // weight = value of its code * scale
  std::vector<std::int64_t> bias;   // in units of scale * input scale; empty without bias
  std::vector<double> code_values = {};  // as QuantizationOptions::code_values
  /// What the code is read as, in units of the scale.
  [[nodiscard]] double value(std::int32_t code) const {
    if (code_values.empty()) return code;
    return code < 0 ? -code_values[-code] : code_values[code];
  }
};

struct QuantizedNode {
  CodeFormat output;  // of the node's output codes; for the network's output: of the accumulators
  /// Weight nodes (but the last, which keeps its accumulators) and AvgPool2d.
  std::optional<Requantizer> requantizer;
  /// Add: one factor an input, applied before the common rounding (both have the same shift; the
  /// larger multiplier is at least 2^30, the other may be smaller).
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
  /// What codes 0 .. 2^weight_bits - 1 are read as where the cells' levels are not evenly spaced
  /// (code_levels.h); empty: as themselves.
  std::vector<double> code_values = {};
};

/// Formats of all nodes' output codes of a folded model, before any weight is looked at:
/// - the image, Conv2d, Linear, Add and AvgPool2d make new codes, full scale at the node's range
///   (a percentile of 0 means a nearly dead node: its maximum is used; a node that is wholly zero
///   gets full scale 1);
/// - a ReLU that alone reads such a node makes that node's codes unsigned, over the ReLU's range;
/// - ReLU, MaxPool2d and Flatten pass codes on; a ReLU drops the sign bit of signed ones;
/// - a weight node at the end keeps its accumulators; its scale (1 here) is set by quantize().
/// Throws DataError naming the node whose range is missing.
[[nodiscard]] std::vector<CodeFormat> node_formats(const NetworkModel& folded,
                                                   const QuantizationOptions& options);

/// The same by name, of the nodes that make new codes: what training has to round. `model` need not
/// be folded; where a batch norm follows a convolution, the format stands at the batch norm.
[[nodiscard]] std::map<std::string, CodeFormat> activation_formats(
    const NetworkModel& model, const QuantizationOptions& options);

/// The scale s that minimizes the sum of (w - s * v(w))^2, v(w) the value of the code nearest to
/// w / s: a coarse scan, a golden section around its best, then least-squares refits. 0 if all
/// weights are zero.
[[nodiscard]] double best_weight_scale(const std::vector<float>& weights, const CodeLevels& levels);

/// The nearest float with `mantissa_bits` (0 .. 23) explicit mantissa bits, ties to an even last
/// bit. Past the largest such float: infinity, as in IEEE 754. Infinities and NaN stay.
[[nodiscard]] float round_mantissa(float value, int mantissa_bits);

/// Quantizes a model (folded first). Layers with a level scale keep their grid exactly (an error
/// if a weight is off the grid by more than float rounding). Free weights get best_weight_scale()
/// and the nearest codes. So do those of a layer with a codebook, whose values need not have a
/// common step: it is exact when one scale puts all of its values on values of codes, as after
/// training onto the device's levels.
/// Activations as node_formats() says. Throws DataError if a range is missing, or naming the layer
/// whose accumulators could reach 2^31: no accumulator ever overflows at run time.
[[nodiscard]] QuantizedNetwork quantize(const NetworkModel& model,
                                        const QuantizationOptions& options);

/// Codes of an image: floor(value / scale + 1/2), clamped (saturation of the input converter).
/// values: channel-major. Shared by all that feed images in. Throws DataError when the number of
/// values is not the network's or one is not finite.
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
