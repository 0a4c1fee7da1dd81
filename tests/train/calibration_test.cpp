// SPDX-License-Identifier: Apache-2.0
#include "train/calibration.h"

#include <gtest/gtest.h>

#include "nn/evaluate.h"
#include "tests/train/small_steps.h"

namespace ohmweave::train {
namespace {

TEST(Calibration, GivesFormatsWhereCodesAreMadeAndNotToTheOutput) {
  nn::GraphModule module(small_network());
  nn::initialize(module, RandomStream(3));
  const TrainingSet set = small_set();
  const NetworkModel model = nn::to_model(module, calibrate(module, set));

  const std::map<std::string, CodeFormat> formats = training_formats(model, {});

  std::vector<std::string> names;
  for (const auto& [name, format] : formats) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"input", "pool", "relu1"}));
  EXPECT_FALSE(formats.at("relu1").is_signed);
  EXPECT_EQ(formats.at("relu1").bits, QuantizationOptions{}.activation_bits);
}

TEST(Calibration, ReluFormatSpansTheSeenActivations) {
  nn::GraphModule module(small_network());
  nn::initialize(module, RandomStream(3));
  const TrainingSet set = small_set();
  const NetworkModel model = nn::to_model(module, calibrate(module, set));
  QuantizationOptions options;
  options.activation_range = ActivationRangeKind::Max;

  const CodeFormat format = training_formats(model, options).at("relu1");

  const double largest = model.ranges.at("relu1").max;
  EXPECT_GT(largest, 0.0);
  EXPECT_NEAR(format.scale * static_cast<double>(format.high()), largest, 1e-6 * largest);
}

}  // namespace
}  // namespace ohmweave::train
