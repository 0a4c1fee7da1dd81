// SPDX-License-Identifier: Apache-2.0
// A whole step of the network for one pack: every live channel from its source through its finish,
// and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nn/sparse_conv_kernels.h"
#include "nn/sparse_finish_kernels.h"
#include "nn/sparse_kernels.h"
#include "nn/sparse_lane_sums.h"
#include "nn/sparse_normalize_kernels.h"

namespace ohmweave::nn::sparse {

/// Means over windows, and their gradient back.
template <class V>
void average_plane(const StepView& step, const Plane<V>& in, const Plane<V>& out) {
  const Window& window = step.window;
  const auto places = static_cast<float>(window.kernel * window.kernel);
  for (int y = 0; y < step.pre_height; ++y) {
    for (int x = 0; x < step.pre_width; ++x) {
      for (int part = 0; part < kLanes; part += V::kWidth) {
        typename V::Register sum = V::all(0.0F);
        for (int v = 0; v < window.kernel; ++v) {
          const float* from = in.line(y * window.stride + v) + kLanes * window.stride * x + part;
          for (int u = 0; u < window.kernel; ++u) sum = V::add(sum, V::load(from + u * kLanes));
        }
        V::store(out.line(y) + x * kLanes + part, V::divide(sum, V::all(places)));
      }
    }
  }
}

template <class V>
void spread_plane(const StepView& step, const Plane<V>& gradient, const Plane<V>& in_gradient) {
  const Window& window = step.window;
  const auto places = static_cast<float>(window.kernel * window.kernel);
  for (int y = 0; y < step.pre_height; ++y) {
    for (int x = 0; x < step.pre_width; ++x) {
      for (int part = 0; part < kLanes; part += V::kWidth) {
        const typename V::Register d =
            V::divide(V::load(gradient.line(y) + x * kLanes + part), V::all(places));
        for (int v = 0; v < window.kernel; ++v) {
          float* to = in_gradient.line(y * window.stride + v) + kLanes * window.stride * x + part;
          for (int u = 0; u < window.kernel; ++u) {
            V::store(to + u * kLanes, V::add(V::load(to + u * kLanes), d));
          }
        }
      }
    }
  }
}

/// out = a + b; without b a copy.
template <class V>
void add_planes(const StepView& step, const Plane<V>& a, const Plane<V>* b, const Plane<V>& out) {
  for (int y = 0; y < step.pre_height; ++y) {
    const std::ptrdiff_t num_floats = static_cast<std::ptrdiff_t>(step.pre_width) * kLanes;
    for (std::ptrdiff_t i = 0; i < num_floats; i += V::kWidth) {
      typename V::Register sum = V::load(a.line(y) + i);
      if (b != nullptr) sum = V::add(sum, V::load(b->line(y) + i));
      V::store(out.line(y) + i, sum);
    }
  }
}

template <class V>
void forward_source(const StepView& step, const PackView& pack, int channel, const Plane<V>& out) {
  if (step.source == Source::Weights) {
    forward_channel<V>(step, pack, channel, out.first, out.line_step);
    return;
  }
  const Plane<V> in = plane_of<V>(pack.values, step.inputs[0], channel);
  if (step.source == Source::Normalize) {
    normalize_plane<V>(step, channel, in, out);
  } else if (step.source == Source::Average) {
    average_plane<V>(step, in, out);
  } else if (step.source == Source::Add) {
    const Plane<V> other = plane_of<V>(pack.values, step.inputs[1], channel);
    add_planes<V>(step, in, &other, out);
  } else {
    add_planes<V>(step, in, nullptr, out);
  }
}

/// Places of the output of channel number `index` of the live ones, in routes.
template <class V>
std::uint8_t* route_of(const StepView& step, const PackView& pack, int index) {
  const std::ptrdiff_t num_bytes = static_cast<std::ptrdiff_t>(step.height) * step.width * kLanes;
  return pack.routes + step.routes + index * num_bytes;
}

/// The channel that waits for its pool, or comes back from it.
template <class V>
Plane<V> waiting_plane(const StepView& step, const PackView& pack) {
  return {pack.channel, static_cast<std::ptrdiff_t>(step.pre_width) * kLanes};
}

template <class V>
void forward(const StepView& step, const PackView& pack) {
  for (int k = 0; k < step.num_live; ++k) {
    const int channel = step.live[k];
    const Plane<V> out = plane_of<V>(pack.values, step.output, channel);
    if (!step.has_pool) {
      forward_source<V>(step, pack, channel, out);
      finish_plane<V>(step, out, route_of<V>(step, pack, k));
      continue;
    }
    if (step.source == Source::Weights && has_pair_windows<V>(step)) {
      forward_pooled_channel<V>(step, pack, channel, out, route_of<V>(step, pack, k));
      continue;
    }
    Plane<V> sums = waiting_plane<V>(step, pack);
    if (step.source == Source::Weights) {
      forward_source<V>(step, pack, channel, sums);
    } else {
      sums = plane_of<V>(pack.values, step.inputs[0], channel);
    }
    pool_plane<V>(step, sums, out, route_of<V>(step, pack, k));
  }
}

/// The gradient of the sums of live channel k; its totals go to the bias.
template <class V>
Plane<V> unfinish_channel(const StepView& step, const PackView& pack, int k,
                          LaneSums<V>& bias_sums) {
  const std::uint8_t* route = route_of<V>(step, pack, k);
  Plane<V> gradient = plane_of<V>(pack.gradients, step.output, step.live[k]);
  LaneTotals<V> totals;
  if (step.has_pool) {
    totals = pooled_totals<V>(step, gradient, route);
    unpool_fresh_plane<V>(step, gradient, waiting_plane<V>(step, pack), route);
    gradient = waiting_plane<V>(step, pack);
  } else {
    const Plane<V> out = plane_of<V>(pack.values, step.output, step.live[k]);
    totals = unfinish_plane<V>(step, out, gradient, route);
  }
  if (step.bias != nullptr) totals.store(bias_sums.next(step.first_bias + step.live[k]));
  return gradient;
}

template <class V>
void backward_weights(const StepView& step, const PackView& pack) {
  LaneSums<V> weight_sums(pack);
  LaneSums<V> bias_sums(pack);
  const bool is_pixel = step.pre_height * step.pre_width == 1;
  for (int k = 0; k < step.num_live; ++k) {
    const Plane<V> gradient = unfinish_channel<V>(step, pack, k, bias_sums);
    const WeightList list = weights_of<V>(step, step.live[k]);
    if (is_pixel) {
      backward_pixel<V>(step, pack, list, gradient.first, weight_sums);
    } else if (list.count > 0) {
      backward_channel<V>(step, pack, list, gradient, weight_sums);
    }
  }
  weight_sums.flush();
  bias_sums.flush();
}

template <class V>
void backward_maps(const StepView& step, const PackView& pack, int index) {
  const int channel = step.live[index];
  const std::uint8_t* route = route_of<V>(step, pack, index);
  const Plane<V> gradient = plane_of<V>(pack.gradients, step.output, channel);
  const Plane<V> in = plane_of<V>(pack.gradients, step.inputs[0], channel);
  if (step.has_pool) {
    unpool_plane<V>(step, gradient, in, route);
    return;
  }
  unfinish_plane<V>(step, plane_of<V>(pack.values, step.output, channel), gradient, route);
  if (step.source == Source::Average) {
    spread_plane<V>(step, gradient, in);
    return;
  }
  if (step.input_trains[0]) add_planes<V>(step, in, &gradient, in);
  if (step.source == Source::Add && step.input_trains[1]) {
    const Plane<V> other = plane_of<V>(pack.gradients, step.inputs[1], channel);
    add_planes<V>(step, other, &gradient, other);
  }
}

template <class V>
void backward(const StepView& step, const PackView& pack) {
  if (step.source == Source::Weights) {
    backward_weights<V>(step, pack);
  } else if (step.source == Source::Normalize) {
    backward_normalize<V>(step, pack);
  } else if (step.source != Source::Input && (step.input_trains[0] || step.input_trains[1])) {
    for (int k = 0; k < step.num_live; ++k) backward_maps<V>(step, pack, k);
  }
}

template <class V>
void clear_gradient(const StepView& step, const PackView& pack) {
  for (int k = 0; k < step.num_live; ++k) {
    const Plane<V> plane = plane_of<V>(pack.gradients, step.output, step.live[k]);
    for (int y = 0; y < step.height; ++y) {
      float* end = plane.line(y) + static_cast<std::ptrdiff_t>(step.width) * kLanes;
      for (float* p = plane.line(y); p < end; p += V::kWidth) V::store(p, V::all(0.0F));
    }
  }
}

}  // namespace ohmweave::nn::sparse
