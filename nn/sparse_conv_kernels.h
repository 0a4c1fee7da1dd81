// SPDX-License-Identifier: Apache-2.0
// One output channel of a convolution or a linear layer, from the weights that exist. A patch of
// output pixels stays in registers while all weights of the channel pass by. Each lane adds in an
// order that no instruction set changes: forward by weight, whatever the patch; backward by patch,
// all sets having the same ones.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nn/sparse_finish_kernels.h"
#include "nn/sparse_kernels.h"
#include "nn/sparse_lane_sums.h"

namespace ohmweave::nn::sparse {

/// The weights of one output channel.
struct WeightList {
  const float* weights = nullptr;
  const std::int32_t* offsets = nullptr;
  int count = 0;
  std::int32_t first_value = 0;  // number of the first one among the network's values
};

/// Distances in floats between neighbours of an output map, and of the input under them.
struct PixelSteps {
  std::ptrdiff_t in_line = 0;
  std::ptrdiff_t in_column = 0;
  std::ptrdiff_t out_line = 0;
};

/// Pixels that stay in registers, of any instruction set.
constexpr int kCommonPatch = 12;

template <int N>
struct Constant {
  static constexpr int kValue = N;
};

/// Calls patch(lines, columns, y, x), the first two as Constants, for patches of at most `most`
/// pixels that cover line y; wide ones first, so that all but the last start at an even column.
template <class V, int most, class Patch>
void cover_line(int y, int width, const Patch& patch) {
  int x = 0;
  if constexpr (most >= 24) {
    for (; width - x >= 24; x += 24) patch(Constant<1>{}, Constant<24>{}, y, x);
    for (; width - x >= 16; x += 16) patch(Constant<1>{}, Constant<16>{}, y, x);
  }
  for (; width - x >= 12; x += 12) patch(Constant<1>{}, Constant<12>{}, y, x);
  for (; width - x >= 8; x += 8) patch(Constant<1>{}, Constant<8>{}, y, x);
  for (; width - x >= 4; x += 4) patch(Constant<1>{}, Constant<4>{}, y, x);
  if (width - x >= 2) {
    patch(Constant<1>{}, Constant<2>{}, y, x);
    x += 2;
  }
  if (width > x) patch(Constant<1>{}, Constant<1>{}, y, x);
}

/// Whole lines, two or four as the registers allow; returns the first line that is left.
template <class V, int most, int columns, class Patch>
int cover_lines(int height, int width, const Patch& patch) {
  constexpr int kLines = most / columns >= 4 ? 4 : most / columns >= 2 ? 2 : 1;
  int y = 0;
  if constexpr (kLines > 1) {
    if (width != columns) return 0;
    for (; y + kLines <= height; y += kLines) patch(Constant<kLines>{}, Constant<columns>{}, y, 0);
  }
  return y;
}

/// Covers a map with patches, line after line.
template <class V, int most, class Patch>
void cover_map(int height, int width, const Patch& patch) {
  int y = cover_lines<V, most, 12>(height, width, patch) +
          cover_lines<V, most, 8>(height, width, patch) +
          cover_lines<V, most, 4>(height, width, patch);  // at most one of them fits the width
  for (; y < height; ++y) cover_line<V, most>(y, width, patch);
}

/// Adds the products of all weights. in_step: the column step if it is known (kLanes), else 0.
template <class V, int lines, int columns, int in_step>
[[gnu::always_inline]] inline void add_products(const WeightList list, const PixelSteps steps,
                                                const float* in,
                                                typename V::Register (&sum)[lines * columns]) {
  const std::ptrdiff_t column = in_step > 0 ? in_step : steps.in_column;
  for (int q = 0; q < list.count; ++q) {
    const typename V::Register weight = V::all(list.weights[q]);
    const float* from = in + list.offsets[q];
#pragma GCC unroll 4
    for (int y = 0; y < lines; ++y) {
#pragma GCC unroll 24
      for (int x = 0; x < columns; ++x) {
        sum[y * columns + x] =
            V::fma(weight, V::load(from + y * steps.in_line + x * column), sum[y * columns + x]);
      }
    }
  }
}

template <class V, int lines, int columns, int in_step>
void forward_patch(const WeightList list, const PixelSteps steps, float bias, const float* in,
                   float* out) {
  for (int part = 0; part < kLanes; part += V::kWidth) {
    typename V::Register sum[lines * columns];
#pragma GCC unroll 24
    for (auto& s : sum) s = V::all(bias);
    add_products<V, lines, columns, in_step>(list, steps, in + part, sum);
#pragma GCC unroll 4
    for (int y = 0; y < lines; ++y) {
#pragma GCC unroll 24
      for (int x = 0; x < columns; ++x) {
        V::store(out + y * steps.out_line + x * kLanes + part, sum[y * columns + x]);
      }
    }
  }
}

/// Two lines of sums that go through their ReLU and a pool of 2 x 2 without leaving the registers.
template <class V, int columns, int in_step>
void forward_pooled_patch(const StepView& step, const WeightList list, const PixelSteps steps,
                          float bias, const float* in, float* out, std::uint8_t* route) {
  for (int part = 0; part < kLanes; part += V::kWidth) {
    typename V::Register sum[2 * columns];
#pragma GCC unroll 24
    for (auto& s : sum) s = V::all(bias);
    add_products<V, 2, columns, in_step>(list, steps, in + part, sum);
#pragma GCC unroll 24
    for (int x = 0; x < columns; x += 2) {
      Largest<V> largest{sum[x], V::all(0.0F)};
      largest.look_at(sum[x + 1], 1);
      largest.look_at(sum[columns + x], 2);
      largest.look_at(sum[columns + x + 1], 3);
      largest.write(step, out + x / 2 * kLanes + part, route + x / 2 * kLanes + part);
    }
  }
}

/// Adds the patch's share to the sum of every weight and, if the input trains, to the input's
/// gradient.
template <class V, int lines, int columns, int in_step, bool input_trains>
void backward_patch(const WeightList list, const PixelSteps steps, const float* gradient,
                    const float* in, float* in_gradient, float* sums) {
  const std::ptrdiff_t column = in_step > 0 ? in_step : steps.in_column;
  for (int part = 0; part < kLanes; part += V::kWidth) {
    typename V::Register d[lines * columns];
#pragma GCC unroll 4
    for (int y = 0; y < lines; ++y) {
#pragma GCC unroll 24
      for (int x = 0; x < columns; ++x) {
        d[y * columns + x] = V::load(gradient + y * steps.out_line + x * kLanes + part);
      }
    }
    for (int q = 0; q < list.count; ++q) {
      const typename V::Register weight = V::all(list.weights[q]);
      const float* from = in + list.offsets[q] + part;
      float* to = in_gradient + list.offsets[q] + part;
      float* sum = sums + static_cast<std::ptrdiff_t>(kLanes) * q + part;
      typename V::Register even = V::load(sum);
      typename V::Register odd = V::all(0.0F);
#pragma GCC unroll 4
      for (int y = 0; y < lines; ++y) {
#pragma GCC unroll 24
        for (int x = 0; x < columns; ++x) {
          const std::ptrdiff_t place = y * steps.in_line + x * column;
          const typename V::Register value = V::load(from + place);
          if (x % 2 == 0) even = V::fma(d[y * columns + x], value, even);
          if (x % 2 == 1) odd = V::fma(d[y * columns + x], value, odd);
          if constexpr (input_trains) {
            V::store(to + place, V::fma(weight, d[y * columns + x], V::load(to + place)));
          }
        }
      }
      V::store(sum, V::add(even, odd));
    }
  }
}

template <class V>
WeightList weights_of(const StepView& step, int channel) {
  const std::int32_t start = step.starts[channel];
  return {step.weights + start, step.offsets + start, step.starts[channel + 1] - start,
          step.first_weight + start};
}

template <class V>
PixelSteps pixel_steps(const StepView& step, std::ptrdiff_t out_line) {
  const std::ptrdiff_t stride = step.window.stride;
  return {stride * step.inputs[0].line_step, stride * kLanes, out_line};
}

/// Writes the channel's sums to `out`, whose lines lie out_line floats apart.
template <class V>
void forward_channel(const StepView& step, const PackView& pack, int channel, float* out,
                     std::ptrdiff_t out_line) {
  const WeightList list = weights_of<V>(step, channel);
  const PixelSteps steps = pixel_steps<V>(step, out_line);
  const float bias = step.bias != nullptr ? step.bias[channel] : 0.0F;
  const float* in = pack.values;
  cover_map<V, V::kPatch>(
      step.pre_height, step.pre_width, [&](auto lines, auto columns, int y, int x) {
        constexpr int kL = decltype(lines)::kValue;
        constexpr int kC = decltype(columns)::kValue;
        const float* from = in + y * steps.in_line + x * steps.in_column;
        float* to = out + y * out_line + static_cast<std::ptrdiff_t>(x) * kLanes;
        if (steps.in_column == kLanes) {
          forward_patch<V, kL, kC, kLanes>(list, steps, bias, from, to);
        } else {
          forward_patch<V, kL, kC, 0>(list, steps, bias, from, to);
        }
      });
}

/// Calls patch(columns, y, x), columns a Constant, for patches of two lines that cover height x
/// width pixels (both even).
template <class V, class Patch>
void cover_line_pairs(int height, int width, const Patch& patch) {
  for (int y = 0; y < height; y += 2) {
    int x = 0;
    if constexpr (V::kPatch >= 24) {
      for (; width - x >= 12; x += 12) patch(Constant<12>{}, y, x);
      for (; width - x >= 8; x += 8) patch(Constant<8>{}, y, x);
    }
    for (; width - x >= 4; x += 4) patch(Constant<4>{}, y, x);
    for (; width - x >= 2; x += 2) patch(Constant<2>{}, y, x);
  }
}

/// The sums of a channel through their ReLU and a pool of 2 x 2, side by side.
template <class V>
void forward_pooled_channel(const StepView& step, const PackView& pack, int channel,
                            const Plane<V>& out, std::uint8_t* route) {
  const WeightList list = weights_of<V>(step, channel);
  const PixelSteps steps = pixel_steps<V>(step, out.line_step);
  const float bias = step.bias != nullptr ? step.bias[channel] : 0.0F;
  cover_line_pairs<V>(2 * step.height, 2 * step.width, [&](auto columns, int y, int x) {
    constexpr int kC = decltype(columns)::kValue;
    const float* from = pack.values + y * steps.in_line + x * steps.in_column;
    float* to = out.line(y / 2) + static_cast<std::ptrdiff_t>(x / 2) * kLanes;
    std::uint8_t* places =
        route + (static_cast<std::ptrdiff_t>(y / 2) * step.width + x / 2) * kLanes;
    if (steps.in_column == kLanes) {
      forward_pooled_patch<V, kC, kLanes>(step, list, steps, bias, from, to, places);
    } else {
      forward_pooled_patch<V, kC, 0>(step, list, steps, bias, from, to, places);
    }
  });
}

template <class V, bool input_trains>
void backward_map(const StepView& step, const PackView& pack, const WeightList& list,
                  const Plane<V>& gradient) {
  const PixelSteps steps = pixel_steps<V>(step, gradient.line_step);
  cover_map<V, kCommonPatch>(
      step.pre_height, step.pre_width, [&](auto lines, auto columns, int y, int x) {
        constexpr int kL = decltype(lines)::kValue;
        constexpr int kC = decltype(columns)::kValue;
        const std::ptrdiff_t place = y * steps.in_line + x * steps.in_column;
        const float* d = gradient.line(y) + static_cast<std::ptrdiff_t>(x) * kLanes;
        if (steps.in_column == kLanes) {
          backward_patch<V, kL, kC, kLanes, input_trains>(list, steps, d, pack.values + place,
                                                          pack.gradients + place, pack.sums);
        } else {
          backward_patch<V, kL, kC, 0, input_trains>(list, steps, d, pack.values + place,
                                                     pack.gradients + place, pack.sums);
        }
      });
}

/// The gradients of the weights of an output channel, and their share in the input's gradient,
/// from `gradient` of the channel's sums.
template <class V>
void backward_channel(const StepView& step, const PackView& pack, const WeightList& list,
                      const Plane<V>& gradient, LaneSums<V>& lane_sums) {
  const std::ptrdiff_t num_sums = static_cast<std::ptrdiff_t>(kLanes) * list.count;
  for (std::ptrdiff_t i = 0; i < num_sums; i += V::kWidth) V::store(pack.sums + i, V::all(0.0F));
  if (step.input_trains[0]) {
    backward_map<V, true>(step, pack, list, gradient);
  } else {
    backward_map<V, false>(step, pack, list, gradient);
  }
  const float* sum = pack.sums;
  for (int q = 0; q < list.count; ++q, sum += kLanes) {
    float* lanes = lane_sums.next(list.first_value + q);
    for (int part = 0; part < kLanes; part += V::kWidth) {
      V::store(lanes + part, V::load(sum + part));
    }
  }
}

/// backward_channel() of a map of one pixel, where each weight has but one product.
template <class V>
void backward_pixel(const StepView& step, const PackView& pack, const WeightList list,
                    const float* gradient, LaneSums<V>& lane_sums) {
  for (int q = 0; q < list.count; ++q) {
    float* lanes = lane_sums.next(list.first_value + q);
    const float* from = pack.values + list.offsets[q];
    float* to = pack.gradients + list.offsets[q];
    const typename V::Register weight = V::all(list.weights[q]);
    for (int part = 0; part < kLanes; part += V::kWidth) {
      const typename V::Register d = V::load(gradient + part);
      V::store(lanes + part, V::multiply(d, V::load(from + part)));
      if (step.input_trains[0]) {
        V::store(to + part, V::fma(weight, d, V::load(to + part)));
      }
    }
  }
}

}  // namespace ohmweave::nn::sparse
