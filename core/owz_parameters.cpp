// SPDX-License-Identifier: Apache-2.0
#include "core/owz_parameters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>

#include "core/error.h"
#include "core/mask_coder.h"
#include "core/parameter_shapes.h"

namespace ohmweave {
namespace {

constexpr std::int64_t kMaxWeights = std::int64_t{1} << 28U;
constexpr std::uint32_t kMaxCode = (1U << 24U) - 1;  // larger integers are not exact in float32
constexpr std::uint32_t kMaxCodebook = 1U << 16U;    // values

std::size_t index(int i) { return static_cast<std::size_t>(i); }

enum class WeightKind { LevelScale, Free, Codebook };

/// The weights of one layer in the form they are coded.
struct LayerCodes {
  Mask mask;
  WeightKind kind = WeightKind::Free;
  double scale = 0.0;               // of level codes
  std::vector<float> codebook;      // ascending
  std::vector<std::int32_t> codes;  // level codes of the set cells, in order
};

// -- encoding: from weights to codes --------------------------------------------------------

float value_of(std::int32_t code, double scale) {
  return static_cast<float>(static_cast<double>(code) * scale);
}

std::int32_t nearest_code(float weight, double scale) {
  const double code = std::nearbyint(static_cast<double>(weight) / scale);
  return std::abs(code) <= kMaxCode ? static_cast<std::int32_t>(code) : 0;
}

/// First weight that is not exactly code * scale, or the number of weights.
std::size_t first_off_grid(const std::vector<float>& weights, double scale) {
  const auto is_off = [scale](float w) { return w != value_of(nearest_code(w, scale), scale); };
  const auto found = std::find_if(weights.begin(), weights.end(), is_off);
  return static_cast<std::size_t>(found - weights.begin());
}

/// The scale to store: rounded to float32 if that gives the same weights, else as it is.
double storable_scale(const std::string& layer, const std::vector<float>& weights, double scale) {
  const auto rounded = static_cast<double>(static_cast<float>(scale));
  if (rounded > 0.0 && first_off_grid(weights, rounded) == weights.size()) return rounded;
  const std::size_t at = first_off_grid(weights, scale);
  if (at == weights.size()) return scale;
  throw DataError("layer '" + layer + "': weight " + std::to_string(at) + " = " +
                  std::to_string(weights[at]) + " is off its grid: must be an integer (up to " +
                  std::to_string(kMaxCode) + ") times the level scale " + std::to_string(scale));
}

LayerCodes split_layer(const NetworkModel& model, const Node& node,
                       const std::vector<float>& weights) {
  LayerCodes layer;
  layer.mask.is_set.resize(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) layer.mask.is_set[i] = weights[i] != 0.0F;
  const auto codebook = model.codebooks.find(node.name);
  if (codebook != model.codebooks.end()) {
    layer.kind = WeightKind::Codebook;
    layer.codebook = codebook->second;
  }
  const auto scale = model.level_scales.find(node.name);
  if (scale == model.level_scales.end()) return layer;
  layer.kind = WeightKind::LevelScale;
  layer.scale = storable_scale(node.name, weights, scale->second);
  for (const float weight : weights) {
    if (weight != 0.0F) layer.codes.push_back(nearest_code(weight, layer.scale));
  }
  return layer;
}

// -- the stream, both ways ------------------------------------------------------------------

/// 1: level scale; 00: free; 01: codebook.
WeightKind code_kind(BitCoder& coder, WeightKind kind) {
  if (coder.direct(kind == WeightKind::LevelScale ? 1 : 0, 1) != 0) return WeightKind::LevelScale;
  const bool has_codebook = coder.direct(kind == WeightKind::Codebook ? 1 : 0, 1) != 0;
  return has_codebook ? WeightKind::Codebook : WeightKind::Free;
}

int bit_length(std::uint32_t value) {
  int num_bits = 0;
  for (; value != 0; value >>= 1U) ++num_bits;
  return num_bits;
}

double code_scale(BitCoder& coder, double scale) {
  auto narrow = static_cast<float>(scale);
  const bool is_wide = coder.direct(static_cast<double>(narrow) == scale ? 0 : 1, 1) != 0;
  if (!is_wide) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &narrow, sizeof bits);
    bits = coder.direct(bits, 32);
    std::memcpy(&narrow, &bits, sizeof bits);
    return narrow;
  }
  std::uint64_t bits = 0;
  std::memcpy(&bits, &scale, sizeof bits);
  const std::uint64_t upper = coder.direct(static_cast<std::uint32_t>(bits >> 32U), 32);
  const std::uint64_t lower = coder.direct(static_cast<std::uint32_t>(bits), 32);
  bits = upper << 32U | lower;
  std::memcpy(&scale, &bits, sizeof bits);
  return scale;
}

