// SPDX-License-Identifier: Apache-2.0
#include "data/synthetic_digits.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "data/glyphs.h"

namespace ohmweave::data {
namespace {

constexpr int kSide = kDigitShape.width;
constexpr double kCentre = 13.5;         // of pixel centres 0 .. 27
constexpr double kPointsPerUnit = 9.0;   // of a traced stroke; a unit is the digit's height
constexpr double kJitterSigma = 0.022;   // of control points, in glyph units
constexpr double kRotationSigma = 0.17;  // radians
constexpr double kShearSigma = 0.17;     // x per y
constexpr double kShiftSigmaPx = 1.1;
constexpr int kElasticWaves = 3;          // per direction
constexpr double kElasticSigmaPx = 0.55;  // of each wave's amplitude
constexpr double kPi = 3.14159265358979323846;

/// Numbers out of one stream, one after another.
class Draw {
 public:
  explicit Draw(const RandomStream& stream) : stream_(stream) {}
  double normal() { return stream_.normal(position_++); }
  /// Normal cut at two sigma (drawn again outside), so that no digit leaves the picture.
  double bounded_normal() {
    double x = normal();
    while (std::abs(x) > 2.0) x = normal();
    return x;
  }
  double between(double low, double high) {
    return low + (high - low) * stream_.uniform(position_++);
  }
  std::uint64_t below(std::uint64_t count) { return stream_.below(count, position_++); }

 private:
  RandomStream stream_;
  std::uint64_t position_ = 0;
};

/// A smooth displacement: sines of random direction, phase and a wavelength of 14 to 28 pixels.
class Elastic {
 public:
  explicit Elastic(Draw& draw) {
    for (Wave& wave : waves_) {
      const double direction = draw.between(0.0, 2 * kPi);
      const double radians_per_px = 2 * kPi / draw.between(14.0, 28.0);
      wave = {radians_per_px * std::cos(direction), radians_per_px * std::sin(direction),
              draw.between(0.0, 2 * kPi), kElasticSigmaPx * draw.bounded_normal(),
              kElasticSigmaPx * draw.bounded_normal()};
    }
  }
  [[nodiscard]] Point moved(const Point& p) const {
    Point result = p;
    for (const Wave& wave : waves_) {
      const double height = std::sin(wave.kx * p.x + wave.ky * p.y + wave.phase);
      result.x += wave.dx * height;
      result.y += wave.dy * height;
    }
    return result;
  }

 private:
  struct Wave {
    double kx, ky, phase, dx, dy;
  };
  std::array<Wave, kElasticWaves> waves_{};
};

/// Glyph units to pixels: scale, shear, rotation, shift.
class Affine {
 public:
  explicit Affine(Draw& draw) {
    const double height_px = draw.between(16.0, 20.0);
    const double width_px = height_px * draw.between(0.5, 0.8);
    const double angle = kRotationSigma * draw.bounded_normal();
    const double shear = kShearSigma * draw.bounded_normal();
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    xx_ = c * width_px;
    xy_ = (c * -shear - s) * height_px;
    yx_ = s * width_px;
    yy_ = (s * -shear + c) * height_px;
    x0_ = kCentre + kShiftSigmaPx * draw.bounded_normal();
    y0_ = kCentre + kShiftSigmaPx * draw.bounded_normal();
  }
  [[nodiscard]] Point moved(const Point& p) const {
    const double x = p.x - 0.5;
    const double y = p.y - 0.5;
    return {x0_ + xx_ * x + xy_ * y, y0_ + yx_ * x + yy_ * y};
  }

 private:
  double xx_, xy_, yx_, yy_, x0_, y0_;
};

using Canvas = std::array<float, kDigitPixels>;

/// A pen: half its width, and the width of the soft edge outside and inside of it.
struct Pen {
  double radius_px = 1.0;
  double edge_px = 0.6;
};

double distance_to_segment(double x, double y, const Point& a, const Point& b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length2 = dx * dx + dy * dy;
  double t = length2 > 0.0 ? ((x - a.x) * dx + (y - a.y) * dy) / length2 : 0.0;
  t = std::clamp(t, 0.0, 1.0);
  const double ex = x - a.x - t * dx;
  const double ey = y - a.y - t * dy;
  return std::sqrt(ex * ex + ey * ey);
}

/// Darkens the canvas (towards 1) where the pen passes on its way from a to b.
void draw_segment(const Point& a, const Point& b, const Pen& pen, Canvas& canvas) {
  const double reach = pen.radius_px + pen.edge_px;
  const int left = std::max(0, static_cast<int>(std::floor(std::min(a.x, b.x) - reach)));
  const int right = std::min(kSide - 1, static_cast<int>(std::ceil(std::max(a.x, b.x) + reach)));
  const int top = std::max(0, static_cast<int>(std::floor(std::min(a.y, b.y) - reach)));
  const int bottom = std::min(kSide - 1, static_cast<int>(std::ceil(std::max(a.y, b.y) + reach)));
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const double outside = distance_to_segment(x, y, a, b) - pen.radius_px;
      const double t = std::clamp(0.5 - 0.5 * outside / pen.edge_px, 0.0, 1.0);
      const auto ink = static_cast<float>(t * t * (3.0 - 2.0 * t));
      float& pixel = canvas[static_cast<std::size_t>(y) * kSide + x];
      pixel = std::max(pixel, ink);
    }
  }
}

