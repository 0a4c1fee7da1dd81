// SPDX-License-Identifier: Apache-2.0
// The input windows of a Conv2d or Linear node over a batch, in the row order of matrix_shape():
//   value(row r, window w) = codes[window_offset(w) + row_offset(r)]   of the padded feature maps,
// so any rows of any windows are gathered without building the whole matrix. A Linear node has one
// window an image.
#pragma once

#include <cstdint>
#include <vector>

#include "inference/code_batch.h"

namespace ohmweave::inference {

class Windows {
 public:
  /// `output`: shape of the node's output.
  Windows(const Node& node, const Shape& output, const CodeBatch& input);

  [[nodiscard]] std::int64_t num_windows() const { return num_images_ * places_; }
  /// Matrix rows of one group.
  [[nodiscard]] int num_rows() const { return static_cast<int>(row_offsets_.size()); }

  /// Of the windows first, first + step, first + 2 step, ... the first `count`.
  struct Run {
    std::int64_t first = 0;
    int count = 0;
    std::int64_t step = 1;
  };

  /// The windows of a run, of the listed matrix rows of a group: rows x count, row-major. Windows
  /// are ordered by image, then output row, then output column.
  void gather(int group, const std::vector<int>& rows, const Run& run, std::int32_t* values) const;

  /// Where the windows of a run put output feature 0; feature `out` follows out * places() further
  /// on.
  [[nodiscard]] std::vector<std::int64_t> output_offsets(const Run& run) const;
  /// Windows an image.
  [[nodiscard]] std::int64_t places() const { return places_; }

 private:
  std::int64_t num_images_;
  std::int64_t places_;
  std::int64_t out_channels_;
  std::int64_t out_width_;
  std::int64_t stride_;
  std::int64_t padded_width_;
  std::int64_t image_size_;    // of a padded feature map
  std::int64_t group_offset_;  // from one group's channels to the next group's
  std::vector<std::int64_t> row_offsets_;
  const std::int32_t* codes_;         // of `input`, or of `padded_`
  std::vector<std::int32_t> padded_;  // empty without padding
};

}  // namespace ohmweave::inference
