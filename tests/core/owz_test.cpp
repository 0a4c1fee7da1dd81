// SPDX-License-Identifier: Apache-2.0
#include "core/owz.h"

#include <cmath>

#include "core/bytes.h"
#include "core/deflate.h"
#include "core/mask_coder.h"
#include "core/owz_parameters.h"
#include "core/quantized_network.h"
#include "tests/core/file_fixture.h"
#include "tests/core/lenet5_fixture.h"

namespace ohmweave {
namespace {

/// Two weights with a bias on one input.
NetworkModel tiny_model() {
  NetworkModel model;
  Node fc{"fc", Op::Linear, {0}};
  fc.out_channels = 2;
  fc.has_bias = true;
  model.network = {"tiny", {3, 1, 1}, {{"input", Op::Input, {}}, fc}};
  model.parameters = {{"fc.weight", {{2, 3}, {0.5F, 0.0F, -1.0F, 0.0F, 0.0F, 1.5F}}},
                      {"fc.bias", {{2}, {0.1F, 0.0F}}}};
  model.level_scales = {{"fc", 0.5}};
  return model;
}

/// Convolution without bias, batch norm, depthwise convolution, residual sum.
NetworkModel residual_model() {
  Node conv{"conv", Op::Conv2d, {0}};
  conv.out_channels = 4;
  conv.kernel = 3;
  conv.padding = 1;
  Node depthwise{"depthwise", Op::Conv2d, {2}};
  depthwise.out_channels = 4;
  depthwise.kernel = 3;
  depthwise.padding = 1;
  depthwise.groups = 4;
  Node sum{"sum", Op::Add, {2, 3}};
  Node fc{"fc", Op::Linear, {5}};
  fc.out_channels = 3;
  NetworkModel model;
  model.network = {"residual",
                   {2, 5, 5},
                   {{"input", Op::Input, {}},
                    conv,
                    {"norm", Op::BatchNorm2d, {1}},
                    depthwise,
                    sum,
                    {"flatten", Op::Flatten, {4}},
                    fc}};
  const RandomStream stream(11);
  for (const ParameterShape& parameter : parameter_shapes(model.network)) {
    Tensor& tensor = model.parameters[parameter.name];
    tensor.shape = parameter.shape;
    const RandomStream own = stream.child(parameter.name);
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(num_elements(tensor.shape)); ++i) {
      const double value = own.normal(2 * i);
      tensor.values.push_back(own.uniform(2 * i + 1) < 0.4 ? 0.0F : static_cast<float>(value));
    }
  }
  return model;
}

/// One Linear layer on one input: `num_weights` of them, a share of 1/16 each of three values of a
/// codebook of five, the rest of a fourth.
NetworkModel clustered_model(int num_weights) {
  Node fc{"fc", Op::Linear, {0}};
  fc.out_channels = 1;
  NetworkModel model;
  model.network = {"tiny", {num_weights, 1, 1}, {{"input", Op::Input, {}}, fc}};
  model.codebooks["fc"] = {-1.3F, -0.1F, 0x1p-149F, 0.7F, 0.9F};
  Tensor& weight = model.parameters["fc.weight"];
  weight.shape = {1, num_weights};
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(num_weights); ++i) {
    const std::uint64_t at = RandomStream(5).below(16, i);
    weight.values.push_back(model.codebooks["fc"][at < 3 ? at : 4]);
  }
  return model;
}

void expect_same(const NetworkModel& decoded, const NetworkModel& model) {
  EXPECT_EQ(network_to_json(decoded.network), network_to_json(model.network));
  ASSERT_EQ(decoded.parameters.size(), model.parameters.size());
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_EQ(decoded.parameters.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(decoded.parameters.at(name).values, tensor.values) << name;
  }
  EXPECT_EQ(decoded.codebooks, model.codebooks);
}

TEST(Owz, GivesBackLevelCodesScaleAndBiases) {
  const NetworkModel model = tiny_model();

  const NetworkModel decoded = decode_owz(encode_owz(model), "m.owz");

  expect_same(decoded, model);
  EXPECT_EQ(decoded.level_scales, model.level_scales);
}

TEST(Owz, GivesBackFreeWeightsBatchNormGroupsAndResiduals) {
  const NetworkModel model = residual_model();

  const NetworkModel decoded = decode_owz(encode_owz(model), "m.owz");

  expect_same(decoded, model);
  EXPECT_TRUE(decoded.level_scales.empty());
}

