// SPDX-License-Identifier: Apache-2.0
// What follows the sums of a channel: ReLU, rounding to codes, max-pool; and the way back. A pool
// or a rounding leaves a route for every output number: the place in the window that the gradient
// goes to, or kBlocked. Of equal places in a window the first one counts, as in torch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nn/sparse_kernels.h"

namespace ohmweave::nn::sparse {

constexpr float kBlocked = 255.0F;  // a route; windows have at most 15 x 15 places

/// A channel of a map: its pixel (0, 0) and the distance of its lines in floats.
template <class V>
struct Plane {
  float* first = nullptr;
  std::ptrdiff_t line_step = 0;
  [[nodiscard]] float* line(int y) const { return first + y * line_step; }
};

template <class V>
Plane<V> plane_of(float* buffer, const Channels& channels, int channel) {
  return {buffer + channels.offsets[channel], channels.line_step};
}

template <class V>
void finish_rounding(const StepView& step, float* x, std::uint8_t* route) {
  const Rounding& rounding = step.rounding;
  for (int part = 0; part < kLanes; part += V::kWidth) {
    const typename V::Register given = V::load(x + part);
    const typename V::Register zero = V::all(0.0F);
    const bool is_relu_first = step.finish == Finish::ReluThenRound;
    const typename V::Register start = is_relu_first ? V::max(zero, given) : given;
    const typename V::Register code =
        V::floor(V::add(V::divide(start, V::all(rounding.scale)), V::all(0.5F)));
    // NaN must get through: it is the second operand of max and min.
    const typename V::Register clamped =
        V::min(V::all(rounding.high), V::max(V::all(rounding.low), code));
    typename V::Register value = V::multiply(clamped, V::all(rounding.scale));
    typename V::Mask passes = V::both(V::is_at_least(given, V::all(rounding.lowest_value)),
                                      V::is_at_least(V::all(rounding.highest_value), given));
    if (is_relu_first) passes = V::both(passes, V::is_greater(given, zero));
    if (step.finish == Finish::RoundThenRelu) {
      value = V::max(zero, value);
      passes = V::both(passes, V::is_greater(value, zero));
    }
    V::store(x + part, value);
    V::store_bytes(route + part, V::select(passes, zero, V::all(kBlocked)));
  }
}

/// Finishes `out` in place.
template <class V>
void finish_plane(const StepView& step, const Plane<V>& out, std::uint8_t* route) {
  if (step.finish == Finish::None) return;
  for (int y = 0; y < step.pre_height; ++y) {
    float* x = out.line(y);
    float* end = x + static_cast<std::ptrdiff_t>(step.pre_width) * kLanes;
    if (step.finish == Finish::Relu) {
      for (; x < end; x += V::kWidth) V::store(x, V::max(V::all(0.0F), V::load(x)));
    } else {
      for (; x < end; x += kLanes, route += kLanes) finish_rounding<V>(step, x, route);
    }
  }
}

/// One number of a max-pool so far: the largest and its place.
template <class V>
struct Largest {
  typename V::Register value;
  typename V::Register place;

