// SPDX-License-Identifier: Apache-2.0
#include "inference/integer_gain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "small_networks.h"

namespace ohmweave::inference {
namespace {

struct ReadCase {
  int rows;
  int rows_at_once;
  int digit_bits;
  int num_slices;
  int dropped_bits;
  int largest_code;
  int lowest_input;  // inputs are lowest_input .. 255
};

void PrintTo(const ReadCase& c, std::ostream* out) {
  *out << c.rows << " rows, " << c.rows_at_once << " at once, " << c.digit_bits << "-bit digits, "
       << c.num_slices << " slices, " << c.dropped_bits << " dropped, codes to " << c.largest_code
       << ", inputs from " << c.lowest_input;
}

constexpr int kSliceBits = 2;
constexpr int kOutputs = 7;  // not a multiple of what is read together

LayerProduct random_product(const ReadCase& c) {
  LayerProduct product;
  product.rows_at_once = c.rows_at_once;
  product.digit_bits = c.digit_bits;
  product.num_digits = (8 + c.digit_bits - 1) / c.digit_bits;
  product.slice_bits = kSliceBits;
  product.num_slices = c.num_slices;
  product.dropped_bits = c.dropped_bits;
  product.largest_code = c.largest_code;
  BlockProduct block;
  for (int out = 0; out < kOutputs; ++out) block.outputs.push_back(out);
  for (int row = 0; row < c.rows; ++row) block.rows.push_back(row);
  block.gain.resize(c.num_slices * kOutputs, c.rows);
  for (Eigen::Index i = 0; i < block.gain.size(); ++i)
    block.gain.data()[i] = static_cast<float>(RandomStream(4).below(7, i)) - 3.0F;
  product.blocks = {block};
  return product;
}

/// The equation of layer_product.h, one window.
std::vector<std::int32_t> by_equation(const LayerProduct& product, const std::int32_t* inputs) {
  const BlockProduct& block = product.blocks[0];
  const int rows = static_cast<int>(block.rows.size());
  std::vector<std::int32_t> sums(kOutputs, 0);
  for (int digit = 0; digit < product.num_digits; ++digit) {
    for (int first = 0; first < rows; first += product.rows_at_once) {
      for (int column = 0; column < block.gain.rows(); ++column) {
        double units = 0.0;
        for (int row = first; row < std::min(rows, first + product.rows_at_once); ++row) {
          const int magnitude = (std::abs(inputs[row]) >> (digit * product.digit_bits)) &
                                ((1 << product.digit_bits) - 1);
          units += static_cast<double>(block.gain(column, row)) *
                   (inputs[row] < 0 ? -magnitude : magnitude);
        }
        const double limit = product.largest_code;
        const double code =
            std::clamp(std::nearbyint(std::ldexp(units, -product.dropped_bits)), -limit, limit);
        const int shift = product.dropped_bits + digit * product.digit_bits +
                          column / kOutputs * product.slice_bits;
        sums[column % kOutputs] += static_cast<std::int32_t>(std::ldexp(code, shift));
      }
    }
  }
  return sums;
}

class IntegerReads : public testing::TestWithParam<ReadCase> {};

TEST_P(IntegerReads, FollowTheEquation) {
  const ReadCase& c = GetParam();
  const LayerProduct product = random_product(c);
  CodeBatch inputs = make_code_batch(300, {c.rows, 1, 1});
  for (std::size_t i = 0; i < inputs.codes.size(); ++i)
    inputs.codes[i] =
        c.lowest_input + static_cast<std::int32_t>(RandomStream(5).below(256 - c.lowest_input, i));

  const CodeBatch found =
      multiply(product, make_linear("fc", 0, kOutputs), {kOutputs, 1, 1}, inputs);

  for (int image = 0; image < inputs.num_images; ++image)
    EXPECT_EQ(
        image_of(found, image),
        by_equation(product, inputs.codes.data() + static_cast<std::ptrdiff_t>(image) * c.rows))
        << image;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, IntegerReads,
    testing::Values(ReadCase{32, 32, 1, 1, 0, 1000, 0}, ReadCase{31, 32, 1, 4, 0, 1000, 0},
                    ReadCase{33, 7, 1, 2, 1, 5, 0}, ReadCase{128, 16, 2, 2, 2, 9, 0},
                    ReadCase{50, 50, 3, 1, 3, 30, 0}, ReadCase{20, 20, 8, 1, 4, 400, 0},
                    ReadCase{31, 16, 1, 2, 0, 1000, -255}, ReadCase{1, 1, 4, 1, 0, 1000, 0}));

TEST(IntegerGain, TakesWhatFitsAndNothingElse) {
  GainMatrix gain = GainMatrix::Constant(3, 128, 3.0F);
  EXPECT_TRUE(IntegerGain::from(gain, 128, 1).has_value());
  EXPECT_FALSE(IntegerGain::from(gain, 128, 7).has_value());  // 128 * 3 * 127 > 32767
  EXPECT_TRUE(IntegerGain::from(gain, 64, 7).has_value());
  EXPECT_FALSE(IntegerGain::from(gain, 1, 9).has_value());  // digits of a byte at most

  gain(2, 127) = 2.5F;
  EXPECT_FALSE(IntegerGain::from(gain, 128, 1).has_value());
  gain(2, 127) = -128.0F;
  EXPECT_FALSE(IntegerGain::from(gain, 128, 1).has_value());
  gain(2, 127) = -127.0F;
  EXPECT_TRUE(IntegerGain::from(gain, 128, 1).has_value());
}

}  // namespace
}  // namespace ohmweave::inference
