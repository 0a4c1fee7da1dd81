// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "data/table.h"

namespace ohmweave::data {
namespace {

Split to_split(const Images& images) {
  const std::int64_t n = images.size();
  const Shape& s = images.shape;
  OHMWEAVE_REQUIRE(static_cast<std::int64_t>(images.pixels.size()) == n * s.size(),
                   "a data set gave as many pixels as its images do not have");
  Split split{torch::empty({n, s.channels, s.height, s.width}, torch::kUInt8),
              torch::empty({n}, torch::kInt64)};
  std::memcpy(split.images.data_ptr<std::uint8_t>(), images.pixels.data(), images.pixels.size());
  std::copy(images.labels.begin(), images.labels.end(), split.labels.data_ptr<std::int64_t>());
  return split;
}

/// 0 .. count-1 in an order keyed by `stream` (Fisher-Yates).
torch::Tensor permutation(std::int64_t count, const RandomStream& stream) {
  torch::Tensor order = torch::arange(count, torch::kInt64);
  auto* values = order.data_ptr<std::int64_t>();
  for (std::int64_t i = count - 1; i > 0; --i) {
    const auto other = static_cast<std::int64_t>(
        stream.below(static_cast<std::uint64_t>(i + 1), static_cast<std::uint64_t>(i)));
    std::swap(values[i], values[other]);
  }
  return order;
}

Split selected(const Split& split, const torch::Tensor& which) {
  return {split.images.index_select(0, which), split.labels.index_select(0, which)};
}

}  // namespace

TrainingData load_training_data(const DataOptions& options, std::uint64_t seed) {
  const Split all = to_split(find_data_set(options.kind).load(options, Part::Train, seed));
  const std::int64_t count = all.labels.size(0);
  const std::int64_t held_out = options.num_validation_images;
  if (held_out < 1 || held_out >= count) {
    throw ConfigError({"/data/num_validation_images = " + std::to_string(held_out) +
                       ": must be 1 to " + std::to_string(count - 1) + ", to leave some of the " +
                       std::to_string(count) + " training images"});
  }
  const torch::Tensor order = permutation(count, RandomStream(seed).child("validation_split"));
  return {selected(all, order.slice(0, held_out)), selected(all, order.slice(0, 0, held_out))};
}

Split load_test_data(const DataOptions& options, std::uint64_t seed) {
  return to_split(find_data_set(options.kind).load(options, Part::Test, seed));
}

torch::Tensor distorted_copies(const torch::Tensor& images, const AugmentOptions& options,
                               const RandomStream& stream) {
  const torch::Tensor source = images.contiguous();
  const std::int64_t count = source.size(0);
  const Shape shape{static_cast<int>(source.size(1)), static_cast<int>(source.size(2)),
                    static_cast<int>(source.size(3))};
  torch::Tensor copies = torch::empty(
      {options.copies, count, shape.channels, shape.height, shape.width}, torch::kUInt8);
  const auto* from = source.data_ptr<std::uint8_t>();
  auto* to = copies.data_ptr<std::uint8_t>();
  for (int copy = 0; copy < options.copies; ++copy) {
    const RandomStream of_copy = stream.child("copy", static_cast<std::uint64_t>(copy));
    for (std::int64_t i = 0; i < count; ++i, to += shape.size()) {
      const Distortion distortion =
          draw_distortion(options, of_copy, static_cast<std::uint64_t>(i));
      distort(from + i * shape.size(), shape, distortion, to);
    }
  }
  return copies;
}

torch::Tensor normalized(const torch::Tensor& images) { return images.to(torch::kFloat32) / 255.0; }

}  // namespace ohmweave::data
