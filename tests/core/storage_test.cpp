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
  const Json json = compression_summary(small_model(), 100);

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
                     {"weight_ratio", 4.0}, {"bits", 2},          {"rows", 4},
                     {"columns", 2},        {"rows_alive", 2},    {"columns_alive", 1}};
  EXPECT_EQ(json["layers"][0], conv);
  EXPECT_EQ(json["layers"][1]["rows_alive"], 2);
  EXPECT_EQ(json["layers"][1]["columns_alive"], 2);
}

TEST(CompressionSummary, FollowsTheFourStorageRules) {
  const Json storage = compression_summary(small_model(), 100)["storage"];

  const double dense_bits = 32.0 * 24;
  // conv: codes 1 and -2, 2 bits, gaps 1 and 3; fc: codes 3 and 1, 3 bits, gaps 6 and 10.
  const double value_bits = 2 * 2 + 2 * 3;
  EXPECT_NEAR(storage["weights_only_ratio"], dense_bits / value_bits, kRounding * dense_bits);
  // conv: 1-bit gaps reach 2, so gap 3 takes a filler: 3 entries x 3 bits = 9; 2-bit gaps:
  // 2 x 4 = 8. fc: 2 bits: (2 + 3) x 5 = 25; 3 bits reach 8: (1 + 2) x 6 = 18; 4 bits: 2 x 7 = 14.
  EXPECT_NEAR(storage["relative_index_ratio"], dense_bits / (8 + 14), kRounding * dense_bits);
  // C(8, 2) = 28, C(16, 2) = 120.
  EXPECT_NEAR(storage["entropy_index_ratio"],
              dense_bits / (value_bits + std::log2(28.0) + std::log2(120.0)),
              kRounding * dense_bits);
  EXPECT_EQ(storage["file_bytes"], 100);
  EXPECT_DOUBLE_EQ(storage["file_ratio"], 4.0 * 24 / 100);
}

TEST(CompressionSummary, CountsFreeWeightsAs32Bits) {
  NetworkModel model = small_model();
  model.level_scales.erase("fc");

  const Json json = compression_summary(model, 100);

  EXPECT_EQ(json["layers"][1]["bits"], 32);
  EXPECT_DOUBLE_EQ(json["storage"]["weights_only_ratio"], 32.0 * 24 / (2 * 2 + 2 * 32));
}

TEST(CompressionSummary, CountsTheCodebookOfClusteredWeightsInEachRule) {
  NetworkModel model = small_model();
  model.level_scales.erase("fc");
  model.codebooks["fc"] = {-0.1F, 0.25F, 0.5F, 1.25F, 1.5F};  // 5 values: 3 bits a weight

  const Json json = compression_summary(model, 100);
  const Json& storage = json["storage"];

  EXPECT_EQ(json["layers"][1]["bits"], 3);
  const double dense_bits = 32.0 * 24;
  const double value_bits = 2 * 2 + (2 * 3 + 32 * 5);
  EXPECT_NEAR(storage["weights_only_ratio"], dense_bits / value_bits, kRounding * dense_bits);
  // Gap indices as in FollowsTheFourStorageRules: conv 8 bits, fc 2 x (3 + 4).
  EXPECT_NEAR(storage["relative_index_ratio"], dense_bits / (8 + 14 + 32 * 5),
              kRounding * dense_bits);
  EXPECT_NEAR(storage["entropy_index_ratio"],
              dense_bits / (value_bits + std::log2(28.0) + std::log2(120.0)),
              kRounding * dense_bits);
}

TEST(CompressionSummary, CountsTheBitsOfAnIndexIntoTheCodebook) {
  const std::vector<std::pair<int, int>> bits_of_length = {{1, 0}, {2, 1}, {3, 2},  {4, 2},
                                                           {5, 3}, {8, 3}, {16, 4}, {17, 5}};
  for (const auto& [length, bits] : bits_of_length) {
    NetworkModel model = small_model();
    model.level_scales.erase("fc");
    model.parameters["fc.weight"].values[5] = 0.5F;
    std::vector<float>& codebook = model.codebooks["fc"];
    for (int i = 1; i <= length; ++i) codebook.push_back(0.5F * static_cast<float>(i));

    const Json json = compression_summary(model, 100);

    EXPECT_EQ(json["layers"][1]["bits"], bits) << length;
    EXPECT_EQ(json["layers"][0]["bits"], 2) << "conv has codes of its own";
  }
}

TEST(CompressionSummary, CountsTheBitsThatEachLayersCodesNeed) {
  const std::vector<std::pair<int, int>> bits_of_largest = {
      {1, 1}, {2, 2}, {3, 3}, {4, 3}, {5, 4}, {8, 4}, {9, 5}, {15, 5}, {16, 5}, {17, 6}};
  for (const auto& [largest, bits] : bits_of_largest) {
    NetworkModel model = small_model();
    model.level_scales["fc"] = 0.1;  // not exact in float32
    model.parameters["fc.weight"].values[5] = static_cast<float>(-0.1 * largest);
    model.parameters["fc.weight"].values[15] = 0.1F;

    const Json layers = compression_summary(model, 100)["layers"];

    EXPECT_EQ(layers[1]["bits"], bits) << largest;
    EXPECT_EQ(layers[0]["bits"], 2) << "conv has codes of its own";
  }
}

TEST(CompressionSummary, HasNoRatioWhenNothingIsLeft) {
  NetworkModel model = small_model();
  for (float& weight : model.parameters["fc.weight"].values) weight = 0.0F;

  const Json json = compression_summary(model, 100);

  EXPECT_TRUE(json["layers"][1]["weight_ratio"].is_null());
  EXPECT_EQ(json["layers"][1]["bits"], 0);
  EXPECT_DOUBLE_EQ(json["weight_ratio"], 12.0);
}

TEST(CompressionSummary, HasThePublishedSizeOfLenet5) {
  const Json json = compression_summary(lenet5_with_1237_weights(), 1436);

  EXPECT_EQ(json["dense_weights"], 430'500);
  EXPECT_EQ(json["nonzero_weights"], 1'237);
  const double value_bits = 3 * 70 + 3 * 620 + 2 * 420 + 2 * 127;
  EXPECT_NEAR(json["storage"]["weights_only_ratio"], 32.0 * 430'500 / value_bits, 1e-6);
  EXPECT_NEAR(json["storage"]["file_ratio"], 1'199.2, 0.1);
}

}  // namespace
}  // namespace ohmweave
