// SPDX-License-Identifier: Apache-2.0
#include "models/line_sparsity.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/error.h"
#include "models/weights.h"

namespace ohmweave::models {
namespace {

/// For each channel (of a vector: each feature) of a node's output: 1 if anything is left of it.
using Flags = std::vector<std::uint8_t>;

/// `keep` of the candidates 0 .. is_live.size() - 1, ascending: live ones before others, at random
/// otherwise.
std::vector<int> drawn(const Flags& is_live, int keep, const RandomStream& stream) {
  std::vector<int> order(is_live.size());
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[stream.below(i, i)]);
  }
  std::stable_partition(order.begin(), order.end(), [&](int i) { return is_live[i] != 0; });
  order.resize(static_cast<std::size_t>(keep));
  std::sort(order.begin(), order.end());
  return order;
}

/// One weight layer and what is to stay of it.
struct Layer {
  MatrixShape matrix;
  int kernel_size = 1;  // window inputs of one channel
  const Flags& is_live_input;
  double kept_share = 1.0;
  bool is_output = false;

  [[nodiscard]] int outputs() const { return matrix.columns * matrix.groups; }
  [[nodiscard]] int channels_per_group() const { return matrix.rows / kernel_size; }
  [[nodiscard]] bool reads_live(int group, int row) const {
    return is_live_input[static_cast<std::size_t>(group) * channels_per_group() +
                         row / kernel_size] != 0;
  }
  [[nodiscard]] int kept_outputs() const {
    if (is_output) return outputs();
    return std::max(1, static_cast<int>(std::lround(outputs() * std::sqrt(kept_share))));
  }
  /// Rows of every set of columns, when `num_outputs` columns stay.
  [[nodiscard]] int kept_rows(int num_outputs) const {
    const double rows = kept_share * matrix.rows * outputs() / num_outputs;
    return std::clamp(static_cast<int>(std::lround(rows)), 1, matrix.rows);
  }
};

Flags live_rows(const Layer& layer, int group) {
  Flags live;
  for (int row = 0; row < layer.matrix.rows; ++row) live.push_back(layer.reads_live(group, row));
  return live;
}

/// Outputs whose group has any live input.
Flags live_outputs(const Layer& layer) {
  Flags live;
  for (int group = 0; group < layer.matrix.groups; ++group) {
    const Flags rows = live_rows(layer, group);
    const bool is_any = std::find(rows.begin(), rows.end(), 1) != rows.end();
    live.insert(live.end(), static_cast<std::size_t>(layer.matrix.columns), is_any ? 1 : 0);
  }
  return live;
}

/// Fills the mask (outputs x rows) and gives the outputs that are left.
Flags remove_layer_lines(const Layer& layer, int array_cols, const RandomStream& stream,
                         std::vector<std::uint8_t>& mask) {
  std::fill(mask.begin(), mask.end(), 0);
  const std::vector<int> outputs =
      drawn(live_outputs(layer), layer.kept_outputs(), stream.child("columns"));
  const int keep = layer.kept_rows(static_cast<int>(outputs.size()));
  Flags is_left(static_cast<std::size_t>(layer.outputs()), 0);
  std::uint64_t block = 0;
  for (auto first = outputs.begin(); first != outputs.end(); ++block) {
    const int group = *first / layer.matrix.columns;
    auto last = first;
    while (last != outputs.end() && last - first < array_cols &&
           *last / layer.matrix.columns == group)
      ++last;
    const std::vector<int> rows = drawn(live_rows(layer, group), keep, stream.child("rows", block));
    for (; first != last; ++first) {
      is_left[static_cast<std::size_t>(*first)] = 1;
      std::uint8_t* line = mask.data() + static_cast<std::ptrdiff_t>(*first) * layer.matrix.rows;
      for (const int row : rows) line[row] = 1;
    }
  }
  return is_left;
}

/// What a node without weights passes on.
Flags passed_on(const Node& node, const std::vector<Flags>& live, const Shape& in) {
  Flags flags = live[node.inputs.front()];
  if (node.op == Op::Add) {
    const Flags& other = live[node.inputs.back()];
    for (std::size_t i = 0; i < flags.size(); ++i) flags[i] |= other[i];
  }
  if (node.op == Op::Flatten) {
    const int places = in.height * in.width;
    Flags features;
    for (const std::uint8_t flag : flags) features.insert(features.end(), places, flag);
    return features;
  }
  return flags;
}

}  // namespace

WeightMasks remove_lines(const Network& network, const SparsityFractions& fractions, int array_cols,
                         const RandomStream& stream) {
  WeightMasks masks = full_masks(network);
  for (const auto& [name, fraction] : fractions) {
    OHMWEAVE_REQUIRE(masks.count(name) == 1, "'" + name + "' is a weight");
    OHMWEAVE_REQUIRE(fraction >= 0.0 && fraction < 1.0, "a fraction is in [0, 1)");
  }
  const std::vector<Shape> shapes = infer_shapes(network);
  const int last = weight_nodes(network).back();
  std::vector<Flags> live{Flags(static_cast<std::size_t>(network.input.channels), 1)};
  for (int i = 1; i < static_cast<int>(network.nodes.size()); ++i) {
    const Node& node = network.nodes[i];
    if (!has_weights(node.op)) {
      live.push_back(passed_on(node, live, shapes[node.inputs.front()]));
      continue;
    }
    const std::string name = node.name + ".weight";
    const auto fraction = fractions.find(name);
    if (fraction == fractions.end() || fraction->second == 0.0) {
      live.emplace_back(static_cast<std::size_t>(node.out_channels), 1);
      continue;
    }
    const int kernel_size = node.op == Op::Conv2d ? node.kernel * node.kernel : 1;
    const Layer layer{matrix_shape(network, shapes, i), kernel_size, live[node.inputs.front()],
                      1.0 - fraction->second, i == last};
    live.push_back(remove_layer_lines(layer, array_cols, stream.child(name), masks.at(name)));
  }
  return masks;
}

}  // namespace ohmweave::models
