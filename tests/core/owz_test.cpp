// SPDX-License-Identifier: Apache-2.0
#include "core/owz.h"

#include <cmath>

#include "core/bytes.h"
#include "core/deflate.h"
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

void expect_same(const NetworkModel& decoded, const NetworkModel& model) {
  EXPECT_EQ(network_to_json(decoded.network), network_to_json(model.network));
  ASSERT_EQ(decoded.parameters.size(), model.parameters.size());
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_EQ(decoded.parameters.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(decoded.parameters.at(name).values, tensor.values) << name;
  }
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
  const std::string bytes = encode_owz(tiny_model());
  const auto decode = [](const std::string& damaged) {
    static_cast<void>(decode_owz(damaged, "m.owz"));
  };

  EXPECT_EQ(num_accepted_damages(bytes, 2000, decode), 0);
}

TEST(Owz, SurvivesDamageThatTheChecksumHides) {
  const std::string bytes = encode_owz(residual_model());
  const auto decode = [](std::string damaged) {
    constexpr std::size_t kBody = 7;  // after magic and checksum
    if (damaged.size() > kBody) {
      std::string checksum;
      put_little_endian(checksum, crc32_of(std::string_view(damaged).substr(kBody)), 4);
      damaged.replace(3, 4, checksum);
    }
    static_cast<void>(decode_owz(damaged, "m.owz"));
  };

  EXPECT_LT(num_accepted_damages(bytes, 2000, decode), 2000);
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
