// SPDX-License-Identifier: Apache-2.0
#include "core/range_coder.h"

#include <cmath>
#include <vector>

#include "core/mask_coder.h"
#include "tests/core/file_fixture.h"

namespace ohmweave {
namespace {

std::vector<bool> random_bits(std::size_t count, double density, std::uint64_t seed) {
  const RandomStream stream = RandomStream(seed).child("bits");
  std::vector<bool> bits(count);
  for (std::size_t i = 0; i < count; ++i) bits[i] = stream.uniform(i) < density;
  return bits;
}

TEST(BitCoder, GivesBackMixedContentsOfEveryLength) {
  for (std::size_t count = 0; count < 200; ++count) {
    const std::vector<bool> bits = random_bits(count, 0.2, count);
    BitEncoder encoder;
    AdaptiveBit model;
    for (const bool bit : bits) {
      encoder.bit(bit, model);
      encoder.direct(bit ? 5 : 2, 3);
    }

    const std::string code = encoder.finish();

    BitDecoder decoder(code, "code");
    AdaptiveBit again;
    for (const bool bit : bits) {
      ASSERT_EQ(decoder.bit(false, again), bit);
      ASSERT_EQ(decoder.direct(0, 3), bit ? 5U : 2U);
    }
    EXPECT_TRUE(decoder.is_used_up());
  }
}

TEST(BitCoder, CarriesThroughLongRunsOfOnes) {
  for (std::uint32_t probability : {1U, 8U, 32768U, 65535U}) {
    for (const double density : {0.0, 0.5, 1.0}) {
      const std::vector<bool> bits = random_bits(3000, density, probability);
      BitEncoder encoder;
      for (const bool bit : bits) encoder.bit(bit, probability);

      const std::string code = encoder.finish();

      BitDecoder decoder(code, "code");
      for (const bool bit : bits) ASSERT_EQ(decoder.bit(false, probability), bit);
    }
  }
}

TEST(BitCoder, CodesNearTheEntropy) {
  constexpr int kCount = 20'000;
  constexpr double kDensity = 0.05;
  const std::vector<bool> bits = random_bits(kCount, kDensity, 3);
  double num_ones = 0.0;
  for (const bool bit : bits) num_ones += bit ? 1.0 : 0.0;
  const double p = num_ones / kCount;
  const double entropy_bytes = -kCount * (p * std::log2(p) + (1 - p) * std::log2(1 - p)) / 8.0;
  BitEncoder encoder;
  AdaptiveBit model;
  for (const bool bit : bits) encoder.bit(bit, model);

  const std::string code = encoder.finish();

  // Learning costs log2(n)/2 bits, rounding of 16-bit probabilities and 32-bit ranges < 0.1 %.
  EXPECT_LT(static_cast<double>(code.size()), 1.001 * entropy_bytes + 4.0);
  EXPECT_GT(static_cast<double>(code.size()), 0.999 * entropy_bytes - 1.0);
}

TEST(BitCoder, CountsSpanAll32Bits) {
  const std::vector<std::uint32_t> values = {0, 1, 2, 7, 8, 1000, 0x7fffffff, 0xfffffffe};
  BitEncoder encoder;
  for (const std::uint32_t value : values) encoder.count(value);

  const std::string code = encoder.finish();

  BitDecoder decoder(code, "code");
  for (const std::uint32_t value : values) EXPECT_EQ(decoder.count(0), value);
}

TEST(BitCoder, RefusesToReadFarPastTheEnd) {
  BitDecoder decoder("", "m.owz");

  const std::string message = data_error_of([&] { decoder.direct(0, 32); });

  EXPECT_EQ(message, "m.owz: truncated: its arithmetic code ends too early");
}

TEST(AdaptiveTree, GivesBackWideNumbers) {
  for (const int num_bits : {0, 1, 5, 8, 13, 24}) {
    const RandomStream stream = RandomStream(5).child("tree");
    const auto value_at = [&](std::uint64_t i) {
      return static_cast<std::uint32_t>(stream.below(std::uint64_t{1} << num_bits, i));
    };
    BitEncoder encoder;
    AdaptiveTree tree(num_bits);
    for (std::uint64_t i = 0; i < 100; ++i) tree.code(encoder, value_at(i));

    const std::string code = encoder.finish();

    BitDecoder decoder(code, "code");
    AdaptiveTree again(num_bits);
    for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(again.code(decoder, 0), value_at(i));
  }
}

TEST(AdaptiveFloat, GivesBackEveryBit) {
  const std::vector<float> values = {0.0F, -0.0F, 1.0F, -1.5e-42F, 3.4e38F, -7.25F, 0.0F};
  BitEncoder encoder;
  AdaptiveFloat model;
  for (const float value : values) model.code(encoder, value, 23);

  const std::string code = encoder.finish();

  BitDecoder decoder(code, "code");
  AdaptiveFloat again;
  for (const float value : values) {
    const float decoded = again.code(decoder, 0.0F, 23);
    EXPECT_EQ(decoded, value);
    EXPECT_EQ(std::signbit(decoded), std::signbit(value));
  }
}

TEST(AdaptiveFloat, TakesOnlyTheMantissaBitsItIsGiven) {
  constexpr int kCount = 800;
  const auto num_bytes = [](int mantissa_bits) {
    BitEncoder encoder;
    AdaptiveFloat model;
    for (int i = 0; i < kCount; ++i) {
      model.code(encoder, 1.0F + static_cast<float>(i % 4) / 4.0F, mantissa_bits);
    }
    return static_cast<double>(encoder.finish().size());
  };

  EXPECT_NEAR(num_bytes(23) - num_bytes(2), 21.0 * kCount / 8.0, 1.0);
  // 2 bits of mantissa; flag, sign and 8 levels of exponent that never vary cost 7 bits each.
  EXPECT_LT(num_bytes(2), 2.0 * kCount / 8.0 + 10.0);
}

TEST(MaskCoder, GivesBackMasksOfConvolutionsAndMatrices) {
  for (const std::uint32_t side : {1U, 3U}) {
    for (const double density : {0.0, 0.02, 0.5, 1.0}) {
      Mask mask{5 * side * side, 40, side, {}};
      mask.is_set = random_bits(mask.num_rows * mask.num_columns, density, side);
      const Mask original = mask;
      const std::vector<ChannelHint> hints = {ChannelHint::Alive, ChannelHint::Dead,
                                              ChannelHint::Unknown, ChannelHint::Alive,
                                              ChannelHint::Dead};
      BitEncoder encoder;
      code_mask(encoder, mask, hints);

      const std::string code = encoder.finish();

      BitDecoder decoder(code, "code");
      Mask again{mask.num_rows, mask.num_columns, side, {}};
      const AliveGrid grid = code_mask(decoder, again, hints);
      EXPECT_EQ(again.is_set, original.is_set);
      EXPECT_EQ(grid.rows, alive_grid(original).rows);
      EXPECT_EQ(grid.columns, alive_grid(original).columns);
    }
  }
}

TEST(MaskCoder, PaysLittleForDeadRowsAndColumns) {
  Mask mask{400, 400, 1, std::vector<bool>(160'000)};
  const std::vector<bool> inside = random_bits(40 * 40, 0.5, 9);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    mask.is_set[(i / 40 * 10) * 400 + (i % 40) * 10] = inside[i];
  }
  BitEncoder encoder;
  code_mask(encoder, mask, std::vector<ChannelHint>(400, ChannelHint::Unknown));

  const std::string code = encoder.finish();

  // 1,600 fair bits and two bitmaps of 400 with a tenth set (0.47 bits each): 247 bytes.
  EXPECT_LT(code.size(), 262U);
  EXPECT_GT(code.size(), 235U);
}

TEST(MaskCoder, LearnsUnequalColumns) {
  Mask mask{200, 100, 1, std::vector<bool>(20'000)};
  const std::vector<bool> dense = random_bits(20'000, 0.5, 11);
  const std::vector<bool> sparse = random_bits(20'000, 0.02, 12);
  double bits_if_known = 0.0;
  const auto entropy = [](double p) { return -p * std::log2(p) - (1 - p) * std::log2(1 - p); };
  for (std::size_t column = 0; column < 100; ++column) {
    const bool is_dense = column % 5 == 0;
    bits_if_known += 200 * entropy(is_dense ? 0.5 : 0.02);
    for (std::size_t row = 0; row < 200; ++row) {
      mask.is_set[column * 200 + row] = (is_dense ? dense : sparse)[column * 200 + row];
    }
  }
  BitEncoder encoder;
  code_mask(encoder, mask, std::vector<ChannelHint>(200, ChannelHint::Unknown));

  const double code_bits = 8.0 * static_cast<double>(encoder.finish().size());

  // One density for the whole layer (11.6 %) would take 20,000 * 0.518 bits = 1.52 times the known.
  EXPECT_LT(code_bits, 1.2 * bits_if_known);
}

}  // namespace
}  // namespace ohmweave
