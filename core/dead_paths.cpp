// SPDX-License-Identifier: Apache-2.0
#include "core/dead_paths.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/error.h"

namespace ohmweave {
namespace {

/// What is known of each channel (of a vector: each feature) of a node's output.
using Flags = std::vector<std::uint8_t>;

/// The weight matrix of a node with its mask: entry (output, input channel within its group, place
/// in the kernel) at index ((output * inputs) + input) * kernel_size + place.
struct Layer {
  const Node& node;
  int outputs = 0;
  int inputs = 0;  // of one group
  int kernel_size = 1;

  [[nodiscard]] int outputs_per_group() const { return outputs / node.groups; }
  /// Channel of the layer's input that the weight reads.
  [[nodiscard]] int input_channel(int output, int input) const {
    return output / outputs_per_group() * inputs + input;
  }
  [[nodiscard]] bool can_fold() const {
    return node.has_bias && (node.op == Op::Linear || node.padding == 0);
  }
};

class Paths {
 public:
  explicit Paths(const Network& network) : network_(network), shapes_(infer_shapes(network)) {}

  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] int channels(int node) const { return shapes_[node].channels; }

  [[nodiscard]] Layer layer(int index) const {
    const Node& node = network_.nodes[index];
    const Shape& in = shapes_[node.inputs[0]];
    if (node.op == Op::Linear) {
      return {node, node.out_channels, static_cast<int>(in.size()), 1};
    }
    return {node, node.out_channels, in.channels / node.groups, node.kernel * node.kernel};
  }

  [[nodiscard]] const std::vector<std::uint8_t>& mask(const WeightMasks& masks, int index) const {
    const std::string name = network_.nodes[index].name + ".weight";
    const auto found = masks.find(name);
    OHMWEAVE_REQUIRE(found != masks.end(), "there is a mask for '" + name + "'");
    const Layer l = layer(index);
    OHMWEAVE_REQUIRE(
        found->second.size() == static_cast<std::size_t>(l.outputs) * l.inputs * l.kernel_size,
        "the mask of '" + name + "' has the size of its tensor");
    return found->second;
  }

  /// Spreads what is known of a map's channels over the features of its flattened form.
  template <class T>
  [[nodiscard]] std::vector<T> flattened(int index, const std::vector<T>& of_channels) const {
    const Shape& in = shapes_[network_.nodes[index].inputs[0]];
    const int area = in.height * in.width;
    std::vector<T> features(static_cast<std::size_t>(in.size()));
    for (std::size_t i = 0; i < features.size(); ++i) features[i] = of_channels[i / area];
    return features;
  }

 private:
  const Network& network_;
  std::vector<Shape> shapes_;
};

/// Calls visit(output, input channel, entry) for every weight that the mask allows.
template <class Visit>
void for_each_weight(const Layer& layer, const std::vector<std::uint8_t>& mask,
                     const Visit& visit) {
  std::size_t entry = 0;
  for (int output = 0; output < layer.outputs; ++output) {
    for (int input = 0; input < layer.inputs; ++input) {
      for (int place = 0; place < layer.kernel_size; ++place, ++entry) {
        if (mask[entry] != 0) visit(output, layer.input_channel(output, input), entry);
      }
    }
  }
}

/// Whether each channel of each node's output depends on the image.
std::vector<Flags> varying_channels(const Paths& paths, const WeightMasks& masks) {
  const Network& network = paths.network();
  std::vector<Flags> varies(network.nodes.size());
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    const Node& node = network.nodes[i];
    if (node.op == Op::Input) {
      varies[i].assign(paths.channels(i), 1);
    } else if (has_weights(node.op)) {
      varies[i].assign(node.out_channels, 0);
      const Layer layer = paths.layer(i);
      const Flags& in = varies[node.inputs[0]];
      // A constant under a padded window differs at the border: as good as depending on the image.
      for_each_weight(layer, paths.mask(masks, i), [&](int output, int channel, std::size_t) {
        if (in[channel] != 0 || !layer.can_fold()) varies[i][output] = 1;
      });
    } else if (node.op == Op::Flatten) {
      varies[i] = paths.flattened(i, varies[node.inputs[0]]);
    } else {
      varies[i] = varies[node.inputs[0]];
      for (const int input : node.inputs) {
        for (std::size_t c = 0; c < varies[i].size(); ++c) varies[i][c] |= varies[input][c];
      }
    }
  }
  return varies;
}

/// Whether each channel of each node's output is read by a weight (or passed on) towards the
/// output.
std::vector<Flags> used_channels(const Paths& paths, const WeightMasks& masks) {
  const Network& network = paths.network();
  const int last = static_cast<int>(network.nodes.size()) - 1;
  std::vector<Flags> used(network.nodes.size());
  for (int i = 0; i <= last; ++i) used[i].assign(paths.channels(i), i == last ? 1 : 0);
  for (int i = last; i > 0; --i) {
    const Node& node = network.nodes[i];
    if (has_weights(node.op)) {
      for_each_weight(paths.layer(i), paths.mask(masks, i),
                      [&](int output, int channel, std::size_t) {
                        if (used[i][output] != 0) used[node.inputs[0]][channel] = 1;
                      });
    } else if (node.op == Op::Flatten) {
      Flags& in = used[node.inputs[0]];
      const std::size_t area = used[i].size() / in.size();
      for (std::size_t f = 0; f < used[i].size(); ++f) in[f / area] |= used[i][f];
    } else {
      for (const int input : node.inputs) {
        for (std::size_t c = 0; c < used[i].size(); ++c) used[input][c] |= used[i][c];
      }
    }
  }
  return used;
}

const Tensor& tensor_of(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  OHMWEAVE_REQUIRE(found != parameters.end(), "there is a parameter '" + name + "'");
  return found->second;
}

