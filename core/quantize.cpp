// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/quantized_network.h"

namespace ohmweave {
namespace {

/// A weight on a grid is stored as float32(code * scale), code and scale each possibly rounded to
/// float32 before: three roundings of at most 2^-24, and one of slack.
constexpr double kGridTolerance = 4.0 * 0x1.0p-24;

/// Scale of a layer without a single weight: its largest bias takes this many units.
constexpr double kBiasUnitsOfEmptyLayer = 1 << 20;

std::vector<std::int32_t> grid_codes(const std::string& name, const std::vector<float>& weights,
                                     double scale, std::int32_t highest_code) {
  std::vector<std::int32_t> codes;
  codes.reserve(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double code = std::round(weights[i] / scale);
    const double error = std::fabs(weights[i] - code * scale);
    if (std::fabs(code) > highest_code || error > kGridTolerance * std::fabs(code) * scale) {
      throw DataError("parameter '" + name + ".weight', value " + std::to_string(i) + " = " +
                      std::to_string(weights[i]) + ": must be a multiple of the level scale " +
                      std::to_string(scale) + ", at most " + std::to_string(highest_code) +
                      " of it");
    }
    codes.push_back(static_cast<std::int32_t>(code));
  }
  return codes;
}

std::vector<std::int32_t> nearest_codes(const std::vector<float>& weights, double scale,
                                        const CodeLevels& levels) {
  std::vector<std::int32_t> codes;
  codes.reserve(weights.size());
  for (const float w : weights) {
    const std::int32_t code = levels.nearest_code(std::fabs(static_cast<double>(w)) / scale);
    codes.push_back(w < 0.0F ? -code : code);
  }
  return codes;
}

/// The scale that puts every value of a codebook on the value of a code but for float rounding;
/// empty if there is none.
std::optional<double> exact_scale(const std::vector<float>& codebook, const CodeLevels& levels) {
  double largest = 0.0;
  for (const float value : codebook) {
    largest = std::max(largest, std::fabs(static_cast<double>(value)));
  }
  if (largest == 0.0) return std::nullopt;
  const auto fits = [&](double scale) {
    return std::all_of(codebook.begin(), codebook.end(), [&](float value) {
      const double magnitude = std::fabs(static_cast<double>(value));
      const double level = scale * levels.value(levels.nearest_code(magnitude / scale));
      return std::fabs(magnitude - level) <= kGridTolerance * magnitude;
    });
  };
  for (std::int32_t code = levels.largest_code(); code > 0; --code) {  // greatest codes first
    if (levels.value(code) == 0.0) continue;
    const double scale = largest / levels.value(code);
    if (fits(scale)) return scale;
  }
  return std::nullopt;
}

std::vector<float> distinct_values(const std::vector<float>& values) {
  const std::set<float> distinct(values.begin(), values.end());
  return {distinct.begin(), distinct.end()};
}

double scale_of_empty_layer(const std::vector<float>& bias, double input_scale) {
  double largest = 0.0;
  for (const float b : bias) largest = std::max(largest, std::fabs(static_cast<double>(b)));
  return largest > 0.0 ? largest / (input_scale * kBiasUnitsOfEmptyLayer) : 1.0;
}

std::vector<std::int64_t> bias_codes(const std::string& name, const std::vector<float>& bias,
                                     double unit) {
  std::vector<std::int64_t> codes;
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const double code = std::floor(bias[i] / unit + 0.5);
    if (!(std::fabs(code) < static_cast<double>(kAccumulatorLimit))) {
      throw DataError("parameter '" + name + ".bias', value " + std::to_string(i) + " = " +
                      std::to_string(bias[i]) +
                      ": is more than 2^31 steps of the layer's accumulator");
    }
    codes.push_back(static_cast<std::int64_t>(code));
  }
  return codes;
}

void check_accumulators(const std::string& name, const QuantizedWeights& weights,
                        std::int64_t highest_input, std::size_t num_outputs) {
  const std::size_t rows = weights.codes.size() / num_outputs;
  for (std::size_t out = 0; out < num_outputs; ++out) {
    double values = 0.0;
    for (std::size_t r = 0; r < rows; ++r) {
      values += std::fabs(weights.value(weights.codes[out * rows + r]));
    }
    const auto sum = static_cast<std::int64_t>(std::ceil(values));
    const std::int64_t bias = weights.bias.empty() ? 0 : std::abs(weights.bias[out]);
    if (sum > (kAccumulatorLimit - 1 - bias) / highest_input) {
      throw DataError("node '" + name + "', output " + std::to_string(out) +
                      ": its sum can pass 2^31 (weight codes add up to " + std::to_string(sum) +
                      ", inputs reach " + std::to_string(highest_input) +
                      "): use fewer weight or activation bits");
    }
  }
}

QuantizedWeights quantize_weights(const NetworkModel& model, const Node& node,
                                  const CodeFormat& input, const CodeLevels& levels) {
  const std::vector<float>& values = model.parameters.at(node.name + ".weight").values;
  const std::vector<float> bias =
      node.has_bias ? model.parameters.at(node.name + ".bias").values : std::vector<float>();
  QuantizedWeights weights;
  weights.code_values = levels.values();
  const auto level_scale = model.level_scales.find(node.name);
  const auto codebook = model.codebooks.find(node.name);
  const bool is_on_grid = level_scale != model.level_scales.end();
  if (is_on_grid && levels.values().empty()) {
    weights.scale = level_scale->second;
    weights.codes = grid_codes(node.name, values, weights.scale, levels.largest_code());
  } else {
    // Codes on uneven levels are read as other numbers than they are: what counts are the values.
    std::optional<double> exact;
    if (codebook != model.codebooks.end()) exact = exact_scale(codebook->second, levels);
    if (is_on_grid) exact = exact_scale(distinct_values(values), levels);
    weights.scale = exact ? *exact : best_weight_scale(values, levels);
    if (weights.scale == 0.0) weights.scale = scale_of_empty_layer(bias, input.scale);
    weights.codes = nearest_codes(values, weights.scale, levels);
  }
  weights.bias = bias_codes(node.name, bias, weights.scale * input.scale);
  check_accumulators(node.name, weights, input.high(), static_cast<std::size_t>(node.out_channels));
  return weights;
}

/// make_requantizer(), naming the node in its errors.
Requantizer named_requantizer(const std::string& name, double factor, const CodeFormat& output) {
  try {
    return make_requantizer(factor, output.low(), output.high());
  } catch (const DataError& error) {
    throw DataError("node '" + name + "': " + error.what());
  }
}

std::vector<Requantizer> addends(const std::string& name, const std::vector<double>& factors,
                                 const CodeFormat& output) {
  const Requantizer common =
      named_requantizer(name, *std::max_element(factors.begin(), factors.end()), output);
  if (common.multiplier == 0) {
    throw DataError("node '" + name + "': its output range is 2^32 times its inputs' range");
  }
  std::vector<Requantizer> requantizers;
  for (const double factor : factors) {
    Requantizer addend = common;
    addend.multiplier = static_cast<std::int32_t>(std::llround(std::ldexp(factor, common.shift)));
    requantizers.push_back(addend);
  }
  return requantizers;
}

QuantizedNode quantize_node(const NetworkModel& model, int index,
                            const std::vector<CodeFormat>& formats, const CodeLevels& levels) {
  const Node& node = model.network.nodes[index];
  QuantizedNode result;
  result.output = formats[index];
  if (has_weights(node.op)) {
    const CodeFormat& input = formats[node.inputs[0]];
    result.weights = quantize_weights(model, node, input, levels);
    const double unit = result.weights->scale * input.scale;
    if (index + 1 == static_cast<int>(model.network.nodes.size())) {
      result.output.scale = unit;
    } else {
      result.requantizer = named_requantizer(node.name, unit / result.output.scale, result.output);
    }
  } else if (node.op == Op::AvgPool2d) {
    const CodeFormat& input = formats[node.inputs[0]];
    const std::int64_t area = std::int64_t{node.kernel} * node.kernel;
    if (area > (kAccumulatorLimit - 1) / input.high()) {
      throw DataError("node '" + node.name + "': the sum of " + std::to_string(area) +
                      " codes can pass 2^31: use fewer activation bits");
    }
    const double factor = input.scale / (static_cast<double>(area) * result.output.scale);
    result.requantizer = named_requantizer(node.name, factor, result.output);
  } else if (node.op == Op::Add) {
    std::vector<double> factors;
    for (const int input : node.inputs) {
      factors.push_back(formats[input].scale / result.output.scale);
    }
    result.addend_requantizers = addends(node.name, factors, result.output);
  }
  return result;
}

}  // namespace

