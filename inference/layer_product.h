// SPDX-License-Identifier: Apache-2.0
// One weight layer as a set of matrices that are read and digitized: arrays of a chip, or, with
// nothing lost in the reading, the layer's exact integer product. For every window and output
//   acc = bias + sum over blocks, row groups, digits d, slices s of
//         code * 2^dropped_bits * 2^(d * digit_bits) * 2^shift(s),
//   code = clamp(round((gain . digits + noise) / 2^dropped_bits), -largest_code, largest_code),
// where an input x is cut, sign-magnitude, into digits of digit_bits bits that carry the sign of x,
// a row group is rows_at_once consecutive rows of a block, and ties round to even,
// all as crossbar::read_array() does (which sums in double; here float32).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"
#include "crossbar/converter.h"
#include "inference/code_batch.h"

namespace ohmweave::inference {

using GainMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Windows that go through a circuit together, in all their digits: what circuits find once for all
/// of these is worth it, and their digits stay in the cache.
constexpr int kCircuitWindows = 512;

/// Arrays whose currents are no product of a matrix with their digits.
class BlockCircuit {
 public:
  virtual ~BlockCircuit() = default;
  /// What BlockProduct::gain . digits stands for, of the block's rows first .. first + rows - 1
  /// alone. digits: all rows of the block x windows, none negative. Result: converted columns x
  /// windows.
  [[nodiscard]] virtual GainMatrix units(Eigen::Index first, Eigen::Index rows,
                                         const Eigen::Ref<const GainMatrix>& digits) const = 0;
};

/// The converters of a block as built.
struct BlockConverters {
  std::vector<crossbar::Converter> converters;
  std::vector<int> of_column;  // by row of the gain: which one converts it
};

/// What each converted column is multiplied by and then raised by, in units, before it is
/// converted: the setting of a converter's step and offset.
struct ColumnTrim {
  float gain = 1.0F;
  float offset = 0.0F;
};

/// The piece of a layer's matrix that is read together.
struct BlockProduct {
  int copy = 0;              // which of the layer's copies it belongs to
  int group = 0;             // of a grouped convolution
  std::vector<int> rows;     // matrix rows
  std::vector<int> outputs;  // output features, counted over all groups
  /// (num_slices * outputs) x rows, slice-major: row s * outputs + c is slice s of column c, in
  /// units of (level x digit unit). With unit_weight > 0 one more row: a column that sums digits.
  GainMatrix gain;
  GainMatrix variance;  // of gain from read to read, of the same shape; empty without read noise
  /// What each row's driver makes of digit 0 .. 2^digit_bits - 1: rows x 2^digit_bits; empty: the
  /// digit itself.
  GainMatrix drive;
  std::shared_ptr<const BlockCircuit> circuit;        // in place of gain; null: gain
  std::shared_ptr<const BlockConverters> converters;  // null: ideal ones
  std::vector<ColumnTrim> trims;                      // by row of the gain; empty: none
  /// What every weight of the block is stored with on top: that often the codes of the unit column
  /// are subtracted from each output.
  std::int32_t unit_weight = 0;
};

/// What depends on which images are read: of image i, whatever batch it is in, it is the same.
struct Reading {
  std::int64_t first_image = 0;       // of the batch, among all images
  std::optional<RandomStream> noise;  // where read noise comes from
};

struct LayerProduct {
  int rows_at_once = 1;
  int digit_bits = 1;
  int num_digits = 1;
  bool has_signed_digits = false;  // whether inputs may be negative
  int slice_bits = 1;              // of each slice
  std::vector<int> slice_shifts;   // bits below each slice; empty: slice_bits for each before it
  int num_slices = 1;
  int dropped_bits = 0;
  std::int32_t largest_code = 0;
  std::vector<std::int64_t> bias;  // by output feature; empty = none
  /// Copies of the layer, all of the same blocks: window w, counted over all images, is read from
  /// copy w % num_copies.
  int num_copies = 1;
  std::vector<BlockProduct> blocks;
  [[nodiscard]] int shift(int slice) const {
    return slice_shifts.empty() ? slice * slice_bits : slice_shifts[slice];
  }
};

/// Checks that no accumulator can leave 32 bits (what core requantizes); throws DataError naming
/// the layer otherwise.
void check_accumulators(const LayerProduct& product, const std::string& layer);

/// Accumulators of every output feature of every window: shape `output`. `reading.noise` is needed
/// where a block has read noise: to the units of the w-th window that its copy reads (counted over
/// all images) and column c of block b comes sqrt(variance . digits^2) times number
/// w * (columns rounded up to 4) + c of the normals of
/// noise.child("read", b, digit * row groups + row group).
[[nodiscard]] CodeBatch multiply(const LayerProduct& product, const Node& node, const Shape& output,
                                 const CodeBatch& input, const Reading& reading = {});

/// Codes of one read of the block's rows first .. first + rows - 1, in units (code *
/// 2^dropped_bits), without read noise. digits: rows of the block x reads, none negative. Result:
/// converted columns x reads.
[[nodiscard]] GainMatrix read_codes(const LayerProduct& product, const BlockProduct& block,
                                    Eigen::Index first, Eigen::Index rows,
                                    const GainMatrix& digits);

}  // namespace ohmweave::inference