  void look_at(typename V::Register x, int index) {
    const typename V::Mask is_larger = V::is_greater(x, value);
    value = V::select(is_larger, x, value);
    place = V::select(is_larger, V::all(static_cast<float>(index)), place);
  }
  /// Applies the ReLU, if there is one, and writes the number and its route.
  void write(const StepView& step, float* out, std::uint8_t* route) const {
    const typename V::Register zero = V::all(0.0F);
    if (step.finish == Finish::Relu) {
      V::store(out, V::max(zero, value));
      V::store_bytes(route, V::select(V::is_greater(value, zero), place, V::all(kBlocked)));
    } else {
      V::store(out, value);
      V::store_bytes(route, place);
    }
  }
};

/// The part of a pool's window at (y, x) that lies on the map, as places of the map.
struct Span {
  int first = 0;
  int end = 0;
};
template <class V>
Span window_span(const Window& window, int position, int size) {
  const int first = position * window.stride - window.padding;
  const int end = first + window.kernel;
  return {first < 0 ? 0 : first, end > size ? size : end};
}

template <class V>
void pool_any_window(const StepView& step, const Plane<V>& in, const Plane<V>& out,
                     std::uint8_t* route) {
  const Window& pool = step.pool;
  for (int y = 0; y < step.height; ++y) {
    const Span lines = window_span<V>(pool, y, step.pre_height);
    for (int x = 0; x < step.width; ++x, route += kLanes) {
      const Span columns = window_span<V>(pool, x, step.pre_width);
      const int corner_y = y * pool.stride - pool.padding;
      const int corner_x = x * pool.stride - pool.padding;
      for (int part = 0; part < kLanes; part += V::kWidth) {
        const float* first = in.line(lines.first) + columns.first * kLanes + part;
        const int place = (lines.first - corner_y) * pool.kernel + columns.first - corner_x;
        Largest<V> largest{V::load(first), V::all(static_cast<float>(place))};
        for (int v = lines.first; v < lines.end; ++v) {
          for (int u = columns.first; u < columns.end; ++u) {
            largest.look_at(V::load(in.line(v) + u * kLanes + part),
                            (v - corner_y) * pool.kernel + u - corner_x);
          }
        }
        largest.write(step, out.line(y) + x * kLanes + part, route + part);
      }
    }
  }
}

/// Windows of 2 x 2, side by side: the common case.
template <class V>
void pool_pairs(const StepView& step, const Plane<V>& in, const Plane<V>& out,
                std::uint8_t* route) {
  for (int y = 0; y < step.height; ++y) {
    const float* above = in.line(2 * y);
    const float* below = in.line(2 * y + 1);
    float* result = out.line(y);
    for (int x = 0; x < step.width; ++x, above += 2 * kLanes, below += 2 * kLanes) {
      for (int part = 0; part < kLanes; part += V::kWidth) {
        Largest<V> largest{V::load(above + part), V::all(0.0F)};
        largest.look_at(V::load(above + kLanes + part), 1);
        largest.look_at(V::load(below + part), 2);
        largest.look_at(V::load(below + kLanes + part), 3);
        largest.write(step, result + part, route + part);
      }
      result += kLanes;
      route += kLanes;
    }
  }
}

template <class V>
bool has_pair_windows(const StepView& step) {
  return step.pool.kernel == 2 && step.pool.stride == 2 && step.pool.padding == 0;
}

/// Reads `in` (the sums), writes the step's output.
template <class V>
void pool_plane(const StepView& step, const Plane<V>& in, const Plane<V>& out,
                std::uint8_t* route) {
  if (has_pair_windows<V>(step)) {
    pool_pairs<V>(step, in, out, route);
  } else {
    pool_any_window<V>(step, in, out, route);
  }
}

/// Sums over the pixels, by lane: what goes to the bias.
template <class V>
struct LaneTotals {
  typename V::Register part[kLanes / V::kWidth];
  void store(float* lanes) const {
    for (int i = 0; i < kLanes / V::kWidth; ++i) V::store(lanes + i * V::kWidth, part[i]);
  }
};

/// Turns the gradient of a finished channel into that of its sums, in place; returns its totals.
template <class V>
LaneTotals<V> unfinish_plane(const StepView& step, const Plane<V>& out, const Plane<V>& gradient,
                             const std::uint8_t* route) {
  LaneTotals<V> totals;
  for (auto& total : totals.part) total = V::all(0.0F);
  const bool has_route = step.finish != Finish::None && step.finish != Finish::Relu;
  for (int y = 0; y < step.height; ++y) {
    const float* value = out.line(y);
    float* d = gradient.line(y);
    for (int x = 0; x < step.width; ++x, value += kLanes, d += kLanes) {
      for (int i = 0; i < kLanes / V::kWidth; ++i) {
        const int part = i * V::kWidth;
        typename V::Register passed = V::load(d + part);
        if (step.finish == Finish::Relu) {
          passed = V::keep(V::is_greater(V::load(value + part), V::all(0.0F)), passed);
        } else if (has_route) {
          passed = V::keep(V::is_equal(V::load_bytes(route + part), V::all(0.0F)), passed);
        }
        V::store(d + part, passed);
        totals.part[i] = V::add(totals.part[i], passed);
      }
      route += has_route ? kLanes : 0;
    }
  }
  return totals;
}

template <class V>
void unpool_any_window(const StepView& step, const Plane<V>& gradient, const Plane<V>& sums,
                       const std::uint8_t* route) {
  const Window& pool = step.pool;
  for (int y = 0; y < step.height; ++y) {
    const Span lines = window_span<V>(pool, y, step.pre_height);
    for (int x = 0; x < step.width; ++x, route += kLanes) {
      const Span columns = window_span<V>(pool, x, step.pre_width);
      for (int part = 0; part < kLanes; part += V::kWidth) {
        const typename V::Register d = V::load(gradient.line(y) + x * kLanes + part);
        const typename V::Register to = V::load_bytes(route + part);
        for (int v = lines.first; v < lines.end; ++v) {
          for (int u = columns.first; u < columns.end; ++u) {
            const int place = (v - y * pool.stride + pool.padding) * pool.kernel + u -
                              x * pool.stride + pool.padding;
            const auto is_here = V::is_equal(to, V::all(static_cast<float>(place)));
            float* p = sums.line(v) + u * kLanes + part;
            V::store(p, V::add(V::load(p), V::keep(is_here, d)));
          }
        }
      }
    }
  }
}

/// Adds the shares of 2 x 2 places, or writes them if they are the first to come there.
template <class V, bool is_first>
void unpool_pairs(const StepView& step, const Plane<V>& gradient, const Plane<V>& sums,
                  const std::uint8_t* route) {
  for (int y = 0; y < step.height; ++y) {
    const float* from = gradient.line(y);
    float* above = sums.line(2 * y);
    float* below = sums.line(2 * y + 1);
    for (int x = 0; x < step.width; ++x, from += kLanes, route += kLanes) {
      for (int part = 0; part < kLanes; part += V::kWidth) {
        const typename V::Register d = V::load(from + part);
        const typename V::Register to = V::load_bytes(route + part);
        const auto give = [&](float place, float* p) {
          const typename V::Register share = V::keep(V::is_equal(to, V::all(place)), d);
          V::store(p, is_first ? share : V::add(V::load(p), share));
        };
        give(0.0F, above + part);
        give(1.0F, above + kLanes + part);
        give(2.0F, below + part);
        give(3.0F, below + kLanes + part);
      }
      above += static_cast<std::ptrdiff_t>(2 * kLanes);
      below += static_cast<std::ptrdiff_t>(2 * kLanes);
    }
  }
}

/// Adds the gradient of a pooled channel to that of the places it was taken from.
template <class V>
void unpool_plane(const StepView& step, const Plane<V>& gradient, const Plane<V>& sums,
                  const std::uint8_t* route) {
  if (has_pair_windows<V>(step)) {
    unpool_pairs<V, false>(step, gradient, sums, route);
  } else {
    unpool_any_window<V>(step, gradient, sums, route);
  }
}

/// As unpool_plane(), into a channel that holds nothing yet.
template <class V>
void unpool_fresh_plane(const StepView& step, const Plane<V>& gradient, const Plane<V>& sums,
                        const std::uint8_t* route) {
  const bool is_covered = 2 * step.height == step.pre_height && 2 * step.width == step.pre_width;
  if (has_pair_windows<V>(step) && is_covered) {
    unpool_pairs<V, true>(step, gradient, sums, route);
    return;
  }
  for (int y = 0; y < step.pre_height; ++y) {
    float* end = sums.line(y) + static_cast<std::ptrdiff_t>(step.pre_width) * kLanes;
    for (float* p = sums.line(y); p < end; p += V::kWidth) V::store(p, V::all(0.0F));
  }
  unpool_plane<V>(step, gradient, sums, route);
}

/// What of the gradient of a pooled channel passes its ReLU, by lane.
template <class V>
LaneTotals<V> pooled_totals(const StepView& step, const Plane<V>& gradient,
                            const std::uint8_t* route) {
  LaneTotals<V> totals;
  for (auto& total : totals.part) total = V::all(0.0F);
  for (int y = 0; y < step.height; ++y) {
    const float* d = gradient.line(y);
    for (int x = 0; x < step.width; ++x, d += kLanes, route += kLanes) {
      for (int i = 0; i < kLanes / V::kWidth; ++i) {
        const int part = i * V::kWidth;
        const auto passes = V::is_greater(V::all(kBlocked), V::load_bytes(route + part));
        totals.part[i] = V::add(totals.part[i], V::keep(passes, V::load(d + part)));
      }
    }
  }
  return totals;
}

}  // namespace ohmweave::nn::sparse