/// Level codes: sign in the context of the previous sign, magnitude - 1 as a tree.
void code_levels(BitCoder& coder, std::vector<std::int32_t>& codes) {
  std::uint32_t largest = 1;
  for (const std::int32_t code : codes) {
    largest = std::max(largest, static_cast<std::uint32_t>(std::abs(code)));
  }
  largest = coder.count(largest - 1) + 1;
  constexpr int kMostBits = 24;  // a damaged file can have more
  AdaptiveTree magnitudes(std::min(bit_length(largest - 1), kMostBits));
  std::array<AdaptiveBit, 3> signs;
  std::size_t context = 0;
  for (std::int32_t& code : codes) {
    const bool is_negative = coder.bit(code < 0, signs[context]);
    const auto magnitude = static_cast<std::int32_t>(magnitudes.code(
                               coder, static_cast<std::uint32_t>(std::abs(code)) - 1)) +
                           1;
    code = is_negative ? -magnitude : magnitude;
    context = is_negative ? 1 : 2;
  }
}

/// How many upper bits of the mantissa hold every value exactly, 0 .. 23.
int mantissa_bits_of(const std::vector<float>& values) {
  std::uint32_t used = 0;
  for (const float value : values) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    used |= bits & ((1U << kFloatMantissaBits) - 1);
  }
  int num_bits = kFloatMantissaBits;
  for (; num_bits > 0 && (used & 1U) == 0; --num_bits) used >>= 1U;
  return num_bits;
}

/// The mantissa bits of a list of floats, before the list.
int code_mantissa_bits(BitCoder& coder, const std::string& name, const std::vector<float>& values) {
  const auto given = static_cast<std::uint32_t>(mantissa_bits_of(values));
  const auto num_bits = static_cast<int>(coder.direct(given, 5));
  if (num_bits <= kFloatMantissaBits) return num_bits;
  throw DataError("parameter '" + name + "': damaged: has floats of " + std::to_string(num_bits) +
                  " mantissa bits, at most " + std::to_string(kFloatMantissaBits));
}

void code_free_weights(BitCoder& coder, const std::string& name, const std::vector<bool>& is_set,
                       std::vector<float>& weights) {
  const int mantissa_bits = code_mantissa_bits(coder, name, weights);
  AdaptiveFloat model;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (is_set[i]) weights[i] = model.code(coder, weights[i], mantissa_bits);
  }
}

void code_level_weights(BitCoder& coder, LayerCodes& layer, std::vector<float>& weights) {
  const std::vector<bool>& is_set = layer.mask.is_set;
  layer.scale = code_scale(coder, layer.scale);
  layer.codes.resize(static_cast<std::size_t>(std::count(is_set.begin(), is_set.end(), true)), 1);
  code_levels(coder, layer.codes);
  auto code = layer.codes.begin();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (is_set[i]) weights[i] = value_of(*code++, layer.scale);
  }
}

/// The length less one, then the values.
void code_codebook(BitCoder& coder, const std::string& name, std::vector<float>& codebook) {
  const auto given = static_cast<std::uint32_t>(std::max<std::size_t>(codebook.size(), 1));
  const std::uint32_t last = coder.count(given - 1);
  if (last >= kMaxCodebook) {
    throw DataError("parameter '" + name + "': has a codebook of " +
                    std::to_string(std::uint64_t{last} + 1) + " values; an .owz holds at most " +
                    std::to_string(kMaxCodebook));
  }
  codebook.resize(std::size_t{last} + 1);
  const int mantissa_bits = code_mantissa_bits(coder, name, codebook);
  AdaptiveFloat model;
  for (float& value : codebook) value = model.code(coder, value, mantissa_bits);
}

/// The codebook, then its index for each set cell as a tree.
void code_clustered_weights(BitCoder& coder, const std::string& name, LayerCodes& layer,
                            std::vector<float>& weights) {
  code_codebook(coder, name, layer.codebook);
  const std::vector<float>& codebook = layer.codebook;
  AdaptiveTree indices(bit_length(static_cast<std::uint32_t>(codebook.size() - 1)));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!layer.mask.is_set[i]) continue;
    const auto found = std::lower_bound(codebook.begin(), codebook.end(), weights[i]);
    const auto given = static_cast<std::uint32_t>(found - codebook.begin());
    const std::uint32_t index = indices.code(coder, coder.is_reading() ? 0 : given);
    if (index >= codebook.size()) {
      throw DataError("parameter '" + name + "': damaged: weight " + std::to_string(i) +
                      " has index " + std::to_string(index) + " into a codebook of " +
                      std::to_string(codebook.size()) + " values");
    }
    weights[i] = codebook[index];
  }
}

