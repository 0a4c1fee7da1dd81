// SPDX-License-Identifier: Apache-2.0
// Every operation in double precision, written as plainly as can be: the twin that folding and
// integer arithmetic are held against.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/network_model.h"

namespace ohmweave::sample {

using Map = std::vector<double>;

/// x(c, y, x) of a map, `outside` beyond its border.
struct View {
  const Shape& shape;
  const Map& values;
  double outside;
  [[nodiscard]] double at(int c, int y, int x) const {
    if (y < 0 || y >= shape.height || x < 0 || x >= shape.width) return outside;
    return values[(static_cast<std::size_t>(c) * shape.height + y) * shape.width + x];
  }
};

/// Calls `f(c, y, x)` for every place of `shape` and collects what it returns.
template <class F>
Map map_of(const Shape& shape, F&& f) {
  Map out;
  for (int c = 0; c < shape.channels; ++c) {
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x) out.push_back(f(c, y, x));
    }
  }
  return out;
}

inline Map float_weights(const NetworkModel& model, const Node& node, const View& in,
                         const Shape& out) {
  const std::vector<float>& w = model.parameters.at(node.name + ".weight").values;
  const bool is_linear = node.op == Op::Linear;
  const int kernel = is_linear ? 1 : node.kernel;
  const int channels = in.shape.channels / node.groups;
  return map_of(out, [&](int o, int y, int x) {
    double sum = node.has_bias ? model.parameters.at(node.name + ".bias").values[o] : 0.0;
    const int first = o / (out.channels / node.groups) * channels;
    std::size_t i = static_cast<std::size_t>(o) * channels * kernel * kernel;
    for (int c = 0; c < channels; ++c) {
      for (int ky = 0; ky < kernel; ++ky) {
        for (int kx = 0; kx < kernel; ++kx) {
          sum += w[i++] * in.at(first + c, y * node.stride - node.padding + ky,
                                x * node.stride - node.padding + kx);
        }
      }
    }
    return sum;
  });
}

inline Map float_norm(const NetworkModel& model, const Node& node, const View& in) {
  const auto value = [&](const char* suffix, int c) {
    return static_cast<double>(model.parameters.at(node.name + suffix).values[c]);
  };
  return map_of(in.shape, [&](int c, int y, int x) {
    return (in.at(c, y, x) - value(".running_mean", c)) /
               std::sqrt(value(".running_var", c) + kBatchNormEpsilon) * value(".weight", c) +
           value(".bias", c);
  });
}

inline Map float_pool(const Node& node, const View& in, const Shape& out) {
  return map_of(out, [&](int c, int y, int x) {
    double largest = -std::numeric_limits<double>::infinity();
    double sum = 0.0;
    for (int ky = 0; ky < node.kernel; ++ky) {
      for (int kx = 0; kx < node.kernel; ++kx) {
        const double value =
            in.at(c, y * node.stride - node.padding + ky, x * node.stride - node.padding + kx);
        largest = std::max(largest, value);
        sum += value;
      }
    }
    return node.op == Op::MaxPool2d ? largest : sum / (node.kernel * node.kernel);
  });
}

/// Output of node `index` for the given input maps.
inline Map float_node(const NetworkModel& model, const std::vector<Shape>& shapes, int index,
                      const std::vector<Map>& inputs) {
  const Node& node = model.network.nodes[index];
  const double outside = node.op == Op::MaxPool2d ? -std::numeric_limits<double>::infinity() : 0.0;
  const View in{shapes[node.inputs[0]], inputs[0], outside};
  switch (node.op) {
    case Op::Conv2d:
    case Op::Linear:
      return float_weights(model, node, in, shapes[index]);
    case Op::BatchNorm2d:
      return float_norm(model, node, in);
    case Op::MaxPool2d:
    case Op::AvgPool2d:
      return float_pool(node, in, shapes[index]);
    case Op::Relu:
      return map_of(in.shape, [&](int c, int y, int x) { return std::max(0.0, in.at(c, y, x)); });
    case Op::Add: {
      Map out = inputs[0];
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += inputs[1][i];
      return out;
    }
    case Op::Input:
    case Op::Flatten:
    case Op::Dropout:
      break;
  }
  return inputs[0];
}

/// Outputs of all nodes for one image, as when evaluating.
inline std::vector<Map> run_float(const NetworkModel& model, const std::vector<float>& image) {
  const std::vector<Shape> shapes = infer_shapes(model.network);
  std::vector<Map> maps{Map(image.begin(), image.end())};
  for (int i = 1; i < static_cast<int>(shapes.size()); ++i) {
    std::vector<Map> inputs;
    for (const int input : model.network.nodes[i].inputs) inputs.push_back(maps[input]);
    maps.push_back(float_node(model, shapes, i, inputs));
  }
  return maps;
}

}  // namespace ohmweave::sample