float round_mantissa(float value, int mantissa_bits) {
  constexpr int kBits = 23;
  OHMWEAVE_REQUIRE(mantissa_bits >= 0 && mantissa_bits <= kBits, "a float has 23 mantissa bits");
  if (!std::isfinite(value) || mantissa_bits == kBits) return value;
  const int num_dropped = kBits - mantissa_bits;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  // The last bit that is kept; of a mantissa of no bits, the implicit one.
  const bool is_odd = mantissa_bits > 0 ? (bits >> num_dropped & 1U) != 0 : std::isnormal(value);
  bits += (1U << (num_dropped - 1)) - 1 + (is_odd ? 1 : 0);  // may carry into the exponent
  bits &= ~((1U << num_dropped) - 1);
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

QuantizedNetwork quantize(const NetworkModel& model, const QuantizationOptions& options) {
  const NetworkModel folded = fold_for_inference(model);
  const std::vector<CodeFormat> formats = node_formats(folded, options);
  QuantizedNetwork result;
  result.network = folded.network;
  result.weight_bits = options.weight_bits;
  const CodeLevels levels(options.weight_bits, options.code_values);
  for (int i = 0; i < static_cast<int>(folded.network.nodes.size()); ++i) {
    result.nodes.push_back(quantize_node(folded, i, formats, levels));
  }
  return result;
}

}  // namespace ohmweave
