// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/quantized_network.h"
#include "tests/core/residual_model.h"

namespace ohmweave {
namespace {

using sample::linear;
using sample::message_of;
using sample::network;
using sample::node;
using sample::with_bias;

std::string error_of(const NetworkModel& model, const QuantizationOptions& options = {}) {
  return message_of<DataError>([&] { static_cast<void>(quantize(model, options)); });
}

/// input (2) -> l (1, with bias) -> relu -> m (1)
NetworkModel two_layers() {
  NetworkModel model;
  model.network = network(
      {2, 1, 1}, {with_bias(linear("l", 0, 1)), node("r", Op::Relu, {1}), linear("m", 2, 1)});
  model.parameters["l.weight"] = {{1, 2}, {0.5F, -0.25F}};
  model.parameters["l.bias"] = {{1}, {0.1F}};
  model.parameters["m.weight"] = {{1, 1}, {-1.5F}};
  model.ranges["input"] = {0.0, 1.0, 1.0};
  model.ranges["l"] = {-6.0, 4.0, 5.0};
  model.ranges["r"] = {0.0, 4.0, 2.0};
  return model;
}

TEST(Quantize, ChoosesFormatsByRangeAndRelu) {
  const QuantizedNetwork q = quantize(two_layers(), {4, 8, ActivationRangeKind::Max});

  EXPECT_FALSE(q.nodes[0].output.is_signed);
  EXPECT_DOUBLE_EQ(q.nodes[0].output.scale, 1.0 / 255);
  EXPECT_FALSE(q.nodes[1].output.is_signed) << "a ReLU alone reads l";
  EXPECT_DOUBLE_EQ(q.nodes[1].output.scale, 4.0 / 255) << "the range of the ReLU, not of l";
  EXPECT_DOUBLE_EQ(q.nodes[2].output.scale, 4.0 / 255);
  EXPECT_DOUBLE_EQ(q.nodes[3].output.scale, q.nodes[3].weights->scale * 4.0 / 255);
  EXPECT_FALSE(q.nodes[3].requantizer.has_value()) << "the last layer keeps its accumulators";
}

TEST(Quantize, TakesTheCodesThatTheDeviceReadsNearestToTheWeights) {
  QuantizationOptions options{2, 8, ActivationRangeKind::Max, {0.0, 0.25, 2.0, 3.0}};

  const QuantizedNetwork q = quantize(two_layers(), options);

  // 0.5 and -0.25 are two of the values times 1/4, 1/6 or 1/8 at best: no scale fits both.
  const QuantizedWeights& l = *q.nodes[1].weights;
  const std::vector<double> values = options.code_values;
  double error = 0.0;
  for (int i = 0; i < 2; ++i) {
    const double value = values[std::abs(l.codes[i])] * (l.codes[i] < 0 ? -1 : 1);
    error += std::pow(two_layers().parameters.at("l.weight").values[i] - value * l.scale, 2);
  }
  // 0.5 as 3 and 0.25 as 2 of least squares: q = (1.5 + 0.5) / 13, error 0.3125 - 4 / 13.
  EXPECT_NEAR(error, 0.3125 - 4.0 / 13.0, 1e-7);
  EXPECT_EQ(l.codes, (std::vector<std::int32_t>{3, -2}));
}

TEST(Quantize, IsExactForACodebookOnTheLevelsOfTheDevice) {
  NetworkModel model = two_layers();
  const float scale = 0.37F;
  model.parameters["l.weight"].values = {scale * 2.25F, -scale * 0.5F};
  model.codebooks["l"] = {-scale * 0.5F, scale * 2.25F};
  const QuantizationOptions options{2, 8, ActivationRangeKind::Max, {0.0, 0.5, 2.25, 3.0}};

  const QuantizedNetwork q = quantize(model, options);

  EXPECT_EQ(q.nodes[1].weights->codes, (std::vector<std::int32_t>{2, -1}));
  EXPECT_NEAR(q.nodes[1].weights->scale, scale, 1e-7);
}

TEST(Quantize, ReadsIntegerLevelsAsWhatTheCellsConduct) {
  // Two magnitudes, one twice the other: codes 1 and 2 of even levels, 2 and 3 of these.
  NetworkModel model = two_layers();
  const float scale = 0.25F;
  model.parameters["l.weight"].values = {2.0F * scale, -scale};
  model.level_scales["l"] = scale;
  const QuantizationOptions options{2, 8, ActivationRangeKind::Max, {0.0, 0.5, 1.5, 3.0}};

  const QuantizedNetwork q = quantize(model, options);

  const QuantizedWeights& l = *q.nodes[1].weights;
  EXPECT_EQ(l.codes, (std::vector<std::int32_t>{3, -2}));
  EXPECT_NEAR(l.scale * 3.0, 2.0 * scale, 1e-7);
  model.parameters["l.weight"].values = {scale, -scale};
  EXPECT_NEAR(quantize(model, options).nodes[1].weights->scale * 3.0, scale, 1e-7);
  model.parameters["l.weight"].values = {0.0F, 0.0F};
  EXPECT_EQ(quantize(model, options).nodes[1].weights->codes, (std::vector<std::int32_t>{0, 0}));
}

TEST(Quantize, UsesThePercentileWhenAsked) {
  const QuantizedNetwork q = quantize(two_layers(), {4, 8, ActivationRangeKind::Percentile});

  EXPECT_DOUBLE_EQ(q.nodes[1].output.scale, 2.0 / 255);
}

TEST(Quantize, UsesTheMaximumWhereThePercentileIsZero) {
  NetworkModel model = two_layers();
  model.ranges["r"].percentile_magnitude = 0.0;

  const QuantizedNetwork q = quantize(model, {4, 8, ActivationRangeKind::Percentile});

  EXPECT_DOUBLE_EQ(q.nodes[1].output.scale, 4.0 / 255);
}

TEST(Quantize, SignsTheImageWhenItHasNegativeValues) {
  NetworkModel model = two_layers();
  model.ranges["input"] = {-2.0, 1.0, 2.0};

  const QuantizedNetwork q = quantize(model, {4, 8, ActivationRangeKind::Max});

  EXPECT_TRUE(q.nodes[0].output.is_signed);
  EXPECT_DOUBLE_EQ(q.nodes[0].output.scale, 2.0 / 127);
}

TEST(Quantize, SignsALayerThatIsReadByMoreThanARelu) {
  NetworkModel model = two_layers();
  model.network = network({2, 1, 1}, {with_bias(linear("l", 0, 1)), node("r", Op::Relu, {1}),
                                      node("s", Op::Add, {1, 2}), linear("m", 3, 1)});
  model.ranges["s"] = {-6.0, 8.0, 8.0};

  const QuantizedNetwork q = quantize(model, {4, 8, ActivationRangeKind::Max});

  EXPECT_TRUE(q.nodes[1].output.is_signed);
  EXPECT_DOUBLE_EQ(q.nodes[1].output.scale, 6.0 / 127);
  EXPECT_FALSE(q.nodes[2].output.is_signed);
  EXPECT_EQ(q.nodes[2].output.bits, 7);
  EXPECT_EQ(q.nodes[2].output.high(), 127);
  EXPECT_TRUE(q.nodes[3].output.is_signed);
  ASSERT_EQ(q.nodes[3].addend_requantizers.size(), 2U);
  EXPECT_NEAR(std::ldexp(q.nodes[3].addend_requantizers[0].multiplier,
                         -q.nodes[3].addend_requantizers[0].shift),
              6.0 / 8.0, 1e-9);
}

TEST(Quantize, WritesWeightsAndBiasInTheirUnits) {
  const QuantizedNetwork q = quantize(two_layers(), {4, 8, ActivationRangeKind::Max});
  const QuantizedWeights& l = *q.nodes[1].weights;

  ASSERT_EQ(l.codes.size(), 2U);
  EXPECT_NEAR(l.codes[0] * l.scale, 0.5, 1e-6);
  EXPECT_NEAR(l.codes[1] * l.scale, -0.25, 1e-6);
  const double unit = l.scale / 255;
  EXPECT_NEAR(static_cast<double>(l.bias.at(0)) * unit, 0.1, 0.5 * unit + 1e-7);
}

TEST(Quantize, KeepsALevelGridExactly) {
  NetworkModel model = two_layers();
  const double scale = 0.1;  // no binary fraction
  model.parameters["l.weight"].values = {static_cast<float>(7 * scale),
                                         static_cast<float>(-15 * scale)};
  model.level_scales["l"] = scale;

  const QuantizedNetwork q = quantize(model, {4, 8, ActivationRangeKind::Max});

  EXPECT_EQ(q.nodes[1].weights->scale, scale);
  EXPECT_EQ(q.nodes[1].weights->codes, (std::vector<std::int32_t>{7, -15}));
}

TEST(Quantize, TreatsALayerOfClustersWithoutACommonStepAsFree) {
  const NetworkModel model = two_layers();
  NetworkModel clustered = model;
  clustered.codebooks["l"] = {-0.25F, 0.137F, 0.5F};

  const QuantizedWeights free_weights = *quantize(model, {}).nodes[1].weights;
  const QuantizedWeights weights = *quantize(clustered, {}).nodes[1].weights;

  EXPECT_EQ(weights.scale, free_weights.scale);
  EXPECT_EQ(weights.codes, free_weights.codes);
  EXPECT_EQ(weights.bias, free_weights.bias);
}

TEST(Quantize, RefusesAWeightOffItsGrid) {
  NetworkModel model = two_layers();
  model.level_scales["l"] = 0.25;
  model.parameters["l.weight"].values = {0.5F, -0.26F};

  EXPECT_EQ(error_of(model),
            "parameter 'l.weight', value 1 = -0.260000: must be a multiple of the level scale "
            "0.250000, at most 15 of it");
}

TEST(Quantize, RefusesAWeightAboveTheHighestLevel) {
  NetworkModel model = two_layers();
  model.level_scales["l"] = 0.25;
  model.parameters["l.weight"].values = {0.5F, 4.0F};

  EXPECT_NE(error_of(model).find("value 1 = 4.000000"), std::string::npos) << error_of(model);
}

TEST(Quantize, NamesTheNodeWithoutARange) {
  NetworkModel model = two_layers();
  model.ranges.erase("r");

  EXPECT_EQ(error_of(model),
            "node 'r' has no activation range: calibrate the model before quantizing it");
}

TEST(Quantize, RefusesASumThatCanOverflow) {
  NetworkModel model;
  const int inputs = 2000;  // 2000 * 65535 * 65535 > 2^31
  model.network = network({inputs, 1, 1}, {linear("big", 0, 1)});
  model.parameters["big.weight"] = {{1, inputs}, std::vector<float>(inputs, 1.0F)};
  model.ranges["input"] = {0.0, 1.0, 1.0};

  const std::string error = error_of(model, {16, 16, ActivationRangeKind::Max});

  EXPECT_NE(error.find("node 'big', output 0: its sum can pass 2^31"), std::string::npos) << error;
}

TEST(Quantize, AcceptsASumThatJustFits) {
  // 8 bits each: 33025 * 255 * 255 = 2147450625 < 2^31, one more input passes it.
  const int inputs = 33025;
  NetworkModel model;
  model.network = network({inputs, 1, 1}, {linear("l", 0, 1)});
  model.parameters["l.weight"] = {{1, inputs}, std::vector<float>(inputs, 255.0F)};
  model.level_scales["l"] = 1.0;
  model.ranges["input"] = {0.0, 1.0, 1.0};
  EXPECT_EQ(error_of(model, {8, 8, ActivationRangeKind::Max}), "");

  model.network.input.channels = inputs + 1;
  model.parameters["l.weight"] = {{1, inputs + 1}, std::vector<float>(inputs + 1, 255.0F)};
  EXPECT_NE(error_of(model, {8, 8, ActivationRangeKind::Max}), "");
}

TEST(Quantize, GivesALayerOfZerosAScaleThatHoldsItsBias) {
  NetworkModel model = two_layers();
  model.parameters["l.weight"].values = {0.0F, 0.0F};

  const QuantizedNetwork q = quantize(model, {4, 8, ActivationRangeKind::Max});

  const QuantizedWeights& l = *q.nodes[1].weights;
  EXPECT_EQ(l.codes, (std::vector<std::int32_t>{0, 0}));
  EXPECT_NEAR(static_cast<double>(l.bias.at(0)) * l.scale / 255, 0.1, 1e-6);
}

TEST(Quantize, GivesADeadNodeAScale) {
  NetworkModel model = two_layers();
  model.ranges["r"] = {0.0, 0.0, 0.0};

  const QuantizedNetwork q = quantize(model, {4, 8, ActivationRangeKind::Max});

  EXPECT_DOUBLE_EQ(q.nodes[1].output.scale, 1.0 / 255);
}

TEST(RoundMantissa, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(round_mantissa(1.0F, 0), 1.0F);
  EXPECT_EQ(round_mantissa(1.2F, 2), 1.25F);
  EXPECT_EQ(round_mantissa(-1.3F, 2), -1.25F);
  EXPECT_EQ(round_mantissa(1.125F, 2), 1.0F);   // tie: 1.00 is even, 1.01 odd
  EXPECT_EQ(round_mantissa(1.375F, 2), 1.5F);   // tie: 1.01 is odd, 1.10 even
  EXPECT_EQ(round_mantissa(1.126F, 2), 1.25F);  // just past the tie
  EXPECT_EQ(round_mantissa(0.1F, 23), 0.1F);
  EXPECT_EQ(round_mantissa(0x1.99999ap-4F, 22), 0x1.999998p-4F);  // tie: ..98 is even, ..9c odd
}

TEST(RoundMantissa, CarriesIntoTheExponent) {
  EXPECT_EQ(round_mantissa(1.9F, 2), 2.0F);
  EXPECT_EQ(round_mantissa(-0x1.fffffep-3F, 5), -0.25F);
  EXPECT_EQ(round_mantissa(1.5F, 0), 2.0F);  // ties of no mantissa bits: 1 is odd, 2 even
  EXPECT_EQ(round_mantissa(3.0F, 0), 4.0F);
  EXPECT_EQ(round_mantissa(2.9F, 0), 2.0F);
  EXPECT_EQ(round_mantissa(0x1.fffffep127F, 4), HUGE_VALF);
}

TEST(RoundMantissa, KeepsZerosSubnormalsAndInfinities) {
  EXPECT_EQ(round_mantissa(0.0F, 3), 0.0F);
  EXPECT_TRUE(std::signbit(round_mantissa(-0.0F, 3)));
  EXPECT_EQ(round_mantissa(0x1.8p-128F, 2), 0x1p-127F);  // 0.375 of the least normal, in quarters
  EXPECT_EQ(round_mantissa(0x1p-127F, 0), 0.0F);
  EXPECT_EQ(round_mantissa(-HUGE_VALF, 0), -HUGE_VALF);
  EXPECT_TRUE(std::isnan(round_mantissa(std::nanf(""), 0)));
  EXPECT_THROW(static_cast<void>(round_mantissa(1.0F, 24)), std::logic_error);
}

TEST(ActivationFormats, StandWhereCodesAreMade) {
  const sample::ResidualCase given = sample::residual_case(12);
  const QuantizationOptions options{4, 8, ActivationRangeKind::Max};
  const QuantizedNetwork q = quantize(given.model, options);

  const std::map<std::string, CodeFormat> formats = activation_formats(given.model, options);

  std::vector<std::string> names;
  for (const auto& [name, format] : formats) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"add", "avg", "bn1", "bn2", "conv3", "fc1", "input"}));
  EXPECT_EQ(formats.at("bn1").scale, q.nodes[q.network.index_of("conv1")].output.scale);
  EXPECT_FALSE(formats.at("bn1").is_signed);
  EXPECT_TRUE(formats.at("bn2").is_signed);
  EXPECT_FALSE(formats.at("add").is_signed);
  EXPECT_TRUE(formats.at("conv3").is_signed);
}

}  // namespace
}  // namespace ohmweave
