// SPDX-License-Identifier: Apache-2.0
#include "models/float_run.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.h"

namespace ohmweave::models {
namespace {

constexpr std::size_t kVector = 8;           // floats of one processor register
constexpr std::size_t kLanes = 2 * kVector;  // places, or partial sums, that are worked on together
constexpr std::size_t kOutputs = 4;          // outputs of one tile

/// Sums kept in registers; as an array of floats gcc would keep them in memory.
using Vector = float __attribute__((vector_size(kVector * sizeof(float))));

Vector load(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

/// One node at work.
struct Step {
  const NetworkModel& model;
  const Node& node;
  const Shape& in;
  const Shape& out;
  const FloatMap& input;

  [[nodiscard]] const std::vector<float>& parameter(const char* suffix) const {
    return model.parameters.at(node.name + suffix).values;
  }
};

/// sums[o][l] = sum over r of weights[o * rows + r] * columns[r * kLanes + l].
using Sums = std::array<std::array<float, kLanes>, kOutputs>;
Sums multiply_tile(const float* weights, std::size_t rows, const float* columns) {
  Vector left[kOutputs] = {};
  Vector right[kOutputs] = {};
  for (std::size_t r = 0; r < rows; ++r) {
    const Vector low = load(columns + r * kLanes);
    const Vector high = load(columns + r * kLanes + kVector);
    for (std::size_t o = 0; o < kOutputs; ++o) {
      const float weight = weights[o * rows + r];
      left[o] += weight * low;
      right[o] += weight * high;
    }
  }
  Sums sums;
  for (std::size_t o = 0; o < kOutputs; ++o) {
    std::memcpy(sums[o].data(), &left[o], sizeof left[o]);
    std::memcpy(sums[o].data() + kVector, &right[o], sizeof right[o]);
  }
  return sums;
}

/// The inputs of kLanes windows from place `first` on, rows x lanes; zeros beyond border and map.
void gather(const Step& step, int group, std::size_t first, std::vector<float>& columns) {
  const Node& node = step.node;
  const int channels = step.in.channels / node.groups;
  const std::size_t num_places = static_cast<std::size_t>(step.out.height) * step.out.width;
  std::fill(columns.begin(), columns.end(), 0.0F);
  for (std::size_t l = 0; l < kLanes && first + l < num_places; ++l) {
    const int top = static_cast<int>((first + l) / step.out.width) * node.stride - node.padding;
    const int left = static_cast<int>((first + l) % step.out.width) * node.stride - node.padding;
    float* lane = columns.data() + l;
    for (int c = group * channels; c < (group + 1) * channels; ++c) {
      const float* map =
          step.input.data() + static_cast<std::ptrdiff_t>(c) * step.in.height * step.in.width;
      for (int y = top; y < top + node.kernel; ++y) {
        for (int x = left; x < left + node.kernel; ++x, lane += kLanes) {
          const bool is_inside = y >= 0 && y < step.in.height && x >= 0 && x < step.in.width;
          if (is_inside) *lane = map[static_cast<std::ptrdiff_t>(y) * step.in.width + x];
        }
      }
    }
  }
}

FloatMap convolved(const Step& step) {
  const Node& node = step.node;
  const std::vector<float>& weights = step.parameter(".weight");
  const std::size_t rows = weights.size() / static_cast<std::size_t>(node.out_channels);
  const auto outputs = static_cast<std::size_t>(node.out_channels / node.groups);
  const std::size_t places = static_cast<std::size_t>(step.out.height) * step.out.width;
  FloatMap out(static_cast<std::size_t>(step.out.size()));
  std::vector<float> columns(rows * kLanes);
  std::vector<float> last(rows * kOutputs);  // the weights of a tile that is not full, and zeros
  for (int group = 0; group < node.groups; ++group) {
    for (std::size_t first = 0; first < places; first += kLanes) {
      gather(step, group, first, columns);
      for (std::size_t o = 0; o < outputs; o += kOutputs) {
        const std::size_t output = static_cast<std::size_t>(group) * outputs + o;
        const std::size_t num_outputs = std::min(kOutputs, outputs - o);
        const float* tile = weights.data() + output * rows;
        if (num_outputs < kOutputs) {
          std::copy(tile, tile + num_outputs * rows, last.begin());
          tile = last.data();
        }
        const Sums sums = multiply_tile(tile, rows, columns.data());
        for (std::size_t i = 0; i < num_outputs; ++i) {
          std::copy_n(sums[i].begin(), std::min(kLanes, places - first),
                      out.begin() + static_cast<std::ptrdiff_t>((output + i) * places + first));
        }
      }
    }
  }
  return out;
}

FloatMap multiplied(const Step& step) {
  const std::vector<float>& weights = step.parameter(".weight");
  const std::size_t rows = step.input.size();
  FloatMap out;
  for (int o = 0; o < step.node.out_channels; ++o) {
    const float* weight = weights.data() + static_cast<std::size_t>(o) * rows;
    Vector left = {};
    Vector right = {};
    std::size_t r = 0;
    for (; r + kLanes <= rows; r += kLanes) {
      left += load(weight + r) * load(step.input.data() + r);
      right += load(weight + r + kVector) * load(step.input.data() + r + kVector);
    }
    float sum = 0.0F;
    for (; r < rows; ++r) sum += weight[r] * step.input[r];
    for (std::size_t l = 0; l < kVector; ++l) sum += left[l] + right[l];
    out.push_back(sum);
  }
  return out;
}

void add_bias(const Step& step, FloatMap& out) {
  if (!step.node.has_bias) return;
  const std::vector<float>& bias = step.parameter(".bias");
  const std::size_t places = out.size() / bias.size();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += bias[i / places];
}

FloatMap normalized(const Step& step) {
  FloatMap out = step.input;
  const std::size_t places = out.size() / static_cast<std::size_t>(step.in.channels);
  for (int c = 0; c < step.in.channels; ++c) {
    const auto gain =
        static_cast<float>(step.parameter(".weight")[c] /
                           std::sqrt(step.parameter(".running_var")[c] + kBatchNormEpsilon));
    const float offset = step.parameter(".bias")[c] - step.parameter(".running_mean")[c] * gain;
    float* channel = out.data() + static_cast<std::size_t>(c) * places;
    for (std::size_t i = 0; i < places; ++i) channel[i] = channel[i] * gain + offset;
  }
  return out;
}

/// The pooled value of one window; padded places are left out.
float pooled_value(const Step& step, const float* map, int top, int left) {
  float largest = -std::numeric_limits<float>::infinity();
  float sum = 0.0F;
  const int kernel = step.node.kernel;
  for (int y = std::max(top, 0); y < std::min(top + kernel, step.in.height); ++y) {
    for (int x = std::max(left, 0); x < std::min(left + kernel, step.in.width); ++x) {
      const float value = map[static_cast<std::ptrdiff_t>(y) * step.in.width + x];
      largest = std::max(largest, value);
      sum += value;
    }
  }
  return step.node.op == Op::MaxPool2d ? largest : sum / static_cast<float>(kernel * kernel);
}

FloatMap pooled(const Step& step) {
  FloatMap out;
  out.reserve(static_cast<std::size_t>(step.out.size()));
  const Node& node = step.node;
  for (int c = 0; c < step.out.channels; ++c) {
    const float* map =
        step.input.data() + static_cast<std::ptrdiff_t>(c) * step.in.height * step.in.width;
    for (int y = 0; y < step.out.height; ++y) {
      for (int x = 0; x < step.out.width; ++x) {
        out.push_back(pooled_value(step, map, y * node.stride - node.padding,
                                   x * node.stride - node.padding));
      }
    }
  }
  return out;
}

FloatMap rectified(const Step& step) {
  FloatMap out = step.input;
  for (float& value : out) value = std::max(value, 0.0F);
  return out;
}

FloatMap added(const Step& step, const FloatMap& other) {
  FloatMap out = step.input;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += other[i];
  return out;
}

FloatMap run_step(const Step& step, const FloatMap& second_input) {
  switch (step.node.op) {
    case Op::Conv2d:
    case Op::Linear: {
      FloatMap out = step.node.op == Op::Linear ? multiplied(step) : convolved(step);
      add_bias(step, out);
      return out;
    }
    case Op::BatchNorm2d:
      return normalized(step);
    case Op::Relu:
      return rectified(step);
    case Op::MaxPool2d:
    case Op::AvgPool2d:
      return pooled(step);
    case Op::Add:
      return added(step, second_input);
    case Op::Input:
    case Op::Flatten:
    case Op::Dropout:
      break;
  }
  return step.input;
}

/// By node: the last node that reads it.
std::vector<int> last_readers(const Network& network) {
  std::vector<int> last(network.nodes.size(), -1);
  for (int i = 0; i < static_cast<int>(network.nodes.size()); ++i) {
    for (const int input : network.nodes[i].inputs) last[input] = i;
  }
  return last;
}

}  // namespace

void run_float(const NetworkModel& model, const FloatMap& image, const FloatObserver& see) {
  const std::vector<Shape> shapes = infer_shapes(model.network);
  OHMWEAVE_REQUIRE(image.size() == static_cast<std::size_t>(shapes[0].size()), "image size");
  const std::vector<int> last = last_readers(model.network);
  std::vector<FloatMap> maps(shapes.size());
  maps[0] = image;
  see(0, maps[0]);
  for (int i = 1; i < static_cast<int>(shapes.size()); ++i) {
    const Node& node = model.network.nodes[i];
    const int first = node.inputs.front();
    maps[i] =
        run_step({model, node, shapes[first], shapes[i], maps[first]}, maps[node.inputs.back()]);
    see(i, maps[i]);
    for (const int input : node.inputs) {
      if (last[input] == i) FloatMap().swap(maps[input]);
    }
  }
}

}  // namespace ohmweave::models