TEST(Owz, GivesBackCodebooksOfEveryLength) {
  NetworkModel model = clustered_model(700);
  std::vector<float>& codebook = model.codebooks["fc"];
  std::vector<float>& weights = model.parameters["fc.weight"].values;
  for (const int length : {1, 2, 3, 4, 5, 255, 256, 257, 600}) {
    codebook.clear();
    for (int i = 0; i < length; ++i) codebook.push_back(0.1F * (static_cast<float>(i) - 100.5F));
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = i % 7 == 3 ? 0.0F : codebook[i * i % codebook.size()];
    }

    expect_same(decode_owz(encode_owz(model), "m.owz"), model);
  }
}

TEST(Owz, GivesBackLayersOfEachKindInOneFile) {
  NetworkModel model = lenet5_with_1237_weights();
  model.level_scales.erase("conv2");
  model.level_scales.erase("fc1");
  for (const float level : {-2.0F, -1.0F, 1.0F, 2.0F}) {
    model.codebooks["fc1"].push_back(0.0625F * level);
  }

  const NetworkModel decoded = decode_owz(encode_owz(model), "m.owz");

  expect_same(decoded, model);
  EXPECT_EQ(decoded.level_scales, model.level_scales);
}

TEST(Owz, GivesBackACodebookWithoutWeights) {
  NetworkModel model = clustered_model(3);
  model.parameters["fc.weight"].values = {0.0F, 0.0F, 0.0F};

  expect_same(decode_owz(encode_owz(model), "m.owz"), model);
}