void draw_stroke(const Stroke& stroke, const Affine& affine, const Elastic& elastic, Draw& draw,
                 const Pen& pen, Canvas& canvas) {
  Stroke jittered = stroke;
  for (std::size_t i = 0; i < stroke.size(); ++i) {
    const bool is_corner =
        i > 0 && stroke[i].x == stroke[i - 1].x && stroke[i].y == stroke[i - 1].y;
    jittered[i] = is_corner ? jittered[i - 1]
                            : Point{stroke[i].x + kJitterSigma * draw.normal(),
                                    stroke[i].y + kJitterSigma * draw.normal()};
  }
  std::vector<Point> points = trace(jittered, kPointsPerUnit);
  for (Point& p : points) p = elastic.moved(affine.moved(p));
  const double pressure_phase = draw.between(0.0, 2 * kPi);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const double pressure = 1.0 + 0.15 * std::sin(pressure_phase + 0.35 * static_cast<double>(i));
    draw_segment(points[i], points[i + 1], {pen.radius_px * pressure, pen.edge_px}, canvas);
  }
}

/// Sum of four uniforms: near normal, mean 0, variance 1, from one block of the stream.
double noise_at(const RandomStream& stream, std::uint64_t position) {
  const std::uint64_t bits = stream.bits(position);
  const std::uint64_t sum =
      (bits & 0xffffU) + (bits >> 16U & 0xffffU) + (bits >> 32U & 0xffffU) + (bits >> 48U);
  return (static_cast<double>(sum) / 65536.0 - 2.0) * std::sqrt(3.0);
}

}  // namespace

std::array<std::uint8_t, kDigitPixels> draw_digit(int digit, const RandomStream& stream) {
  Draw draw(stream.child("shape"));
  const std::vector<Glyph>& styles = glyphs(digit);
  const Glyph& glyph = styles[draw.below(styles.size())];
  const Affine affine(draw);
  const Elastic elastic(draw);
  const Pen pen{draw.between(0.65, 1.5), draw.between(0.55, 0.95)};
  const double contrast = draw.between(0.72, 1.0);
  const double noise_sigma = draw.between(0.0, 0.07);
  Canvas canvas{};
  for (const Stroke& stroke : glyph) draw_stroke(stroke, affine, elastic, draw, pen, canvas);

  const RandomStream noise = stream.child("noise");
  std::array<std::uint8_t, kDigitPixels> image{};
  for (std::size_t i = 0; i < image.size(); ++i) {
    const double light = contrast * canvas[i] + noise_sigma * noise_at(noise, i);
    image[i] = static_cast<std::uint8_t>(std::lround(255.0 * std::clamp(light, 0.0, 1.0)));
  }
  return image;
}

Images load_synthetic_digits(const DataOptions& options, Part part, std::uint64_t seed) {
  const bool is_train = part == Part::Train;
  const int count = is_train ? options.num_train_images : options.num_test_images;
  const RandomStream stream = RandomStream(seed).child("synthetic_digits");
  Images images;
  images.shape = kDigitShape;
  images.pixels.reserve(static_cast<std::size_t>(count) * kSide * kSide);
  for (int i = 0; i < count; ++i) {
    const int digit = i % kNumDigits;
    const auto pixels =
        draw_digit(digit, stream.child(is_train ? "train" : "test", static_cast<std::uint64_t>(i)));
    images.pixels.insert(images.pixels.end(), pixels.begin(), pixels.end());
    images.labels.push_back(static_cast<std::uint8_t>(digit));
  }
  return images;
}

}  // namespace ohmweave::data
