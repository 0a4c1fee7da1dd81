// SPDX-License-Identifier: Apache-2.0
#include "inference/layer_product.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

/// One block of one column of which row r has gain gains[r]; inputs of one bit a digit.
LayerProduct one_column(const std::vector<float>& gains) {
  LayerProduct product;
  product.rows_at_once = static_cast<int>(gains.size());
  product.num_digits = 4;
  product.largest_code = 1000;
  BlockProduct block;
  block.outputs = {0};
  block.gain.resize(1, static_cast<Eigen::Index>(gains.size()));
  for (std::size_t r = 0; r < gains.size(); ++r) {
    block.rows.push_back(static_cast<int>(r));
    block.gain(0, static_cast<Eigen::Index>(r)) = gains[r];
  }
  product.blocks = {block};
  return product;
}

std::int32_t read(const LayerProduct& product, const std::vector<std::int32_t>& inputs) {
  const int num_inputs = static_cast<int>(inputs.size());
  const CodeBatch batch{1, {num_inputs, 1, 1}, inputs};
  return multiply(product, make_linear("fc", 0, 1), {1, 1, 1}, batch).codes.at(0);
}

TEST(LayerProduct, IsTheExactProductForWholeGains) {
  EXPECT_EQ(read(one_column({3.0F, -2.0F}), {5, 9}), 3 * 5 - 2 * 9);
}

TEST(LayerProduct, DrivesTheMagnitudesBitsWithTheSign) {
  // Digits of -5 are -1, 0, -1: each reads -1.4 -> -1, so the sum is -(1 + 4) and not -7.
  EXPECT_EQ(read(one_column({1.4F}), {-5}), -5);
  EXPECT_EQ(read(one_column({1.6F}), {5}), 10);
}

TEST(LayerProduct, RoundsTiesToEven) {
  EXPECT_EQ(read(one_column({0.5F}), {1}), 0);
  EXPECT_EQ(read(one_column({1.5F}), {1}), 2);
  EXPECT_EQ(read(one_column({2.5F}), {-1}), -2);
  // The largest float below one half must not be rounded up by an addition of one half.
  EXPECT_EQ(read(one_column({0.49999997F}), {1}), 0);
}

TEST(LayerProduct, ClampsEveryReadAtTheConvertersLargestCode) {
  LayerProduct product = one_column({7.0F, 7.0F});
  product.largest_code = 10;

  EXPECT_EQ(read(product, {3, 3}), 10 + 2 * 10);
  EXPECT_EQ(read(product, {-3, -1}), -10 - 2 * 7);
}

TEST(LayerProduct, LosesWhatIsBelowTheDroppedBits) {
  LayerProduct product = one_column({13.0F});
  product.dropped_bits = 2;

  EXPECT_EQ(read(product, {1}), 12);  // round(3.25) * 4
  EXPECT_EQ(read(product, {2}), 24);
}

TEST(LayerProduct, ConvertsEachRowGroupByItself) {
  LayerProduct product = one_column({0.4F, 0.4F, 0.4F, 0.4F});
  EXPECT_EQ(read(product, {1, 1, 1, 1}), 2);

  product.rows_at_once = 2;  // 0.8 -> 1, twice
  EXPECT_EQ(read(product, {1, 1, 1, 1}), 2);

  product.rows_at_once = 3;  // 1.2 -> 1 and 0.4 -> 0
  EXPECT_EQ(read(product, {1, 1, 1, 1}), 1);
}

TEST(LayerProduct, WeighsSlicesAndDigitsByTheirBits) {
  LayerProduct product = one_column({1.0F});
  product.num_slices = 2;
  product.slice_bits = 2;
  product.blocks[0].gain.resize(2, 1);
  product.blocks[0].gain << 3.0F, -1.0F;
  product.digit_bits = 2;
  product.num_digits = 2;

  EXPECT_EQ(read(product, {11}), (3 - 4) * 11);
}

TEST(LayerProduct, AddsTheBiasAndAllBlocks) {
  LayerProduct product = one_column({2.0F, 5.0F});
  product.bias = {-100};
  product.blocks.push_back(product.blocks[0]);
  product.blocks[1].rows = {1, 0};

  EXPECT_EQ(read(product, {1, 2}), -100 + (2 + 10) + (4 + 5));
}

TEST(LayerProduct, RefusesAccumulatorsBeyond32Bits) {
  LayerProduct product = one_column({1.0F});
  product.largest_code = 1 << 20;
  product.num_digits = 10;
  EXPECT_NO_THROW(check_accumulators(product, "fc1"));  // 2^20 * (2^10 - 1)

  product.num_digits = 12;
  try {
    check_accumulators(product, "fc1");
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("layer 'fc1': accumulators may reach 4293918720"),
              std::string::npos)
        << error.what();
  }
}

TEST(LayerProduct, IsTheSameHoweverManyImagesAreGivenAtOnce) {
  const LayerProduct product = one_column({1.3F, -0.7F, 2.2F});
  CodeBatch many = make_code_batch(700, {3, 1, 1});  // more than are read together
  for (std::size_t i = 0; i < many.codes.size(); ++i)
    many.codes[i] = static_cast<std::int32_t>(RandomStream(3).below(31, i)) - 15;

  const CodeBatch all = multiply(product, make_linear("fc", 0, 1), {1, 1, 1}, many);

  for (int i = 0; i < many.num_images; ++i)
    EXPECT_EQ(all.codes[i], read(product, image_of(many, i)));
}

}  // namespace
}  // namespace ohmweave::inference