TEST(Owz, PaysForTheEntropyOfIndicesIntoACodebook) {
  const auto num_bytes = [](int num_weights) {
    return static_cast<double>(encode_owz(clustered_model(num_weights)).size());
  };

  // 3 x 4/16 bits for the rare values and 13/16 log2(16/13) for the other; 3 bits uncompressed.
  const double entropy = 3 * 4 / 16.0 + 13 / 16.0 * std::log2(16 / 13.0);
  EXPECT_NEAR((num_bytes(24'000) - num_bytes(8'000)) * 8 / 16'000, entropy, 0.02 * entropy);
}

TEST(Owz, RefusesAWeightOffItsCodebook) {
  NetworkModel model = clustered_model(9);
  model.parameters["fc.weight"].values[6] = 0.5F;

  EXPECT_EQ(
      data_error_of([&] { static_cast<void>(encode_owz(model)); }),
      "layer 'fc': weight 6 = 0.500000 is off its codebook: must be 0 or one of its 5 values");
}

TEST(Owz, RefusesACodebookOfMoreThan65536Values) {
  NetworkModel model = clustered_model(1);
  model.codebooks["fc"].clear();
  for (int i = 1; i <= 65'536; ++i) model.codebooks["fc"].push_back(static_cast<float>(i));
  model.parameters["fc.weight"].values = {65'536.0F};
  expect_same(decode_owz(encode_owz(model), "m.owz"), model);

  model.codebooks["fc"].push_back(65'537.0F);
  EXPECT_EQ(data_error_of([&] { static_cast<void>(encode_owz(model)); }),
            "parameter 'fc.weight': has a codebook of 65537 values; an .owz holds at most 65536");
}

/// The error of reading a layer of one weight whose part after the mask `write` writes.
std::string error_of_clustered_layer(const std::function<void(BitCoder&)>& write) {
  BitEncoder encoder;
  Mask mask{1, 1, 1, {true}};
  code_mask(encoder, mask, {ChannelHint::Unknown});
  encoder.direct(1, 2);  // 01: codebook
  write(encoder);
  NetworkModel model = clustered_model(1);
  model.parameters.clear();
  model.codebooks.clear();
  const std::string code = encoder.finish();
  BitDecoder decoder(code, "m.owz");
  return data_error_of([&] { code_parameters(decoder, model); });
}

TEST(Owz, RefusesWhatNoCodebookHas) {
  const auto write_three_values = [](BitCoder& coder) {
    coder.count(2);
    coder.direct(0, 5);  // mantissa bits
    AdaptiveFloat values;
    for (const float value : {1.0F, 2.0F, 4.0F}) values.code(coder, value, 0);
  };
  EXPECT_EQ(error_of_clustered_layer([&](BitCoder& coder) {
              write_three_values(coder);
              AdaptiveTree(2).code(coder, 3);
            }),
            "parameter 'fc.weight': damaged: weight 0 has index 3 into a codebook of 3 values");
  EXPECT_EQ(error_of_clustered_layer([](BitCoder& coder) { coder.count(0xfffffffe); }),
            "parameter 'fc.weight': has a codebook of 4294967295 values; an .owz holds at most "
            "65536");
  EXPECT_EQ(error_of_clustered_layer([](BitCoder& coder) {
              coder.count(0);
              coder.direct(24, 5);
            }),
            "parameter 'fc.weight': damaged: has floats of 24 mantissa bits, at most 23");
}

TEST(Owz, KeepsBiasesOfDeadOutputs) {
  NetworkModel model = tiny_model();
  model.parameters["fc.weight"].values = {0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F};
  model.parameters["fc.bias"].values = {0.0F, -3.5F};

  expect_same(decode_owz(encode_owz(model), "m.owz"), model);
}

TEST(Owz, KeepsFloatsOfEveryMantissaLength) {
  for (int mantissa_bits = 0; mantissa_bits <= 23; ++mantissa_bits) {
    NetworkModel model = tiny_model();
    const auto last_bit = static_cast<float>(std::ldexp(1.0, -mantissa_bits));
    model.parameters["fc.bias"].values = {2.0F, -1.0F - last_bit};
    expect_same(decode_owz(encode_owz(model), "m.owz"), model);

    model.level_scales.clear();
    model.parameters["fc.weight"].values = {0.0F, 1.0F + last_bit, 0.0F, -4.0F, 0x1p-149F, 0.0F};
    expect_same(decode_owz(encode_owz(model), "m.owz"), model);
  }
}

TEST(Owz, KeepsTheSignOfABiasOfMinusZero) {
  NetworkModel model = tiny_model();
  model.parameters["fc.bias"].values = {-0.0F, 0.0F};

  const NetworkModel decoded = decode_owz(encode_owz(model), "m.owz");

  EXPECT_TRUE(std::signbit(decoded.parameters.at("fc.bias").values[0]));
  EXPECT_FALSE(std::signbit(decoded.parameters.at("fc.bias").values[1]));
}

TEST(Owz, RefusesFloatsOfMoreThan23MantissaBits) {
  BitEncoder encoder;
  encoder.direct(24, 5);
  NetworkModel model;
  model.network = {"n", {1, 1, 1}, {{"input", Op::Input, {}}, {"norm", Op::BatchNorm2d, {0}}}};
  BitDecoder decoder(encoder.finish(), "m.owz");

  EXPECT_EQ(data_error_of([&] { code_parameters(decoder, model); }),
            "parameter 'norm.weight': damaged: has floats of 24 mantissa bits, at most 23");
}

TEST(Owz, KeepsScalesThatFloat32CannotHold) {
  NetworkModel model = tiny_model();
  const double scale = 0.1;
  model.level_scales["fc"] = scale;
  for (float& weight : model.parameters["fc.weight"].values) {
    weight = static_cast<float>(static_cast<double>(2.0F * weight) * 5.0 * 33.0 * scale);
  }

  const NetworkModel decoded = decode_owz(encode_owz(model), "m.owz");

  expect_same(decoded, model);
}

TEST(Owz, RefusesAWeightOffItsGrid) {
  NetworkModel model = tiny_model();
  model.parameters["fc.weight"].values[2] = -1.0001F;

  const std::string message = data_error_of([&] { static_cast<void>(encode_owz(model)); });

  EXPECT_NE(message.find("layer 'fc': weight 2 = -1.0001"), std::string::npos) << message;
  EXPECT_NE(message.find("is off its grid"), std::string::npos) << message;
}

TEST(Owz, GivesTheSameBytesEachTime) {
  EXPECT_EQ(encode_owz(residual_model()), encode_owz(residual_model()));
}

TEST(Owz, RefusesEveryTruncationAndEveryFlippedBit) {
  const auto decode = [](const std::string& damaged) {
    static_cast<void>(decode_owz(damaged, "m.owz"));
  };

  EXPECT_EQ(num_accepted_damages(encode_owz(tiny_model()), 2000, decode), 0);
  EXPECT_EQ(num_accepted_damages(encode_owz(clustered_model(40)), 2000, decode), 0);
}

TEST(Owz, SurvivesDamageThatTheChecksumHides) {
  const auto decode = [](std::string damaged) {
    constexpr std::size_t kBody = 7;  // after magic and checksum
    if (damaged.size() > kBody) {
      std::string checksum;
      put_little_endian(checksum, crc32_of(std::string_view(damaged).substr(kBody)), 4);
      damaged.replace(3, 4, checksum);
    }
    static_cast<void>(decode_owz(damaged, "m.owz"));
  };

  EXPECT_LT(num_accepted_damages(encode_owz(residual_model()), 2000, decode), 2000);
  EXPECT_LT(num_accepted_damages(encode_owz(clustered_model(400)), 2000, decode), 2000);
}

TEST(Owz, SaysWhatIsWrong) {
  const std::string bytes = encode_owz(tiny_model());
  std::string newer = bytes.substr(7);
  newer[0] = 2;
  std::string checksum;
  put_little_endian(checksum, crc32_of(newer), 4);

  EXPECT_EQ(data_error_of([&] { static_cast<void>(decode_owz("PK\3\4...", "m.owz")); }),
            "m.owz: not an .owz file: must start with 'OWZ'");
  EXPECT_EQ(data_error_of([&] { static_cast<void>(decode_owz(bytes + "x", "m.owz")); }),
            "m.owz: damaged or truncated: its CRC-32 does not match");
  EXPECT_EQ(
      data_error_of([&] { static_cast<void>(decode_owz("OWZ" + checksum + newer, "m.owz")); }),
      "m.owz: .owz version 2: must be 1");
}

TEST(Owz, PaysNextToNothingForDeadOutputs) {
  const auto num_bytes = [](int outputs, float bias) {
    NetworkModel model = tiny_model();
    model.network.nodes[1].out_channels = outputs;
    const auto size = static_cast<std::size_t>(outputs);
    model.parameters = {{"fc.weight", {{outputs, 3}, std::vector<float>(size * 3)}},
                        {"fc.bias", {{outputs}, std::vector<float>(size, bias)}}};
    return encode_owz(model).size();
  };

  EXPECT_LE(num_bytes(9000, 0.0F), num_bytes(2, 0.0F) + 8);  // 4 of them are digits of the graph
  // A power of two has no mantissa bits; what its sign and exponent are is learned.
  EXPECT_LE(num_bytes(9000, -0.5F), num_bytes(2, -0.5F) + 20);
}

TEST(Owz, PaysForTheMantissaBitsThatFreeWeightsHave) {
  const NetworkModel model = residual_model();
  NetworkModel coarse = model;
  double num_weights = 0.0;
  for (const char* name : {"conv.weight", "depthwise.weight", "fc.weight"}) {
    for (float& value : coarse.parameters[name].values) {
      value = round_mantissa(value, 3);
      num_weights += value != 0.0F ? 1.0 : 0.0;
    }
  }

  const auto saved = static_cast<double>(encode_owz(model).size() - encode_owz(coarse).size());

  expect_same(decode_owz(encode_owz(coarse), "m.owz"), coarse);
  EXPECT_NEAR(saved, 20.0 * num_weights / 8.0, 4.0);
}

TEST(Owz, HoldsAPrunedLenet5InAboutItsEntropy) {
  const NetworkModel model = lenet5_with_1237_weights();

  const std::string bytes = encode_owz(model);

  expect_same(decode_owz(bytes, "m.owz"), model);
  // Level codes 396 bytes (3, 3, 2, 2 bits); masks inside the alive grid 6,287 bits and bitmaps 805
  // bits; 114 float32 biases 456 bytes; graph 140 bytes: 1,880 bytes.
  RecordProperty("bytes", static_cast<int>(bytes.size()));
  EXPECT_LT(bytes.size(), 1880U);
}

TEST(Owz, HoldsBiasesOfFourMantissaBitsCheaply) {
  NetworkModel model = lenet5_with_1237_weights();
  const auto full_size = static_cast<double>(encode_owz(model).size());
  for (const char* name : {"conv1.bias", "conv2.bias", "fc1.bias", "fc2.bias"}) {
    for (float& bias : model.parameters[name].values) bias = round_mantissa(bias, 4);
  }

  const std::string bytes = encode_owz(model);

  expect_same(decode_owz(bytes, "m.owz"), model);
  RecordProperty("bytes", static_cast<int>(bytes.size()));
  constexpr double kCarries = 3.0;  // bytes; rounding moves an exponent here and there
  EXPECT_NEAR(full_size - static_cast<double>(bytes.size()), 114 * (23 - 4) / 8.0, kCarries);
}

}  // namespace
}  // namespace ohmweave
