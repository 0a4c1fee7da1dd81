// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/core/residual_model.h"

namespace ohmweave {
namespace {

using sample::conv;
using sample::message_of;
using sample::network;
using sample::node;

NetworkModel conv_and_norm() {
  NetworkModel model;
  model.network = network({1, 1, 2}, {conv("c", 0, 1, {1}), node("b", Op::BatchNorm2d, {1})});
  model.parameters["c.weight"] = {{1, 1, 1, 1}, {3.0F}};
  model.parameters["b.weight"] = {{1}, {2.0F}};
  model.parameters["b.bias"] = {{1}, {0.5F}};
  model.parameters["b.running_mean"] = {{1}, {1.0F}};
  model.parameters["b.running_var"] = {{1}, {0.24999F}};  // + epsilon: standard deviation 1/2
  return model;
}

TEST(FoldForInference, ScalesTheWeightAndShiftsTheBias) {
  const NetworkModel folded = fold_for_inference(conv_and_norm());

  ASSERT_EQ(folded.network.nodes.size(), 2U);
  EXPECT_TRUE(folded.network.nodes[1].has_bias);
  // gain 2 / (1/2) = 4: weight 12, bias (0 - 1) * 4 + 0.5; the variance is a rounded float32
  EXPECT_NEAR(folded.parameters.at("c.weight").values[0], 12.0, 1e-5);
  EXPECT_NEAR(folded.parameters.at("c.bias").values[0], -3.5, 1e-5);
  EXPECT_EQ(folded.parameters.size(), 2U);
}

TEST(FoldForInference, GivesTheConvolutionTheRangeOfItsBatchNorm) {
  NetworkModel model = conv_and_norm();
  model.ranges["c"] = {-1.0, 2.0, 2.0};
  model.ranges["b"] = {-3.0, 5.0, 4.0};

  const NetworkModel folded = fold_for_inference(model);

  EXPECT_EQ(folded.ranges.at("c").max, 5.0);
  EXPECT_EQ(folded.ranges.count("b"), 0U);
}

TEST(FoldForInference, DropsDropoutAndKeepsItsReaders) {
  NetworkModel model;
  model.network = network({1, 1, 1}, {node("d", Op::Dropout, {0}), node("r", Op::Relu, {1}),
                                      node("s", Op::Add, {1, 2})});

  const NetworkModel folded = fold_for_inference(model);

  ASSERT_EQ(folded.network.nodes.size(), 3U);
  EXPECT_EQ(folded.network.nodes[1].inputs, std::vector<int>{0});
  EXPECT_EQ(folded.network.nodes[2].inputs, (std::vector<int>{0, 1}));
}

TEST(FoldForInference, ComputesTheSameAsBefore) {
  const sample::ResidualCase given = sample::residual_case(11);
  const NetworkModel folded = fold_for_inference(given.model);
  // Folded weights are float32: each of five weight layers adds relative errors of 2^-24 a term.
  constexpr double kFloatRounding = 1e-5;

  for (const std::vector<float>& image : given.images) {
    const sample::Map expected = sample::run_float(given.model, image).back();
    const sample::Map found = sample::run_float(folded, image).back();
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(found[i], expected[i], kFloatRounding);
    }
  }
  for (const Node& each : folded.network.nodes) {
    EXPECT_NE(each.op, Op::BatchNorm2d);
    EXPECT_NE(each.op, Op::Dropout);
  }
}

TEST(FoldForInference, KeepsLevelScales) {
  NetworkModel model;
  model.network = network({1, 1, 1}, {sample::linear("l", 0, 1)});
  model.parameters["l.weight"] = {{1, 1}, {0.5F}};
  model.level_scales["l"] = 0.25;

  EXPECT_EQ(fold_for_inference(model).level_scales.at("l"), 0.25);
}

TEST(FoldForInference, KeepsCodebooks) {
  NetworkModel model;
  model.network = network({1, 1, 1}, {sample::linear("l", 0, 1), node("d", Op::Dropout, {1})});
  model.parameters["l.weight"] = {{1, 1}, {0.5F}};
  model.codebooks["l"] = {-0.3F, 0.5F};

  EXPECT_EQ(fold_for_inference(model).codebooks, model.codebooks);
}

TEST(FoldForInference, DropsTheCodebookOfAConvolutionWithABatchNorm) {
  NetworkModel model = conv_and_norm();
  model.codebooks["c"] = {3.0F};

  const NetworkModel folded = fold_for_inference(model);

  EXPECT_TRUE(folded.codebooks.empty());
  EXPECT_EQ(message_of<DataError>([&] { validate(folded); }), "");
}

TEST(FoldForInference, RefusesABatchNormThatHasNoConvolutionOfItsOwn) {
  NetworkModel model = conv_and_norm();
  model.network.nodes.push_back(node("s", Op::Add, {1, 2}));

  EXPECT_EQ(message_of<DataError>([&] { static_cast<void>(fold_for_inference(model)); }),
            "node 'b' (batch_norm2d) reads 'c': must read a conv2d that no other node reads, to be "
            "folded into it");
}

TEST(FoldForInference, RefusesToLeaveTheLevelGrid) {
  NetworkModel model = conv_and_norm();
  model.level_scales["c"] = 1.0;

  EXPECT_EQ(message_of<DataError>([&] { static_cast<void>(fold_for_inference(model)); }),
            "node 'c' has weights on a level grid and 'b' (batch_norm2d) after it: fold the batch "
            "norm before training onto a grid");
}

TEST(FoldForInference, RefusesANegativeVariance) {
  NetworkModel model = conv_and_norm();
  model.parameters["b.running_var"].values[0] = -1.0F;

  const std::string error =
      message_of<DataError>([&] { static_cast<void>(fold_for_inference(model)); });

  EXPECT_NE(error.find("b.running_var"), std::string::npos) << error;
}

}  // namespace
}  // namespace ohmweave