/// The constants that the channels of one node's output hold, where they do not vary.
std::vector<double> constants_after(const Node& node, const std::vector<double>& in,
                                    const Parameters& parameters) {
  std::vector<double> out = in;
  if (node.op == Op::Relu) {
    for (double& value : out) value = std::max(value, 0.0);
  } else if (node.op == Op::BatchNorm2d) {
    const auto value = [&](const char* suffix, std::size_t c) {
      return static_cast<double>(tensor_of(parameters, node.name + suffix).values[c]);
    };
    for (std::size_t c = 0; c < out.size(); ++c) {
      out[c] = (in[c] - value(".running_mean", c)) /
                   std::sqrt(value(".running_var", c) + kBatchNormEpsilon) * value(".weight", c) +
               value(".bias", c);
    }
  }
  return out;
}

/// Adds what the constants among a layer's inputs give through the weights that will be dropped.
void fold_constants(const Layer& layer, const std::vector<double>& constants, const Flags& varies,
                    Parameters& parameters) {
  const Tensor& weight = tensor_of(parameters, layer.node.name + ".weight");
  std::vector<double> sums(layer.outputs, 0.0);
  std::vector<std::uint8_t> nonzero(weight.values.size());
  for (std::size_t e = 0; e < nonzero.size(); ++e) nonzero[e] = weight.values[e] != 0.0F ? 1 : 0;
  for_each_weight(layer, nonzero, [&](int output, int channel, std::size_t entry) {
    if (varies[channel] == 0) sums[output] += weight.values[entry] * constants[channel];
  });
  std::vector<float>& bias = parameters.at(layer.node.name + ".bias").values;
  for (int o = 0; o < layer.outputs; ++o) {
    if (sums[o] != 0.0) bias[o] = static_cast<float>(bias[o] + sums[o]);
  }
}

}  // namespace

WeightMasks live_weights(const Network& network, const WeightMasks& masks) {
  const Paths paths(network);
  const std::vector<Flags> varies = varying_channels(paths, masks);
  WeightMasks live = masks;
  for (const int index : weight_nodes(network)) {
    const Node& node = network.nodes[index];
    const Layer layer = paths.layer(index);
    if (!layer.can_fold()) continue;
    std::vector<std::uint8_t>& mask = live.at(node.name + ".weight");
    const Flags& in = varies[node.inputs[0]];
    for_each_weight(layer, paths.mask(masks, index),
                    [&](int, int channel, std::size_t entry) { mask[entry] = in[channel]; });
  }
  const std::vector<Flags> used = used_channels(paths, live);
  for (const int index : weight_nodes(network)) {
    const Node& node = network.nodes[index];
    std::vector<std::uint8_t>& mask = live.at(node.name + ".weight");
    for_each_weight(
        paths.layer(index), std::vector<std::uint8_t>(mask),
        [&](int output, int, std::size_t entry) { mask[entry] &= used[index][output]; });
  }
  return live;
}

WeightMasks growable_weights(const Network& network, const WeightMasks& masks) {
  const Paths paths(network);
  // In `masks`, not in what is live of it: the new weight may bring to life those that lead to it
  // or on from it.
  const std::vector<Flags> varies = varying_channels(paths, masks);
  const std::vector<Flags> used = used_channels(paths, masks);
  WeightMasks growable = live_weights(network, masks);
  for (const int index : weight_nodes(network)) {
    const Node& node = network.nodes[index];
    std::vector<std::uint8_t>& mask = growable.at(node.name + ".weight");
    const Flags& in = varies[node.inputs[0]];
    for_each_weight(paths.layer(index), std::vector<std::uint8_t>(mask.size(), 1),
                    [&](int output, int channel, std::size_t entry) {
                      if (in[channel] != 0 && used[index][output] != 0) mask[entry] = 1;
                    });
  }
  return growable;
}

Parameters fold_dead_paths(const Network& network, const Parameters& parameters,
                           const WeightMasks& live) {
  const Paths paths(network);
  const std::vector<Flags> varies = varying_channels(paths, live);
  const std::vector<Flags> used = used_channels(paths, live);
  Parameters folded = parameters;
  std::vector<std::vector<double>> constants(network.nodes.size());
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    const Node& node = network.nodes[i];
    if (node.op == Op::Input) {
      constants[i].assign(paths.channels(i), 0.0);
    } else if (has_weights(node.op)) {
      const Layer layer = paths.layer(i);
      if (layer.can_fold()) {
        fold_constants(layer, constants[node.inputs[0]], varies[node.inputs[0]], folded);
      }
      const std::vector<std::uint8_t>& mask = paths.mask(live, i);
      std::vector<float>& weight = folded.at(node.name + ".weight").values;
      for (std::size_t e = 0; e < weight.size(); ++e) {
        if (mask[e] == 0) weight[e] = 0.0F;
      }
      constants[i].assign(node.out_channels, 0.0);
      if (!node.has_bias) continue;
      std::vector<float>& bias = folded.at(node.name + ".bias").values;
      for (int o = 0; o < node.out_channels; ++o) {
        constants[i][o] = bias[o];
        if (used[i][o] == 0) bias[o] = 0.0F;  // nothing reads it, or what read it holds it now
      }
    } else if (node.op == Op::Flatten) {
      constants[i] = paths.flattened(i, constants[node.inputs[0]]);
    } else if (node.op == Op::Add) {
      constants[i].assign(paths.channels(i), 0.0);
      for (const int input : node.inputs) {
        for (std::size_t c = 0; c < constants[i].size(); ++c) {
          constants[i][c] += constants[input][c];
        }
      }
    } else {
      constants[i] = constants_after(node, constants[node.inputs[0]], parameters);
    }
  }
  return folded;
}

}  // namespace ohmweave
