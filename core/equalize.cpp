// SPDX-License-Identifier: Apache-2.0
#include "core/equalize.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parameter_shapes.h"

namespace ohmweave {
namespace {

constexpr int kNumSweeps = 20;  // over all pairs of layers; each pair unsettles its neighbours

/// By name, in doubles: however often it is rescaled, a value is rounded once.
using Values = std::map<std::string, std::vector<double>>;

/// A weight tensor seen from one side: the unit that each entry makes, or the one that it reads.
struct Side {
  std::string weight;  // name of the tensor
  std::vector<int> unit_of;
};

/// A layer whose units one other layer reads, and nothing else.
struct LayerPair {
  int num_units = 0;
  Side makes;
  std::string bias;  // of the units; "" for none
  Side reads;
};

bool keeps_scales_apart(Op op) {
  return op == Op::Relu || op == Op::MaxPool2d || op == Op::AvgPool2d || op == Op::Flatten ||
         op == Op::Dropout;
}

/// The weight node that alone reads node `index`, or -1.
int only_reader(const Network& network, const std::vector<std::vector<int>>& readers, int index) {
  do {
    if (readers[index].size() != 1) return -1;
    index = readers[index][0];
  } while (keeps_scales_apart(network.nodes[index].op));
  return has_weights(network.nodes[index].op) ? index : -1;
}

LayerPair make_pair_of(const Network& network, const std::vector<Shape>& shapes, int maker,
                       int reader) {
  const Node& made = network.nodes[maker];
  const Node& read = network.nodes[reader];
  LayerPair pair;
  pair.num_units = made.out_channels;
  pair.makes.weight = made.name + ".weight";
  pair.reads.weight = read.name + ".weight";
  if (made.has_bias) pair.bias = made.name + ".bias";
  const MatrixShape own = matrix_shape(network, shapes, maker);
  for (std::int64_t e = 0; e < own.num_weights(); ++e) {
    pair.makes.unit_of.push_back(static_cast<int>(e / own.rows));
  }
  const MatrixShape next = matrix_shape(network, shapes, reader);
  const int area = read.op == Op::Conv2d ? read.kernel * read.kernel : 1;
  const int inputs = next.rows / area;  // of one group
  const int features_per_unit = inputs * next.groups / pair.num_units;
  for (std::int64_t e = 0; e < next.num_weights(); ++e) {
    const auto group = static_cast<int>(e / next.rows / next.columns);
    const auto input = static_cast<int>(e % next.rows) / area;
    pair.reads.unit_of.push_back((group * inputs + input) / features_per_unit);
  }
  return pair;
}

std::vector<LayerPair> layer_pairs(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  std::vector<std::vector<int>> readers(network.nodes.size());
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    for (const int input : network.nodes[i].inputs) readers[input].push_back(i);
  }
  std::vector<LayerPair> pairs;
  for (const int maker : weight_nodes(network)) {
    const int reader = only_reader(network, readers, maker);
    if (reader >= 0) pairs.push_back(make_pair_of(network, shapes, maker, reader));
  }
  return pairs;
}

/// log of the rms of each unit's non-zero weights; -infinity for a unit that has none.
std::vector<double> log_rms(const std::vector<double>& weights, const Side& side, int num_units) {
  std::vector<double> squares(num_units, 0.0);
  std::vector<double> counts(num_units, 0.0);
  for (std::size_t e = 0; e < weights.size(); ++e) {
    if (weights[e] == 0.0) continue;
    squares[side.unit_of[e]] += weights[e] * weights[e];
    counts[side.unit_of[e]] += 1.0;
  }
  for (int u = 0; u < num_units; ++u) {
    squares[u] = counts[u] > 0.0 ? std::log(squares[u] / counts[u]) / 2 : -HUGE_VAL;
  }
  return squares;
}

/// The factor of each unit.
std::vector<double> unit_scales(const LayerPair& pair, const Values& values) {
  const auto own = log_rms(values.at(pair.makes.weight), pair.makes, pair.num_units);
  const auto next = log_rms(values.at(pair.reads.weight), pair.reads, pair.num_units);
  const auto is_free = [&](int u) { return std::isfinite(own[u]) && std::isfinite(next[u]); };
  double sum = 0.0;
  int num_free = 0;
  for (int u = 0; u < pair.num_units; ++u) {
    if (!is_free(u)) continue;
    sum += next[u] - own[u];
    ++num_free;
  }
  std::vector<double> scales(pair.num_units, 1.0);
  for (int u = 0; u < pair.num_units; ++u) {
    if (is_free(u)) scales[u] = std::exp((next[u] - own[u] - sum / num_free) / 2);
  }
  return scales;
}

void equalize_pair(const LayerPair& pair, Values& values) {
  const std::vector<double> scales = unit_scales(pair, values);
  std::vector<double>& own = values.at(pair.makes.weight);
  std::vector<double>& next = values.at(pair.reads.weight);
  for (std::size_t e = 0; e < own.size(); ++e) own[e] *= scales[pair.makes.unit_of[e]];
  for (std::size_t e = 0; e < next.size(); ++e) next[e] /= scales[pair.reads.unit_of[e]];
  if (pair.bias.empty()) return;
  std::vector<double>& bias = values.at(pair.bias);
  for (int u = 0; u < pair.num_units; ++u) bias[u] *= scales[u];
}

}  // namespace

Parameters equalize_layers(const Network& network, const Parameters& parameters) {
  Values values;
  for (const ParameterShape& expected : parameter_shapes(network)) {
    const auto found = parameters.find(expected.name);
    OHMWEAVE_REQUIRE(
        found != parameters.end() &&
            found->second.values.size() == static_cast<std::size_t>(num_elements(expected.shape)),
        "there is a parameter '" + expected.name + "' of the right size");
    values[expected.name].assign(found->second.values.begin(), found->second.values.end());
  }
  const std::vector<LayerPair> pairs = layer_pairs(network);
  for (int sweep = 0; sweep < kNumSweeps; ++sweep) {
    for (const LayerPair& pair : pairs) equalize_pair(pair, values);
  }
  Parameters equalized = parameters;
  for (const auto& [name, list] : values) {
    std::vector<float>& rounded = equalized.at(name).values;
    for (std::size_t i = 0; i < list.size(); ++i) rounded[i] = static_cast<float>(list[i]);
  }
  return equalized;
}

}  // namespace ohmweave
