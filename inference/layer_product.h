// SPDX-License-Identifier: Apache-2.0
// One weight layer as a set of matrices that are read and digitized: arrays of a chip, or, with
// nothing lost in the reading, the layer's exact integer product. For every window and output
//   acc = bias + sum over blocks, row groups, digits d, slices s of
//         code * 2^dropped_bits * 2^(d * digit_bits) * 2^(s * slice_bits),
//   code = clamp(round((gain . digits + noise) / 2^dropped_bits), -largest_code, largest_code),
// where an input x is cut, sign-magnitude, into digits of digit_bits bits that carry the sign of x,
// a row group is rows_at_once consecutive rows of a block, and ties round to even,
// all as crossbar::read_array() does (which sums in double; here float32).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"
#include "inference/code_batch.h"

namespace ohmweave::inference {

using GainMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The piece of a layer's matrix that is read together.
struct BlockProduct {
  int group = 0;             // of a grouped convolution
  std::vector<int> rows;     // matrix rows
  std::vector<int> outputs;  // output features, counted over all groups
  /// (num_slices * outputs) x rows, slice-major: row s * outputs + c is slice s of column c, in
  /// units of (level x digit unit).
  GainMatrix gain;
  GainMatrix variance;  // of gain from read to read, of the same shape; empty without read noise
};

/// Where the read noise of some images comes from: of image i, whatever batch it is in, the numbers
/// are the same.
struct ReadNoise {
  RandomStream stream;
  std::int64_t first_image = 0;  // of the batch, among all images
};

struct LayerProduct {
  int rows_at_once = 1;
  int digit_bits = 1;
  int num_digits = 1;
  int slice_bits = 1;
  int num_slices = 1;
  int dropped_bits = 0;
  std::int32_t largest_code = 0;
  std::vector<std::int64_t> bias;  // by output feature; empty = none
  std::vector<BlockProduct> blocks;
};

/// Checks that no accumulator can leave 32 bits (what core requantizes); throws DataError naming
/// the layer otherwise.
void check_accumulators(const LayerProduct& product, const std::string& layer);

/// Accumulators of every output feature of every window: shape `output`. `noise` is needed where a
/// block has read noise: to the units of window w (counted over all images) and column c of block b
/// comes sqrt(variance . digits^2) times number w * (columns rounded up to 4) + c of the normals of
/// noise.stream.child("read", b, digit * row groups + row group).
[[nodiscard]] CodeBatch multiply(const LayerProduct& product, const Node& node, const Shape& output,
                                 const CodeBatch& input,
                                 const std::optional<ReadNoise>& noise = std::nullopt);

}  // namespace ohmweave::inference