void code_weights(BitCoder& coder, const std::string& name, LayerCodes& layer,
                  const std::vector<ChannelHint>& hints, std::vector<float>& weights) {
  code_mask(coder, layer.mask, hints);
  layer.kind = code_kind(coder, layer.kind);
  switch (layer.kind) {
    case WeightKind::LevelScale:
      return code_level_weights(coder, layer, weights);
    case WeightKind::Free:
      return code_free_weights(coder, name, layer.mask.is_set, weights);
    case WeightKind::Codebook:
      return code_clustered_weights(coder, name, layer, weights);
  }
}

/// Which input channels of a weight node can be alive: where the features come from one weight
/// node through operations that keep channels apart, the alive columns of that node.
class HintSource {
 public:
  explicit HintSource(const Network& network) : network_(network) {}

  [[nodiscard]] std::vector<ChannelHint> hints(int node, std::size_t num_channels) const {
    std::vector<ChannelHint> unknown(num_channels, ChannelHint::Unknown);
    if (network_.nodes[index(node)].groups != 1) return unknown;
    int source = network_.nodes[index(node)].inputs.at(0);
    while (network_.nodes[index(source)].inputs.size() == 1 && alive_.count(source) == 0) {
      source = network_.nodes[index(source)].inputs[0];
    }
    const auto found = alive_.find(source);
    if (found == alive_.end() || num_channels % found->second.size() != 0) return unknown;
    const std::size_t repeat = num_channels / found->second.size();  // places of a flattened map
    for (std::size_t i = 0; i < num_channels; ++i) {
      unknown[i] = found->second[i / repeat] ? ChannelHint::Alive : ChannelHint::Dead;
    }
    return unknown;
  }
  void set_alive(int node, std::vector<bool> columns) { alive_[node] = std::move(columns); }

 private:
  const Network& network_;
  std::map<int, std::vector<bool>> alive_;
};

Mask mask_shape(const Node& node, const std::vector<std::int64_t>& shape) {
  Mask mask;
  const std::int64_t num_weights = num_elements(shape);
  if (num_weights > kMaxWeights) {
    throw DataError("layer '" + node.name + "': has " + std::to_string(num_weights) +
                    " weights; an .owz holds at most " + std::to_string(kMaxWeights) + " a layer");
  }
  mask.num_columns = static_cast<std::uint32_t>(shape[0]);
  mask.num_rows = static_cast<std::uint32_t>(num_weights / shape[0]);
  mask.kernel_side = shape.size() == 4 ? static_cast<std::uint32_t>(shape[2]) : 1;
  return mask;
}

/// "<node>.weight" and the level scale or codebook of a weight node. Returns which of its outputs
/// are alive.
std::vector<bool> code_weight_node(BitCoder& coder, NetworkModel& model,
                                   const ParameterShape& expected, HintSource& source) {
  const Node& node = model.network.nodes[index(expected.node)];
  std::vector<float>& weights = model.parameters.at(expected.name).values;
  Mask mask = mask_shape(node, expected.shape);
  weights.resize(static_cast<std::size_t>(num_elements(expected.shape)));
  LayerCodes layer;
  if (!coder.is_reading()) layer = split_layer(model, node, weights);
  mask.is_set = std::move(layer.mask.is_set);
  layer.mask = std::move(mask);
  const std::size_t area =
      static_cast<std::size_t>(layer.mask.kernel_side) * layer.mask.kernel_side;
  code_weights(coder, expected.name, layer, source.hints(expected.node, layer.mask.num_rows / area),
               weights);
  if (layer.kind == WeightKind::LevelScale) model.level_scales[node.name] = layer.scale;
  if (layer.kind == WeightKind::Codebook) model.codebooks[node.name] = layer.codebook;
  std::vector<bool> alive = alive_grid(layer.mask).columns;
  source.set_alive(expected.node, alive);
  return alive;
}

}  // namespace

void code_parameters(BitCoder& coder, NetworkModel& model) {
  HintSource source(model.network);
  AdaptiveFloat alive_biases;
  AdaptiveFloat dead_biases;
  AdaptiveFloat others;
  std::vector<bool> alive;  // outputs of the weight node that a bias belongs to
  for (const ParameterShape& expected : parameter_shapes(model.network)) {
    const Node& node = model.network.nodes[index(expected.node)];
    Tensor& tensor = model.parameters[expected.name];
    tensor.shape = expected.shape;
    const bool is_weight_node = has_weights(node.op);
    if (is_weight_node && expected.name == node.name + ".weight") {
      alive = code_weight_node(coder, model, expected, source);
      continue;
    }
    tensor.values.resize(static_cast<std::size_t>(num_elements(expected.shape)));
    const int mantissa_bits = code_mantissa_bits(coder, expected.name, tensor.values);
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      AdaptiveFloat& values = !is_weight_node ? others : alive[i] ? alive_biases : dead_biases;
      tensor.values[i] = values.code(coder, tensor.values[i], mantissa_bits);
    }
  }
}

}  // namespace ohmweave
