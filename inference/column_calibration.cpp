// SPDX-License-Identifier: Apache-2.0
#include "inference/column_calibration.h"

#include <algorithm>

#include "crossbar/calibration.h"

namespace ohmweave::inference {
namespace {

constexpr int kReads = 96;  // of all row groups together, at least one each
// The first trim is set by codes that the untrimmed converter gave; the second mends what its own
// gain and offset made of the first.
constexpr int kRounds = 2;

struct TestReads {
  crossbar::Matrix measured;  // reads x converted columns
  crossbar::Matrix expected;
};

TestReads make_reads(const LayerProduct& product, const BlockProduct& block,
                     const GainMatrix& expected, const RandomStream& stream) {
  const Eigen::Index num_rows = expected.cols();
  const Eigen::Index groups = (num_rows + product.rows_at_once - 1) / product.rows_at_once;
  const Eigen::Index each = std::max<Eigen::Index>(1, kReads / groups);
  const auto largest = std::uint64_t{1} << product.digit_bits;
  TestReads reads{crossbar::Matrix(groups * each, expected.rows()),
                  crossbar::Matrix(groups * each, expected.rows())};
  std::uint64_t position = 0;
  for (Eigen::Index group = 0; group < groups; ++group) {
    const Eigen::Index first = group * product.rows_at_once;
    const Eigen::Index rows = std::min<Eigen::Index>(product.rows_at_once, num_rows - first);
    GainMatrix digits = GainMatrix::Zero(num_rows, each);
    for (Eigen::Index i = 0; i < each; ++i) {
      // From reads of no row to reads of all: offsets are told from gains by the former.
      const double density = static_cast<double>(i) / static_cast<double>(each);
      for (Eigen::Index r = first; r < first + rows; ++r, position += 2)
        if (stream.uniform(position) < density)
          digits(r, i) = static_cast<float>(1 + stream.below(largest - 1, position + 1));
    }
    reads.measured.middleRows(group * each, each) =
        read_codes(product, block, first, rows, digits).transpose().cast<double>();
    reads.expected.middleRows(group * each, each) = (expected * digits).transpose().cast<double>();
  }
  return reads;
}

}  // namespace

void calibrate_block(const LayerProduct& product, const GainMatrix& expected,
                     const RandomStream& stream, BlockProduct& block) {
  block.trims.assign(static_cast<std::size_t>(expected.rows()), {});
  for (int round = 0; round < kRounds; ++round) {
    const TestReads reads = make_reads(product, block, expected,
                                       stream.child("round", static_cast<std::uint64_t>(round)));
    const crossbar::ColumnCalibration fit =
        crossbar::calibrate_columns(reads.measured, reads.expected);
    for (std::size_t column = 0; column < block.trims.size(); ++column) {
      // A column that always reads the same, as one without weights does, tells nothing of its
      // gain.
      if (fit.gain[column] <= 0.0) continue;
      ColumnTrim& trim = block.trims[column];
      const auto gain = static_cast<float>(fit.gain[column]);
      trim.gain *= gain;
      trim.offset = trim.offset * gain + static_cast<float>(fit.offset[column]);
    }
  }
}

}  // namespace ohmweave::inference
