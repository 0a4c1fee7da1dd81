// SPDX-License-Identifier: Apache-2.0
#include "core/storage.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/error.h"

namespace ohmweave {
namespace {

constexpr double kFloatBits = 32.0;
constexpr int kMaxGapBits = 16;

/// What one weight node holds, as the storage rules count it.
struct LayerCount {
  std::string name;
  bool is_conv = false;
  std::int64_t dense_weights = 0;
  std::int64_t nonzero_weights = 0;
  std::int64_t dense_macs = 0;
  std::int64_t nonzero_macs = 0;
  std::optional<double> bits;        // of one stored weight, once counted
  double relative_index_bits = 0.0;  // R2, values and gaps together
  double codebook_bits = 0.0;        // of the values of a clustered layer, in all rules
  MatrixShape matrix;
  std::int64_t rows_alive = 0;
  std::int64_t columns_alive = 0;
};

/// Bits of R2 for gaps of `gap_bits`: each non-zero weight stores the distance to the one before
/// (1 .. 2^gap_bits); a longer distance is bridged by filler zeros that cost a whole entry.
double relative_index_bits(const std::vector<float>& weights, double value_bits, int gap_bits) {
  const std::int64_t longest = std::int64_t{1} << gap_bits;
  std::int64_t num_entries = 0;
  std::int64_t gap = 0;
  for (const float weight : weights) {
    ++gap;
    if (weight == 0.0F) continue;
    num_entries += 1 + (gap - 1) / longest;
    gap = 0;
  }
  return static_cast<double>(num_entries) * (value_bits + gap_bits);
}

double best_relative_index_bits(const std::vector<float>& weights, double value_bits) {
  double best = relative_index_bits(weights, value_bits, 1);
  for (int gap_bits = 2; gap_bits <= kMaxGapBits; ++gap_bits) {
    best = std::min(best, relative_index_bits(weights, value_bits, gap_bits));
  }
  return best;
}

double log2_binomial(std::int64_t n, std::int64_t k) {
  const auto log_factorial = [](std::int64_t x) {
    return std::lgamma(static_cast<double>(x) + 1.0);
  };
  return (log_factorial(n) - log_factorial(k) - log_factorial(n - k)) / std::log(2.0);
}

/// Alive matrix rows (of each group apart) and columns. weights: out x (in/groups * kernel^2).
void count_alive(const std::vector<float>& weights, LayerCount& layer) {
  const auto rows = static_cast<std::size_t>(layer.matrix.rows);
  const auto columns = static_cast<std::size_t>(layer.matrix.columns);
  std::vector<bool> row_alive(rows * static_cast<std::size_t>(layer.matrix.groups));
  std::vector<bool> column_alive(columns * static_cast<std::size_t>(layer.matrix.groups));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0.0F) continue;
    const std::size_t output = i / rows;
    row_alive[output / columns * rows + i % rows] = true;
    column_alive[output] = true;
  }
  layer.rows_alive = std::count(row_alive.begin(), row_alive.end(), true);
  layer.columns_alive = std::count(column_alive.begin(), column_alive.end(), true);
}

/// ceil(log2(count)), count at least 1.
int bits_to_tell_apart(double count) {
  int num_bits = 0;
  while (std::ldexp(1.0, num_bits) < count) ++num_bits;
  return num_bits;
}

/// Bits of one code of a layer: ceil(log2(number of levels)), levels +-1 .. +-largest code.
int code_bits(const std::vector<float>& weights, double scale) {
  double largest = 0.0;
  for (const float weight : weights) {
    largest = std::max(largest, std::round(std::fabs(weight) / scale));
  }
  return largest == 0.0 ? 0 : bits_to_tell_apart(2.0 * largest);
}

/// Fills in what a stored weight takes, and the codebook.
void count_bits(const NetworkModel& model, const std::vector<float>& weights, LayerCount& layer) {
  layer.bits = kFloatBits;
  const auto scale = model.level_scales.find(layer.name);
  const auto codebook = model.codebooks.find(layer.name);
  if (scale != model.level_scales.end()) {
    layer.bits = code_bits(weights, scale->second);
  } else if (codebook != model.codebooks.end()) {
    const auto num_values = static_cast<double>(codebook->second.size());
    layer.bits = bits_to_tell_apart(num_values);
    layer.codebook_bits = kFloatBits * num_values;
  }
  layer.relative_index_bits = best_relative_index_bits(weights, *layer.bits);
}

LayerCount count_layer(const NetworkModel& model, const std::vector<Shape>& shapes, int node) {
  const Node& description = model.network.nodes[static_cast<std::size_t>(node)];
  const std::vector<float>& weights = model.parameters.at(description.name + ".weight").values;
  LayerCount layer;
  layer.name = description.name;
  layer.is_conv = description.op == Op::Conv2d;
  layer.matrix = matrix_shape(model.network, shapes, node);
  layer.dense_weights = layer.matrix.num_weights();
  layer.nonzero_weights =
      static_cast<std::int64_t>(weights.size()) - std::count(weights.begin(), weights.end(), 0.0F);
  layer.dense_macs = layer.matrix.num_macs();
  layer.nonzero_macs = layer.nonzero_weights * layer.matrix.windows;
  count_alive(weights, layer);
  return layer;
}

