// SPDX-License-Identifier: Apache-2.0
#include "models/ranges.h"

#include <algorithm>
#include <cmath>

namespace ohmweave::models {
namespace {

constexpr std::int64_t kMostMacs = 5'000'000'000;
constexpr std::int64_t kMostImages = 8;
constexpr double kPercentile = 0.9999;  // of ActivationRange::percentile_magnitude

/// What one image's map spans. The percentile is the nearest rank.
ActivationRange range_of(const FloatMap& map) {
  const auto [lowest, highest] = std::minmax_element(map.begin(), map.end());
  ActivationRange range{*lowest, *highest, 0.0};
  FloatMap magnitudes = map;
  for (float& value : magnitudes) value = std::fabs(value);
  const auto rank =
      static_cast<std::ptrdiff_t>(std::ceil(kPercentile * static_cast<double>(magnitudes.size()))) -
      1;
  std::nth_element(magnitudes.begin(), magnitudes.begin() + rank, magnitudes.end());
  range.percentile_magnitude = magnitudes[static_cast<std::size_t>(rank)];
  return range;
}

void widen(ActivationRange& range, const ActivationRange& other) {
  range.min = std::min(range.min, other.min);
  range.max = std::max(range.max, other.max);
  range.percentile_magnitude = std::max(range.percentile_magnitude, other.percentile_magnitude);
}

}  // namespace

int num_calibration_images(const Network& network) {
  const std::vector<Shape> shapes = infer_shapes(network);
  std::int64_t macs = 1;
  for (const int node : weight_nodes(network)) {
    macs += matrix_shape(network, shapes, node).num_macs();
  }
  return static_cast<int>(std::clamp<std::int64_t>(kMostMacs / macs, 1, kMostImages));
}

std::vector<FloatMap> noise_images(const Network& network, int count, const RandomStream& stream) {
  std::vector<FloatMap> images;
  for (int i = 0; i < count; ++i) {
    const RandomStream pixels = stream.child("image", static_cast<std::uint64_t>(i));
    FloatMap& image = images.emplace_back(static_cast<std::size_t>(network.input.size()));
    for (std::size_t p = 0; p < image.size(); ++p) image[p] = static_cast<float>(pixels.uniform(p));
  }
  return images;
}

std::map<std::string, ActivationRange> measured_ranges(const NetworkModel& model,
                                                       const std::vector<FloatMap>& images) {
  std::map<std::string, ActivationRange> ranges;
  for (const FloatMap& image : images) {
    run_float(model, image, [&](int node, const FloatMap& output) {
      const ActivationRange seen = range_of(output);
      const auto [place, is_new] = ranges.emplace(model.network.nodes[node].name, seen);
      if (!is_new) widen(place->second, seen);
    });
  }
  return ranges;
}

}  // namespace ohmweave::models
