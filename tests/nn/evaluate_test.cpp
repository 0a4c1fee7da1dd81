// SPDX-License-Identifier: Apache-2.0
#include "nn/evaluate.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "tests/nn/small_graphs.h"

namespace ohmweave::nn {
namespace {

/// Passes its two pixels on as the scores of classes 0 and 1.
GraphModule two_class_module() {
  GraphModule module({"two",
                      {1, 1, 2},
                      {input_node(), make_node("flat", Op::Flatten, {0}), linear_node("f", 1, 2)}});
  module.load({{"f.weight", {{2, 2}, {1, 0, 0, 1}}}, {"f.bias", {{2}, {0, 0}}}});
  return module;
}

TEST(Evaluate, CountsImagesWhoseLargestOutputIsTheirLabel) {
  GraphModule module = two_class_module();
  const data::Split split{
      torch::tensor({255, 0, 0, 255, 255, 0}, torch::kUInt8).reshape({3, 1, 1, 2}),
      torch::tensor({0, 1, 1}, torch::kInt64)};

  const Score score = evaluate(module, split);

  EXPECT_EQ(score.num_correct, 2);
  EXPECT_EQ(score.num_images, 3);
  EXPECT_DOUBLE_EQ(score.accuracy, 2.0 / 3.0);
  const double right = std::log(1 + std::exp(-1.0));
  const double wrong = std::log(1 + std::exp(1.0));
  EXPECT_NEAR(score.loss, (2 * right + wrong) / 3, 1e-7);  // float32 scores
}

TEST(Evaluate, SeesEveryImageOfMoreThanOneBatch) {
  GraphModule module = two_class_module();
  torch::Tensor images = torch::zeros({2345, 1, 1, 2}, torch::kUInt8);
  images.select(3, 1).fill_(200);
  torch::Tensor labels = torch::ones({2345}, torch::kInt64);
  labels[2344] = 0;

  const Score score = evaluate(module, {images, labels});

  EXPECT_EQ(score.num_images, 2345);
  EXPECT_EQ(score.num_correct, 2344);
}

TEST(Evaluate, RestoresTrainingMode) {
  GraphModule module = two_class_module();
  const data::Split split{torch::zeros({1, 1, 1, 2}, torch::kUInt8),
                          torch::zeros({1}, torch::kInt64)};
  module.train();
  (void)evaluate(module, split);
  EXPECT_TRUE(module.is_training());
  module.eval();
  (void)evaluate(module, split);
  EXPECT_FALSE(module.is_training());
}

TEST(Evaluate, RefusesAnEmptySplit) {
  GraphModule module = two_class_module();
  const data::Split split{torch::zeros({0, 1, 1, 2}, torch::kUInt8),
                          torch::zeros({0}, torch::kInt64)};

  EXPECT_EQ(error_text<DataError>([&] { (void)evaluate(module, split); }),
            "evaluation: there are no images");
}

TEST(Evaluate, RefusesOutputsThatAreNotFinite) {
  GraphModule module = two_class_module();
  {
    const torch::NoGradGuard no_grad;
    module.parameter("f.bias").fill_(std::numeric_limits<float>::quiet_NaN());
  }
  const data::Split split{torch::zeros({1, 1, 1, 2}, torch::kUInt8),
                          torch::zeros({1}, torch::kInt64)};

  EXPECT_EQ(error_text<NumericError>([&] { (void)evaluate(module, split); }),
            "evaluation: network 'two' gives outputs that are not finite");
}

TEST(ObserveRanges, FindsTheExtremesOfEveryNode) {
  GraphModule module(one_node({1, 1, 2}, make_node("r", Op::Relu, {0})));
  const torch::Tensor images = torch::tensor({-3.0F, 0.5F, 2.0F, -1.0F}).reshape({2, 1, 1, 2});

  const auto ranges = observe_ranges(module, images);

  EXPECT_EQ(ranges.at("input").min, -3.0);
  EXPECT_EQ(ranges.at("input").max, 2.0);
  EXPECT_EQ(ranges.at("input").percentile_magnitude, 3.0);  // of four values: the largest
  EXPECT_EQ(ranges.at("r").min, 0.0);
  EXPECT_EQ(ranges.at("r").max, 2.0);
}

TEST(ObserveRanges, GivesTheNearestRankPercentileExactly) {
  // 600 images of 100 values: rank ceil(0.9999 * 60000) = 59994, the 7th largest magnitude.
  const torch::Tensor images = random_images({600, 1, 10, 10}, 9);
  GraphModule module(one_node({1, 10, 10}, make_node("r", Op::Relu, {0})));
  std::vector<float> magnitudes(images.data_ptr<float>(), images.data_ptr<float>() + 60000);
  for (float& x : magnitudes) x = std::abs(x);
  std::sort(magnitudes.begin(), magnitudes.end());

  const auto ranges = observe_ranges(module, images);

  EXPECT_EQ(ranges.at("input").percentile_magnitude, magnitudes[59994 - 1]);
  EXPECT_EQ(magnitudes[59994 - 1], magnitudes[60000 - 7]);
}

TEST(ObserveRanges, LooksPastActivationFormatsAndPutsThemBack) {
  GraphModule module(one_node({1, 1, 2}, make_node("r", Op::Relu, {0})));
  module.set_activation_formats({{"r", {1.0, 1, false}}});  // codes 0 and 1

  const auto ranges = observe_ranges(module, torch::tensor({0.25F, 7.5F}).reshape({1, 1, 1, 2}));

  EXPECT_EQ(ranges.at("r").max, 7.5);
  EXPECT_EQ(module.activation_formats().size(), 1U);
}

TEST(ObserveRanges, RefusesNoImages) {
  GraphModule module(one_node({1, 1, 2}, make_node("r", Op::Relu, {0})));

  EXPECT_EQ(error_text<DataError>([&] {
              (void)observe_ranges(module, torch::zeros({0, 1, 1, 2}));
            }),
            "activation ranges: there are no images to observe");
}

}  // namespace
}  // namespace ohmweave::nn
