// SPDX-License-Identifier: Apache-2.0
// Distorted copies of training images: turned, scaled and moved about their centre, perhaps
// mirrored. A pixel p of the result shows the image at
//   centre + scale * rotation(angle) * (p - centre) + shift,
// interpolated linearly between the four nearest pixels; outside the image all is 0. No torch here.
#pragma once

#include <cstdint>

#include "core/fields.h"
#include "core/network.h"
#include "core/random.h"

namespace ohmweave::data {

/// Section /train/augment. Copies are made once, so that a teacher's outputs for them can be kept.
struct AugmentOptions {
  int copies = 9;                   // of every training image
  double original_fraction = 0.25;  // share of the draws in an epoch that take the image itself
  double shift_pixels = 2.0;        // uniform in +-; whole pixels when nothing else is asked for
  double rotation_degrees = 10.0;   // uniform in +-
  double scale_fraction = 0.08;     // size changes by a factor uniform in 1 +-
  bool mirror = false;              // left to right, for every other copy on average
};
void declare(Fields& f, AugmentOptions& o);

struct Distortion {
  double angle_rad = 0.0;
  double scale = 1.0;  // above 1 the content shrinks
  double shift_x_pixels = 0.0;
  double shift_y_pixels = 0.0;
  bool is_mirrored = false;
};

/// A pure function of (options, stream, index).
[[nodiscard]] Distortion draw_distortion(const AugmentOptions& options, const RandomStream& stream,
                                         std::uint64_t index);

/// Writes the distorted `image` to `result`; both channels x height x width, 0..255.
void distort(const std::uint8_t* image, const Shape& shape, const Distortion& distortion,
             std::uint8_t* result);

}  // namespace ohmweave::data
