// SPDX-License-Identifier: Apache-2.0
// Batch norm of one pack: y = (x - mean) * inverse_deviation * factor + addend, by channel; the
// moments it needs while training, and the gradients
//   d(addend) = sum of d,  d(factor) = sum of d * n,  n = (x - mean) * inverse_deviation,
//   d(x) = factor * inverse_deviation * (d - mean of d - n * mean of d * n),
// where both means are over the batch and 0 when the statistics do not depend on it.
#pragma once

#include <cstddef>

#include "nn/sparse_finish_kernels.h"
#include "nn/sparse_kernels.h"
#include "nn/sparse_lane_sums.h"

namespace ohmweave::nn::sparse {

template <class V>
void normalize_plane(const StepView& step, int channel, const Plane<V>& in, const Plane<V>& out) {
  const typename V::Register mean = V::all(step.mean[channel]);
  const typename V::Register slope =
      V::all(step.inverse_deviation[channel] * step.weights[channel]);
  const typename V::Register addend = V::all(step.bias[channel]);
  const std::ptrdiff_t num_floats = static_cast<std::ptrdiff_t>(step.pre_width) * kLanes;
  for (int y = 0; y < step.pre_height; ++y) {
    for (std::ptrdiff_t i = 0; i < num_floats; i += V::kWidth) {
      V::store(out.line(y) + i, V::fma(V::subtract(V::load(in.line(y) + i), mean), slope, addend));
    }
  }
}

template <class V>
void backward_normalize(const StepView& step, const PackView& pack) {
  LaneSums<V> factor_sums(pack);
  LaneSums<V> addend_sums(pack);
  const std::ptrdiff_t num_floats = static_cast<std::ptrdiff_t>(step.pre_width) * kLanes;
  for (int k = 0; k < step.num_live; ++k) {
    const int channel = step.live[k];
    const Plane<V> gradient = plane_of<V>(pack.gradients, step.output, channel);
    const Plane<V> out = plane_of<V>(pack.values, step.output, channel);
    const Plane<V> in = plane_of<V>(pack.values, step.inputs[0], channel);
    const std::ptrdiff_t route =
        static_cast<std::ptrdiff_t>(step.height) * step.width * kLanes * k + step.routes;
    unfinish_plane<V>(step, out, gradient, pack.routes + route)
        .store(addend_sums.next(step.first_bias + channel));
    float* lanes = factor_sums.next(step.first_factor + channel);
    for (int part = 0; part < kLanes; part += V::kWidth) {
      typename V::Register sum = V::all(0.0F);
      for (int y = 0; y < step.pre_height; ++y) {
        for (std::ptrdiff_t i = part; i < num_floats; i += kLanes) {
          const auto distance = V::subtract(V::load(in.line(y) + i), V::all(step.mean[channel]));
          const auto n = V::multiply(distance, V::all(step.inverse_deviation[channel]));
          sum = V::fma(V::load(gradient.line(y) + i), n, sum);
        }
      }
      V::store(lanes + part, sum);
    }
  }
  factor_sums.flush();
  addend_sums.flush();
}

/// 1 in the lanes that hold an image, 0 in the others.
template <class V>
struct LanesInUse {
  explicit LanesInUse(const PackView& pack) {
    for (int i = 0; i < kLanes; ++i) values[i] = i < pack.num_images ? 1.0F : 0.0F;
  }
  alignas(64) float values[kLanes];
};

template <class V>
void normalize_input(const StepView& step, const PackView& pack, const GradientMeans& means) {
  const LanesInUse<V> in_use(pack);
  const std::ptrdiff_t num_floats = static_cast<std::ptrdiff_t>(step.pre_width) * kLanes;
  for (int k = 0; k < step.num_live && step.input_trains[0]; ++k) {
    const int channel = step.live[k];
    const Plane<V> gradient = plane_of<V>(pack.gradients, step.output, channel);
    const Plane<V> in = plane_of<V>(pack.values, step.inputs[0], channel);
    const Plane<V> in_gradient = plane_of<V>(pack.gradients, step.inputs[0], channel);
    const auto inverse_deviation = V::all(step.inverse_deviation[channel]);
    const auto slope = V::all(step.inverse_deviation[channel] * step.weights[channel]);
    for (int y = 0; y < step.pre_height; ++y) {
      for (std::ptrdiff_t i = 0; i < num_floats; i += V::kWidth) {
        const auto distance = V::subtract(V::load(in.line(y) + i), V::all(step.mean[channel]));
        const auto n = V::multiply(distance, inverse_deviation);
        auto d = V::subtract(V::load(gradient.line(y) + i), V::all(means.gradient[channel]));
        d = V::subtract(d, V::multiply(n, V::all(means.correlation[channel])));
        d = V::multiply(V::multiply(d, slope), V::load(in_use.values + i % kLanes));
        V::store(in_gradient.line(y) + i, V::add(V::load(in_gradient.line(y) + i), d));
      }
    }
  }
}

/// Sum over pixels and images of the distances from `centre`, or of their squares.
template <class V, bool squared>
double distance_total(const StepView& step, const PackView& pack, const Plane<V>& in,
                      float centre) {
  const std::ptrdiff_t num_floats = static_cast<std::ptrdiff_t>(step.input_width) * kLanes;
  alignas(64) float lanes[kLanes];
  for (int part = 0; part < kLanes; part += V::kWidth) {
    typename V::Register sum = V::all(0.0F);
    for (int y = 0; y < step.input_height; ++y) {
      for (std::ptrdiff_t i = part; i < num_floats; i += kLanes) {
        const auto distance = V::subtract(V::load(in.line(y) + i), V::all(centre));
        sum = squared ? V::fma(distance, distance, sum) : V::add(sum, distance);
      }
    }
    V::store(lanes + part, sum);
  }
  double total = 0.0;
  for (int i = 0; i < pack.num_images; ++i) total += static_cast<double>(lanes[i]);
  return total;
}

template <class V>
Moments channel_moments(const StepView& step, const PackView& pack, const Plane<V>& in) {
  const double num_numbers = static_cast<double>(step.input_height) * step.input_width *
                             static_cast<double>(pack.num_images);
  Moments moments;
  moments.mean = distance_total<V, false>(step, pack, in, 0.0F) / num_numbers;
  const auto centre = static_cast<float>(moments.mean);
  const double shift = moments.mean - static_cast<double>(centre);
  moments.squares = distance_total<V, true>(step, pack, in, centre) - num_numbers * shift * shift;
  return moments;
}

template <class V>
void moments(const StepView& step, const PackView& pack, Moments* result) {
  for (int k = 0; k < step.num_live; ++k) {
    const int channel = step.live[k];
    const Plane<V> in = plane_of<V>(pack.values, step.inputs[0], channel);
    result[channel] = channel_moments<V>(step, pack, in);
  }
}

}  // namespace ohmweave::nn::sparse
