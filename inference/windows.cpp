// SPDX-License-Identifier: Apache-2.0
#include "inference/windows.h"

#include <algorithm>

#include "core/error.h"

namespace ohmweave::inference {
namespace {

std::vector<std::int32_t> pad(const CodeBatch& input, int padding) {
  const Shape& shape = input.shape;
  const std::int64_t width = shape.width + 2 * padding;
  const std::int64_t height = shape.height + 2 * padding;
  const std::int64_t maps = static_cast<std::int64_t>(input.num_images) * shape.channels;
  std::vector<std::int32_t> padded(static_cast<std::size_t>(maps * height * width), 0);
  for (std::int64_t map = 0; map < maps; ++map) {
    for (int y = 0; y < shape.height; ++y) {
      const auto from = input.codes.begin() + (map * shape.height + y) * shape.width;
      const auto to = padded.begin() + (map * height + y + padding) * width + padding;
      std::copy(from, from + shape.width, to);
    }
  }
  return padded;
}

}  // namespace

Windows::Windows(const Node& node, const Shape& output, const CodeBatch& input)
    : num_images_(input.num_images),
      places_(static_cast<std::int64_t>(output.height) * output.width),
      out_channels_(output.channels),
      out_width_(output.width) {
  OHMWEAVE_REQUIRE(has_weights(node.op), "node '" + node.name + "' holds no weights");
  OHMWEAVE_REQUIRE(
      static_cast<std::int64_t>(input.codes.size()) == input.num_images * input.shape.size(),
      "a batch with the wrong number of codes");
  const bool is_conv = node.op == Op::Conv2d;
  // A Linear node sees its features as channels of a 1 x 1 map.
  const Shape map = is_conv ? input.shape : Shape{static_cast<int>(input.shape.size()), 1, 1};
  const int kernel = is_conv ? node.kernel : 1;
  const int padding = is_conv ? node.padding : 0;
  const int group_channels = map.channels / (is_conv ? node.groups : 1);
  stride_ = is_conv ? node.stride : 1;
  padded_width_ = map.width + 2 * padding;
  const std::int64_t map_size = padded_width_ * (map.height + 2 * padding);
  image_size_ = map_size * map.channels;
  group_offset_ = map_size * group_channels;
  for (int channel = 0; channel < group_channels; ++channel)
    for (int ky = 0; ky < kernel; ++ky)
      for (int kx = 0; kx < kernel; ++kx)
        row_offsets_.push_back(channel * map_size + ky * padded_width_ + kx);
  if (padding > 0) padded_ = pad(input, padding);
  codes_ = padding > 0 ? padded_.data() : input.codes.data();
}

std::vector<std::int64_t> Windows::output_offsets(const Run& run) const {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(run.count));
  for (int w = 0; w < run.count; ++w) {
    const std::int64_t window = run.first + w * run.step;
    offsets[w] = window / places_ * out_channels_ * places_ + window % places_;
  }
  return offsets;
}

void Windows::gather(int group, const std::vector<int>& rows, const Run& run,
                     std::int32_t* values) const {
  const int count = run.count;
  std::vector<std::int64_t> window_offsets(static_cast<std::size_t>(count));
  for (int w = 0; w < count; ++w) {
    const std::int64_t window = run.first + w * run.step;
    const std::int64_t place = window % places_;
    window_offsets[w] = window / places_ * image_size_ +
                        place / out_width_ * stride_ * padded_width_ + place % out_width_ * stride_;
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::int32_t* row = codes_ + group * group_offset_ + row_offsets_[rows[r]];
    std::int32_t* target = values + r * static_cast<std::size_t>(count);
    for (int w = 0; w < count; ++w) target[w] = row[window_offsets[w]];
  }
}

}  // namespace ohmweave::inference
