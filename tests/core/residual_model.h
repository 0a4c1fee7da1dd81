// SPDX-License-Identifier: Apache-2.0
// A small random network with everything that makes integer arithmetic hard: batch norm, a residual
// Add, padding, stride, groups, both poolings, signed and unsigned codes.
#pragma once

#include <vector>

#include "core/parameter_shapes.h"
#include "core/random.h"
#include "tests/core/float_twin.h"
#include "tests/core/networks.h"

namespace ohmweave::sample {

inline Network residual_network() {
  Network n =
      network({3, 8, 8},
              {conv("conv1", 0, 8, {3, 1, 1}), node("bn1", Op::BatchNorm2d, {1}),
               node("relu1", Op::Relu, {2}), conv("conv2", 3, 8, {3, 1, 1}),
               node("bn2", Op::BatchNorm2d, {4}), node("add", Op::Add, {5, 3}),
               node("relu2", Op::Relu, {6}), windowed("max", Op::MaxPool2d, 7, {3, 2, 1}),
               with_bias(conv("conv3", 8, 6, {3, 1, 1})), windowed("avg", Op::AvgPool2d, 9, {2, 2}),
               node("flatten", Op::Flatten, {10}), node("relu3", Op::Relu, {11}),
               with_bias(linear("fc1", 12, 12)), node("relu4", Op::Relu, {13}),
               node("dropout", Op::Dropout, {14}), with_bias(linear("fc2", 15, 5))});
  n.nodes[4].groups = 4;
  n.nodes[15].dropout_fraction = 0.5;
  return n;
}

inline std::vector<float> random_image(const Shape& shape, const RandomStream& stream) {
  std::vector<float> image;
  for (std::int64_t i = 0; i < shape.size(); ++i) {
    image.push_back(static_cast<float>(stream.uniform(static_cast<std::uint64_t>(i))));
  }
  return image;
}

/// Random parameters of a spread that keeps values near 1, batch norms away from the identity.
inline Parameters random_parameters(const Network& n, const RandomStream& stream) {
  Parameters parameters;
  for (const ParameterShape& p : parameter_shapes(n)) {
    Tensor tensor{p.shape, {}};
    const RandomStream own = stream.child(p.name);
    const bool is_norm = n.nodes[p.node].op == Op::BatchNorm2d;
    const bool is_variance = p.name.find("running_var") != std::string::npos;
    const auto size = static_cast<std::size_t>(num_elements(p.shape));
    const double fan_in =
        p.shape.size() > 1 ? static_cast<double>(size) / static_cast<double>(p.shape[0]) : 9.0;
    for (std::size_t i = 0; i < size; ++i) {
      double value = own.normal(i) / std::sqrt(fan_in);
      if (is_norm && p.name.find(".weight") != std::string::npos) value = 0.5 + own.uniform(i);
      if (is_variance) value = 0.25 + own.uniform(i);
      tensor.values.push_back(static_cast<float>(value));
    }
    parameters[p.name] = tensor;
  }
  return parameters;
}

/// Exact ranges over `images`; the percentile is set to the largest magnitude.
inline std::map<std::string, ActivationRange> ranges_of(
    const NetworkModel& model, const std::vector<std::vector<float>>& images) {
  std::map<std::string, ActivationRange> ranges;
  for (const std::vector<float>& image : images) {
    const std::vector<Map> maps = run_float(model, image);
    for (std::size_t i = 0; i < maps.size(); ++i) {
      const auto [low, high] = std::minmax_element(maps[i].begin(), maps[i].end());
      const auto [entry, is_new] =
          ranges.try_emplace(model.network.nodes[i].name, ActivationRange{*low, *high, 0.0});
      ActivationRange& range = entry->second;
      range.min = std::min(range.min, *low);
      range.max = std::max(range.max, *high);
      range.percentile_magnitude = std::max(std::fabs(range.min), std::fabs(range.max));
    }
  }
  return ranges;
}

struct ResidualCase {
  NetworkModel model;
  std::vector<std::vector<float>> images;
};

inline ResidualCase residual_case(std::uint64_t seed) {
  const RandomStream stream(seed);
  ResidualCase made;
  made.model.network = residual_network();
  made.model.parameters = random_parameters(made.model.network, stream.child("parameters"));
  for (std::uint64_t i = 0; i < 6; ++i) {
    made.images.push_back(random_image(made.model.network.input, stream.child("image", i)));
  }
  made.model.ranges = ranges_of(made.model, made.images);
  return made;
}

}  // namespace ohmweave::sample
