// SPDX-License-Identifier: Apache-2.0
#include "core/storage.h"

#include <cmath>

#include "tests/core/file_fixture.h"
#include "tests/core/lenet5_fixture.h"

namespace ohmweave {
namespace {

constexpr double kRounding = 1e-12;

/// conv: 2 filters of 2x2 on a 3x3 map; fc: 8 -> 2.
NetworkModel small_model() {
  Node conv{"conv", Op::Conv2d, {0}};
  conv.out_channels = 2;
  conv.kernel = 2;
  Node fc{"fc", Op::Linear, {2}};
  fc.out_channels = 2;
  NetworkModel model;
  model.network = {
      "small", {1, 3, 3}, {{"input", Op::Input, {}}, conv, {"flatten", Op::Flatten, {1}}, fc}};
  model.parameters["conv.weight"] = {{2, 1, 2, 2}, {0.5F, 0, 0, -1.0F, 0, 0, 0, 0}};
  model.parameters["fc.weight"] = {{2, 8}, {0, 0, 0, 0, 0, 1.5F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5F}};
  model.level_scales = {{"conv", 0.5}, {"fc", 0.5}};
  return model;
}

TEST(CompressionSummary, CountsWeightsMacsAndAliveLines) {
  const Json json = compression_summary(small_model(), 3, 100);

  EXPECT_EQ(json["dense_weights"], 24);
  EXPECT_EQ(json["nonzero_weights"], 4);
  EXPECT_DOUBLE_EQ(json["weight_ratio"], 6.0);
  // conv: 8 weights x 4 windows, 2 kept; fc: 16 weights, 2 kept.
  EXPECT_DOUBLE_EQ(json["mac_ratio"], (8.0 * 4 + 16) / (2.0 * 4 + 2));
  EXPECT_EQ(json["scopes"]["conv"]["dense_weights"], 8);
  EXPECT_DOUBLE_EQ(json["scopes"]["conv"]["weight_ratio"], 4.0);
  EXPECT_DOUBLE_EQ(json["scopes"]["linear"]["weight_ratio"], 8.0);
  ASSERT_EQ(json["layers"].size(), 2U);
  const Json conv = {{"name", "conv"},      {"dense_weights", 8}, {"nonzero_weights", 2},
                     {"weight_ratio", 4.0}, {"bits", 4},          {"rows", 4},
                     {"columns", 2},        {"rows_alive", 2},    {"columns_alive", 1}};
  EXPECT_EQ(json["layers"][0], conv);
  EXPECT_EQ(json["layers"][1]["rows_alive"], 2);
  EXPECT_EQ(json["layers"][1]["columns_alive"], 2);
}

TEST(CompressionSummary, FollowsTheFourStorageRules) {
  const Json storage = compression_summary(small_model(), 3, 100)["storage"];

  const double dense_bits = 32.0 * 24;
  // Codes of 4 bits. conv: gaps 1 and 3; fc: gaps 6 and 10.
  EXPECT_NEAR(storage["weights_only_ratio"], dense_bits / 16, kRounding * dense_bits);
  // conv: 1-bit gaps reach 2, so gap 3 takes a filler: 3 entries x 5 bits = 15; 2-bit gaps:
  // 2 x 6 = 12. fc: 2 bits: (2 + 3) x 6 = 30; 3 bits reach 8: (1 + 2) x 7 = 21; 4 bits: 2 x 8 = 16.
  EXPECT_NEAR(storage["relative_index_ratio"], dense_bits / (12 + 16), kRounding * dense_bits);
  // C(8, 2) = 28, C(16, 2) = 120.
  EXPECT_NEAR(storage["entropy_index_ratio"],
              dense_bits / (16 + std::log2(28.0) + std::log2(120.0)), kRounding * dense_bits);
  EXPECT_EQ(storage["file_bytes"], 100);
  EXPECT_DOUBLE_EQ(storage["file_ratio"], 4.0 * 24 / 100);
}

TEST(CompressionSummary, CountsFreeWeightsAs32Bits) {
  NetworkModel model = small_model();
  model.level_scales.erase("fc");

  const Json json = compression_summary(model, 3, 100);

  EXPECT_EQ(json["layers"][1]["bits"], 32);
  EXPECT_DOUBLE_EQ(json["storage"]["weights_only_ratio"], 32.0 * 24 / (2 * 4 + 2 * 32));
}

TEST(CompressionSummary, HasNoRatioWhenNothingIsLeft) {
  NetworkModel model = small_model();
  for (float& weight : model.parameters["fc.weight"].values) weight = 0.0F;

  const Json json = compression_summary(model, 3, 100);

  EXPECT_TRUE(json["layers"][1]["weight_ratio"].is_null());
  EXPECT_DOUBLE_EQ(json["weight_ratio"], 12.0);
}

TEST(CompressionSummary, HasThePublishedSizeOfLenet5) {
  const Json json = compression_summary(lenet5_with_1237_weights(), 2, 1436);

  EXPECT_EQ(json["dense_weights"], 430'500);
  EXPECT_EQ(json["nonzero_weights"], 1'237);
  EXPECT_NEAR(json["storage"]["file_ratio"], 1'199.2, 0.1);
}

}  // namespace
}  // namespace ohmweave
