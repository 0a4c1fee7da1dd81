// SPDX-License-Identifier: Apache-2.0
#include "data/augment.h"

#include <cmath>

namespace ohmweave::data {
namespace {

constexpr int kMostCopies = 1000;
constexpr int kDrawsPerImage = 5;

/// Uniform in [-limit, limit), in whole steps when `is_whole`.
double draw_within(double limit, bool is_whole, const RandomStream& stream, std::uint64_t at) {
  if (!is_whole) return limit * (2.0 * stream.uniform(at) - 1.0);
  const double steps = std::floor(limit);
  return std::floor(stream.uniform(at) * (2.0 * steps + 1.0)) - steps;
}

/// One channel, read with zeros all around it.
class Plane {
 public:
  Plane(const std::uint8_t* pixels, int height, int width)
      : pixels_(pixels), height_(height), width_(width) {}

  [[nodiscard]] double at(double y, double x) const {
    const double y_floor = std::floor(y);
    const double x_floor = std::floor(x);
    const int row = static_cast<int>(y_floor);
    const int column = static_cast<int>(x_floor);
    const double down = y - y_floor;
    const double right = x - x_floor;
    return (1.0 - down) * ((1.0 - right) * pixel(row, column) + right * pixel(row, column + 1)) +
           down * ((1.0 - right) * pixel(row + 1, column) + right * pixel(row + 1, column + 1));
  }

 private:
  [[nodiscard]] double pixel(int row, int column) const {
    if (row < 0 || row >= height_ || column < 0 || column >= width_) return 0.0;
    return pixels_[row * width_ + column];
  }

  const std::uint8_t* pixels_;
  int height_;
  int width_;
};

}  // namespace

void declare(Fields& f, AugmentOptions& o) {
  f.integer("copies", o.copies, {1, kMostCopies}, "distorted copies made of every training image");
  f.number("original_fraction", o.original_fraction, kFraction,
           "share of the draws in an epoch that take the undistorted image");
  f.number("shift_pixels", o.shift_pixels, {0.0, 1e3}, "largest shift in each direction");
  f.number("rotation_degrees", o.rotation_degrees, {0.0, 180.0}, "largest turn either way");
  f.number("scale_fraction", o.scale_fraction, {0.0, 0.9}, "largest change of size");
  f.boolean("mirror", o.mirror, "mirrors a copy left to right with probability 1/2");
}

Distortion draw_distortion(const AugmentOptions& options, const RandomStream& stream,
                           std::uint64_t index) {
  const double pi = std::acos(-1.0);
  const std::uint64_t at = index * kDrawsPerImage;
  const bool is_whole = options.rotation_degrees == 0.0 && options.scale_fraction == 0.0;
  Distortion d;
  d.angle_rad = draw_within(options.rotation_degrees * pi / 180.0, false, stream, at);
  d.scale = 1.0 + draw_within(options.scale_fraction, false, stream, at + 1);
  d.shift_x_pixels = draw_within(options.shift_pixels, is_whole, stream, at + 2);
  d.shift_y_pixels = draw_within(options.shift_pixels, is_whole, stream, at + 3);
  d.is_mirrored = options.mirror && stream.uniform(at + 4) < 0.5;
  return d;
}

void distort(const std::uint8_t* image, const Shape& shape, const Distortion& distortion,
             std::uint8_t* result) {
  const double center_y = 0.5 * (shape.height - 1);
  const double center_x = 0.5 * (shape.width - 1);
  const double cosine = distortion.scale * std::cos(distortion.angle_rad);
  const double sine = distortion.scale * std::sin(distortion.angle_rad);
  const std::ptrdiff_t plane_size = static_cast<std::ptrdiff_t>(shape.height) * shape.width;
  for (int channel = 0; channel < shape.channels; ++channel) {
    const Plane plane(image + channel * plane_size, shape.height, shape.width);
    std::uint8_t* row = result + channel * plane_size;
    for (int y = 0; y < shape.height; ++y, row += shape.width) {
      for (int x = 0; x < shape.width; ++x) {
        const double from_y = y - center_y;
        const double from_x = distortion.is_mirrored ? center_x - x : x - center_x;
        const double value =
            plane.at(center_y + sine * from_x + cosine * from_y + distortion.shift_y_pixels,
                     center_x + cosine * from_x - sine * from_y + distortion.shift_x_pixels);
        row[x] = static_cast<std::uint8_t>(std::lround(value));
      }
    }
  }
}

}  // namespace ohmweave::data
