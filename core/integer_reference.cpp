// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/quantized_network.h"

namespace ohmweave {
namespace {

using Codes = std::vector<std::int64_t>;

/// One node at work: what it is, and the maps it reads.
struct Step {
  const Node& node;
  const QuantizedNode& quantized;
  const Shape& output;
  std::vector<const Shape*> input_shapes;
  std::vector<const Codes*> inputs;
};

std::int64_t finished(std::int64_t accumulator, const QuantizedNode& quantized) {
  return quantized.requantizer ? requantize(accumulator, *quantized.requantizer) : accumulator;
}

/// The product of output `o` with a window, without the bias.
std::int64_t product(const QuantizedWeights& weights, std::size_t o, const Codes& window) {
  const std::size_t rows = window.size();
  if (weights.code_values.empty()) {
    std::int64_t sum = 0;
    for (std::size_t r = 0; r < rows; ++r) sum += weights.codes[o * rows + r] * window[r];
    return sum;
  }
  double sum = 0.0;
  for (std::size_t r = 0; r < rows; ++r) {
    sum += weights.value(weights.codes[o * rows + r]) * static_cast<double>(window[r]);
  }
  return static_cast<std::int64_t>(std::nearbyint(sum));
}

Codes weight_layer(const Step& step) {
  const QuantizedWeights& weights = *step.quantized.weights;
  const int outputs_per_group = step.output.channels / step.node.groups;
  const std::size_t rows = weights.codes.size() / static_cast<std::size_t>(step.output.channels);
  const int area = step.output.height * step.output.width;
  Codes out(static_cast<std::size_t>(step.output.size()));
  for (int group = 0; group < step.node.groups; ++group) {
    for (int place = 0; place < area; ++place) {
      const Codes window = gather_window(step.node, *step.input_shapes[0], *step.inputs[0], group,
                                         place / step.output.width, place % step.output.width);
      OHMWEAVE_REQUIRE(window.size() == rows, "weights of '" + step.node.name + "' do not fit");
      for (int o = group * outputs_per_group; o < (group + 1) * outputs_per_group; ++o) {
        const std::int64_t bias = weights.bias.empty() ? 0 : weights.bias[o];
        const std::int64_t sum = bias + product(weights, static_cast<std::size_t>(o), window);
        out[static_cast<std::size_t>(o) * area + place] = finished(sum, step.quantized);
      }
    }
  }
  return out;
}

/// The codes that one pooling window covers; padded places are left out.
Codes pooled(const Step& step, int channel, int y, int x) {
  const Shape& in = *step.input_shapes[0];
  Codes covered;
  for (int ky = 0; ky < step.node.kernel; ++ky) {
    const int row = y * step.node.stride - step.node.padding + ky;
    if (row < 0 || row >= in.height) continue;
    for (int kx = 0; kx < step.node.kernel; ++kx) {
      const int column = x * step.node.stride - step.node.padding + kx;
      if (column < 0 || column >= in.width) continue;
      const std::size_t at =
          (static_cast<std::size_t>(channel) * in.height + row) * in.width + column;
      covered.push_back((*step.inputs[0])[at]);
    }
  }
  return covered;
}

Codes pooling(const Step& step) {
  Codes out;
  out.reserve(static_cast<std::size_t>(step.output.size()));
  for (int channel = 0; channel < step.output.channels; ++channel) {
    for (int y = 0; y < step.output.height; ++y) {
      for (int x = 0; x < step.output.width; ++x) {
        const Codes covered = pooled(step, channel, y, x);
        if (step.node.op == Op::MaxPool2d) {
          out.push_back(*std::max_element(covered.begin(), covered.end()));
        } else {
          std::int64_t sum = 0;
          for (const std::int64_t code : covered) sum += code;
          out.push_back(finished(sum, step.quantized));
        }
      }
    }
  }
  return out;
}

Codes rectified(const Step& step) {
  Codes out = *step.inputs[0];
  for (std::int64_t& code : out) code = std::max<std::int64_t>(0, code);
  return out;
}

Codes added(const Step& step) {
  Codes out(step.inputs[0]->size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = requantize_sum({(*step.inputs[0])[i], (*step.inputs[1])[i]},
                            step.quantized.addend_requantizers);
  }
  return out;
}

Codes run_step(const Step& step) {
  switch (step.node.op) {
    case Op::Conv2d:
    case Op::Linear:
      return weight_layer(step);
    case Op::MaxPool2d:
    case Op::AvgPool2d:
      return pooling(step);
    case Op::Relu:
      return rectified(step);
    case Op::Flatten:
      return *step.inputs[0];
    case Op::Add:
      return added(step);
    case Op::Input:
    case Op::BatchNorm2d:
    case Op::Dropout:
      break;
  }
  OHMWEAVE_REQUIRE(false, "'" + step.node.name + "' cannot be run on codes");
  return {};
}

}  // namespace

std::vector<std::int32_t> quantize_input(const QuantizedNetwork& network,
                                         const std::vector<float>& values) {
  const auto expected = static_cast<std::size_t>(network.network.input.size());
  if (values.size() != expected) {
    throw DataError("an image of " + std::to_string(values.size()) + " values: network '" +
                    network.network.name + "' takes " + std::to_string(expected));
  }
  const CodeFormat& format = network.nodes.at(0).output;
  const auto low = static_cast<double>(format.low());
  const auto high = static_cast<double>(format.high());
  std::vector<std::int32_t> codes;
  codes.reserve(values.size());
  for (const float value : values) {
    if (!std::isfinite(value)) throw DataError("an image holds a value that is not finite");
    const double code = std::floor(value / format.scale + 0.5);
    codes.push_back(static_cast<std::int32_t>(std::min(std::max(code, low), high)));
  }
  return codes;
}

std::vector<std::int64_t> gather_window(const Node& node, const Shape& input_shape,
                                        const std::vector<std::int64_t>& codes, int group, int y,
                                        int x) {
  OHMWEAVE_REQUIRE(codes.size() == static_cast<std::size_t>(input_shape.size()),
                   "the map of '" + node.name + "' has another size");
  if (node.op == Op::Linear) return codes;
  const int channels = input_shape.channels / node.groups;
  Codes window;
  window.reserve(static_cast<std::size_t>(channels) * node.kernel * node.kernel);
  for (int c = group * channels; c < (group + 1) * channels; ++c) {
    for (int ky = 0; ky < node.kernel; ++ky) {
      for (int kx = 0; kx < node.kernel; ++kx) {
        const int row = y * node.stride - node.padding + ky;
        const int column = x * node.stride - node.padding + kx;
        const bool is_inside =
            row >= 0 && row < input_shape.height && column >= 0 && column < input_shape.width;
        const std::size_t at =
            (static_cast<std::size_t>(c) * input_shape.height + row) * input_shape.width + column;
        window.push_back(is_inside ? codes[at] : 0);
      }
    }
  }
  return window;
}

std::vector<std::vector<std::int64_t>> run_integer_reference(
    const QuantizedNetwork& network, const std::vector<std::int32_t>& input) {
  const std::vector<Shape> shapes = infer_shapes(network.network);
  OHMWEAVE_REQUIRE(network.nodes.size() == shapes.size(), "one quantized node a node");
  OHMWEAVE_REQUIRE(input.size() == static_cast<std::size_t>(shapes[0].size()), "input size");
  std::vector<Codes> codes(shapes.size());
  codes[0].assign(input.begin(), input.end());
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    Step step{network.network.nodes[i], network.nodes[i], shapes[i], {}, {}};
    for (const int source : step.node.inputs) {
      step.input_shapes.push_back(&shapes[source]);
      step.inputs.push_back(&codes[source]);
    }
    codes[i] = run_step(step);
  }
  return codes;
}

}  // namespace ohmweave
