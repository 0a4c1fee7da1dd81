// SPDX-License-Identifier: Apache-2.0
// Images into lanes, and the table of all kernels for one register type.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nn/sparse_finish_kernels.h"
#include "nn/sparse_kernels.h"
#include "nn/sparse_step_kernels.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ohmweave::nn::sparse {

/// Lanes without an image repeat the first one: finite numbers that nobody reads.
template <class V, class Pixel>
struct LaneImages {
  LaneImages(const Pixel* const* images, int num_images) {
    for (int i = 0; i < kLanes; ++i) lanes[i] = images[i < num_images ? i : 0];
  }
  const Pixel* lanes[kLanes];
};

/// result[16 j + i] = pixel `first` + j of image i, for the 16 pixels from `first` on.
template <class V>
void transpose_bytes(const LaneImages<V, std::uint8_t>& images, std::ptrdiff_t first,
                     std::uint8_t* result) {
#if defined(__SSE2__)
  __m128i rows[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    rows[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(images.lanes[i] + first));
  }
  for (int round = 0; round < 4; ++round) {  // each brings rows i and i + 8 together
    __m128i mixed[kLanes];
    for (std::ptrdiff_t i = 0; i < kLanes / 2; ++i) {
      const __m128i other = rows[i + kLanes / 2];
      mixed[2 * i] = _mm_unpacklo_epi8(rows[i], other);
      mixed[2 * i + 1] = _mm_unpackhi_epi8(rows[i], other);
    }
    for (int i = 0; i < kLanes; ++i) rows[i] = mixed[i];
  }
  for (int i = 0; i < kLanes; ++i) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(result + kLanes * i), rows[i]);
  }
#else
  for (int j = 0; j < kLanes; ++j) {
    for (int i = 0; i < kLanes; ++i) result[kLanes * j + i] = images.lanes[i][first + j];
  }
#endif
}

/// Walks over the pixels of an image, channel-major, and knows where each lies in a map.
template <class V>
class PixelPlace {
 public:
  PixelPlace(const StepView& step, const PackView& pack)
      : step_(step), pack_(pack), place_(pack.values + step.output.offsets[0]) {}
  [[nodiscard]] float* get() const { return place_; }
  void advance() {
    place_ += kLanes;
    if (++x_ < step_.width) return;
    x_ = 0;
    if (++y_ == step_.height) {
      y_ = 0;
      ++channel_;
    }
    if (channel_ == step_.num_live) return;  // behind the last pixel; all input channels are live
    place_ = pack_.values + step_.output.offsets[channel_] +
             static_cast<std::ptrdiff_t>(y_) * step_.output.line_step;
  }

 private:
  const StepView& step_;
  const PackView& pack_;
  float* place_;
  int x_ = 0;
  int y_ = 0;
  int channel_ = 0;
};

template <class V>
void finish_images(const StepView& step, const PackView& pack) {
  for (int k = 0; k < step.num_live; ++k) {
    finish_plane<V>(step, plane_of<V>(pack.values, step.output, step.live[k]),
                    route_of<V>(step, pack, k));
  }
}

template <class V>
void load_bytes(const StepView& step, const PackView& pack, const std::uint8_t* const* images) {
  const LaneImages<V, std::uint8_t> lane_images(images, pack.num_images);
  const std::ptrdiff_t num_pixels =
      static_cast<std::ptrdiff_t>(step.num_live) * step.height * step.width;
  PixelPlace<V> place(step, pack);
  std::uint8_t bytes[kLanes * kLanes];
  for (std::ptrdiff_t first = 0; first < num_pixels; first += kLanes) {
    const bool is_whole = first + kLanes <= num_pixels;
    const int count = is_whole ? kLanes : static_cast<int>(num_pixels - first);
    if (is_whole) {
      transpose_bytes<V>(lane_images, first, bytes);
    } else {
      for (int j = 0; j < count * kLanes; ++j) {
        bytes[j] = lane_images.lanes[j % kLanes][first + j / kLanes];
      }
    }
    for (int j = 0; j < count; ++j, place.advance()) {
      for (int part = 0; part < kLanes; part += V::kWidth) {
        V::store(place.get() + part,
                 V::divide(V::load_bytes(bytes + kLanes * j + part), V::all(255.0F)));
      }
    }
  }
  finish_images<V>(step, pack);
}

template <class V>
void load_floats(const StepView& step, const PackView& pack, const float* const* images) {
  const LaneImages<V, float> lane_images(images, pack.num_images);
  const std::ptrdiff_t num_pixels =
      static_cast<std::ptrdiff_t>(step.num_live) * step.height * step.width;
  PixelPlace<V> place(step, pack);
  for (std::ptrdiff_t p = 0; p < num_pixels; ++p, place.advance()) {
    for (int i = 0; i < kLanes; ++i) place.get()[i] = lane_images.lanes[i][p];
  }
  finish_images<V>(step, pack);
}

template <class V>
KernelTable make_table() {
  KernelTable table;
  table.load_bytes = load_bytes<V>;
  table.load_floats = load_floats<V>;
  table.forward = forward<V>;
  table.backward = backward<V>;
  table.normalize_input = normalize_input<V>;
  table.moments = moments<V>;
  table.clear_gradient = clear_gradient<V>;
  return table;
}

}  // namespace ohmweave::nn::sparse