/// numerator / denominator, or null when nothing is left (JSON has no infinity).
Json ratio(double numerator, double denominator) {
  return denominator > 0.0 ? Json(numerator / denominator) : Json(nullptr);
}

Json weight_counts(std::int64_t dense, std::int64_t nonzero) {
  return {{"dense_weights", dense},
          {"nonzero_weights", nonzero},
          {"weight_ratio", ratio(static_cast<double>(dense), static_cast<double>(nonzero))}};
}

Json layer_json(const LayerCount& layer) {
  Json json = {{"name", layer.name}};
  json.update(weight_counts(layer.dense_weights, layer.nonzero_weights));
  if (layer.bits) json["bits"] = static_cast<int>(*layer.bits);
  json["rows"] = layer.matrix.rows * layer.matrix.groups;
  json["columns"] = layer.matrix.columns * layer.matrix.groups;
  json["rows_alive"] = layer.rows_alive;
  json["columns_alive"] = layer.columns_alive;
  return json;
}

Json storage_json(const std::vector<LayerCount>& layers, double dense_bits,
                  std::int64_t file_bytes) {
  double value_bits = 0.0;
  double relative_bits = 0.0;
  double mask_bits = 0.0;
  for (const LayerCount& layer : layers) {
    value_bits +=
        static_cast<double>(layer.nonzero_weights) * layer.bits.value() + layer.codebook_bits;
    relative_bits += layer.relative_index_bits + layer.codebook_bits;
    mask_bits += log2_binomial(layer.dense_weights, layer.nonzero_weights);
  }
  return {{"weights_only_ratio", ratio(dense_bits, value_bits)},
          {"relative_index_ratio", ratio(dense_bits, relative_bits)},
          {"entropy_index_ratio", ratio(dense_bits, value_bits + mask_bits)},
          {"file_bytes", file_bytes},
          {"file_ratio", ratio(dense_bits / 8.0, static_cast<double>(file_bytes))}};
}

/// {dense_weights, nonzero_weights, weight_ratio, mac_ratio, scopes}.
Json totals_json(const std::vector<LayerCount>& layers) {
  LayerCount total;
  LayerCount conv;
  LayerCount linear;
  for (const LayerCount& layer : layers) {
    for (LayerCount* sum : {&total, layer.is_conv ? &conv : &linear}) {
      sum->dense_weights += layer.dense_weights;
      sum->nonzero_weights += layer.nonzero_weights;
      sum->dense_macs += layer.dense_macs;
      sum->nonzero_macs += layer.nonzero_macs;
    }
  }
  Json json = weight_counts(total.dense_weights, total.nonzero_weights);
  json["mac_ratio"] =
      ratio(static_cast<double>(total.dense_macs), static_cast<double>(total.nonzero_macs));
  json["scopes"] = Json::object();
  if (conv.dense_weights > 0) {
    json["scopes"]["conv"] = weight_counts(conv.dense_weights, conv.nonzero_weights);
  }
  if (linear.dense_weights > 0) {
    json["scopes"]["linear"] = weight_counts(linear.dense_weights, linear.nonzero_weights);
  }
  return json;
}

std::vector<LayerCount> count_layers(const NetworkModel& model) {
  validate(model);
  const std::vector<Shape> shapes = infer_shapes(model.network);
  std::vector<LayerCount> layers;
  for (const int node : weight_nodes(model.network)) {
    layers.push_back(count_layer(model, shapes, node));
  }
  return layers;
}

}  // namespace

Json compression_summary(const NetworkModel& compressed, std::int64_t file_bytes) {
  OHMWEAVE_REQUIRE(file_bytes >= 0, "bytes are a count");
  std::vector<LayerCount> layers = count_layers(compressed);
  double dense_bits = 0.0;
  for (LayerCount& layer : layers) {
    count_bits(compressed, compressed.parameters.at(layer.name + ".weight").values, layer);
    dense_bits += kFloatBits * static_cast<double>(layer.dense_weights);
  }
  Json json = totals_json(layers);
  json["storage"] = storage_json(layers, dense_bits, file_bytes);
  json["layers"] = Json::array();
  for (const LayerCount& layer : layers) json["layers"].push_back(layer_json(layer));
  return json;
}

Json weight_summary(const NetworkModel& compressed) {
  const std::vector<LayerCount> layers = count_layers(compressed);
  Json json = totals_json(layers);
  json["layers"] = Json::array();
  for (const LayerCount& layer : layers) json["layers"].push_back(layer_json(layer));
  return json;
}

}  // namespace ohmweave
