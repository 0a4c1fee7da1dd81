// SPDX-License-Identifier: Apache-2.0
// Every operation of a graph against values computed by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "nn/graph_module.h"
#include "tests/nn/small_graphs.h"

namespace ohmweave::nn {
namespace {

/// Output for one image of channels x height x width.
std::vector<float> run(GraphModule& module, const std::vector<float>& image) {
  module.eval();
  const Shape& shape = module.network().input;
  const torch::Tensor output =
      module.forward(torch::tensor(image).reshape({1, shape.channels, shape.height, shape.width}));
  const torch::Tensor flat = output.detach().flatten().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

TEST(GraphOps, Conv2dSumsTheWindowInChannelThenRowThenColumnOrder) {
  GraphModule module(one_node({2, 2, 2}, conv_node("c", 0, 1, 2)));
  module.load({{"c.weight", {{1, 2, 2, 2}, {1, 10, 100, 1000, 2, 20, 200, 2000}}},
               {"c.bias", {{1}, {0.5F}}}});

  const std::vector<float> output = run(module, {1, 2, 3, 4, 5, 6, 7, 8});

  EXPECT_EQ(output, (std::vector<float>{1 + 20 + 300 + 4000 + 10 + 120 + 1400 + 16000 + 0.5F}));
}

TEST(GraphOps, Conv2dPadsWithZerosAndStrides) {
  Node conv = conv_node("c", 0, 1, 3);
  conv.padding = 1;
  conv.stride = 2;
  conv.has_bias = false;
  GraphModule module(one_node({1, 3, 3}, conv));
  module.load({{"c.weight", {{1, 1, 3, 3}, std::vector<float>(9, 1.0F)}}});

  // Sums of the four 2 x 2 corners.
  EXPECT_EQ(run(module, {1, 2, 3, 4, 5, 6, 7, 8, 9}), (std::vector<float>{12, 16, 24, 28}));
}

TEST(GraphOps, GroupedConv2dKeepsGroupsApart) {
  Node conv = conv_node("c", 0, 2, 1);
  conv.groups = 2;
  GraphModule module(one_node({2, 1, 2}, conv));
  module.load({{"c.weight", {{2, 1, 1, 1}, {2, 3}}}, {"c.bias", {{2}, {0, 1}}}});

  EXPECT_EQ(run(module, {1, 2, 10, 20}), (std::vector<float>{2, 4, 31, 61}));
}

TEST(GraphOps, LinearIsOutByIn) {
  GraphModule module({"n",
                      {2, 1, 1},
                      {input_node(), make_node("flat", Op::Flatten, {0}), linear_node("f", 1, 3)}});
  module.load({{"f.weight", {{3, 2}, {1, 2, 3, 4, 5, 6}}}, {"f.bias", {{3}, {0, 0, 1}}}});

  EXPECT_EQ(run(module, {10, 1}), (std::vector<float>{12, 34, 57}));
}

TEST(GraphOps, BatchNormUsesRunningStatisticsWhenEvaluating) {
  GraphModule module(one_node({1, 1, 2}, make_node("b", Op::BatchNorm2d, {0})));
  module.load({{"b.weight", {{1}, {3}}},
               {"b.bias", {{1}, {1}}},
               {"b.running_mean", {{1}, {2}}},
               {"b.running_var", {{1}, {4}}}});

  const std::vector<float> output = run(module, {2, 6});

  // (6 - 2) / sqrt(4 + epsilon) * 3 + 1; epsilon changes it by 6 * epsilon / 8 at most.
  EXPECT_NEAR(output[0], 1.0, 1e-6);
  EXPECT_NEAR(output[1], 7.0, 6 * kBatchNormEpsilon / 8 + 1e-6);
}

TEST(GraphOps, BatchNormUsesTheBatchAndUpdatesItsStatisticsWhenTraining) {
  GraphModule module(one_node({1, 1, 2}, make_node("b", Op::BatchNorm2d, {0})));
  module.train();

  const torch::Tensor output = module.forward(torch::tensor({0.0F, 4.0F}).reshape({1, 1, 1, 2}));

  EXPECT_NEAR(output.flatten()[0].item<float>(), -1.0, kBatchNormEpsilon);
  EXPECT_NEAR(output.flatten()[1].item<float>(), 1.0, kBatchNormEpsilon);
  // Batch mean 2, unbiased variance 8; a tenth of the way from 0 and 1.
  EXPECT_NEAR(module.state().at("b.running_mean").values[0], 0.2, 1e-6);
  EXPECT_NEAR(module.state().at("b.running_var").values[0], 0.9 + 0.8, 1e-6);
}

TEST(GraphOps, ReluCutsBelowZero) {
  GraphModule module(one_node({1, 1, 3}, make_node("r", Op::Relu, {0})));

  EXPECT_EQ(run(module, {-1, 0, 2}), (std::vector<float>{0, 0, 2}));
}

TEST(GraphOps, MaxPool2dIgnoresPaddedPlaces) {
  Node max = pool_node("p", Op::MaxPool2d, 0, 2);
  max.padding = 1;
  GraphModule module(one_node({1, 2, 2}, max));

  // Each of the four windows holds one place of the map and three padded ones.
  EXPECT_EQ(run(module, {-1, -2, -3, -4}), (std::vector<float>{-1, -2, -3, -4}));
}

TEST(GraphOps, PoolsTakeTheLargestAndTheMean) {
  GraphModule max_module(one_node({1, 2, 2}, pool_node("p", Op::MaxPool2d, 0, 2)));
  GraphModule average_module(one_node({1, 2, 2}, pool_node("p", Op::AvgPool2d, 0, 2)));

  EXPECT_EQ(run(max_module, {1, 7, 3, 5}), (std::vector<float>{7}));
  EXPECT_EQ(run(average_module, {1, 7, 3, 5}), (std::vector<float>{4}));
}

TEST(GraphOps, AddReadsBothItsInputs) {
  GraphModule module(
      {"n",
       {1, 1, 3},
       {input_node(), make_node("r", Op::Relu, {0}), make_node("a", Op::Add, {0, 1})}});

  EXPECT_EQ(run(module, {-1, 0, 2}), (std::vector<float>{-1, 0, 4}));
}

TEST(FakeQuantize, RoundsHalfUpAndSaturatesUnsignedCodes) {
  const CodeFormat format{0.5, 2, false};  // 0, 0.5, 1, 1.5

  const torch::Tensor rounded =
      fake_quantize(torch::tensor({-3.0F, 0.24F, 0.25F, 0.75F, 1.2F, 9.0F}), format);

  EXPECT_TRUE(rounded.equal(torch::tensor({0.0F, 0.0F, 0.5F, 1.0F, 1.0F, 1.5F}))) << rounded;
}

TEST(FakeQuantize, RoundsHalfUpAndSaturatesSignedCodes) {
  const CodeFormat format{1.0, 3, true};  // -3 .. 3

  const torch::Tensor rounded =
      fake_quantize(torch::tensor({-9.0F, -2.5F, -0.5F, 0.5F, 2.6F, 9.0F}), format);

  EXPECT_TRUE(rounded.equal(torch::tensor({-3.0F, -2.0F, 0.0F, 1.0F, 3.0F, 3.0F}))) << rounded;
}

TEST(FakeQuantize, GivesExactlyCodeTimesScale) {
  const CodeFormat format{0.0137, 8, true};
  const torch::Tensor x = random_images({5000}, 1);

  const torch::Tensor codes = (x / format.scale + 0.5).floor().clamp(-127, 127);

  EXPECT_TRUE(fake_quantize(x, format).equal(codes * format.scale));
}

TEST(FakeQuantize, PassesTheGradientInsideTheRangeOnly) {
  const CodeFormat format{0.5, 2, false};
  torch::Tensor x = torch::tensor({-0.1F, 0.3F, 1.4F, 1.6F}).requires_grad_();

  (fake_quantize(x, format) * torch::tensor({1.0F, 2.0F, 3.0F, 4.0F})).sum().backward();

  EXPECT_TRUE(x.grad().equal(torch::tensor({0.0F, 2.0F, 3.0F, 0.0F}))) << x.grad();
}

TEST(DropoutMask, KeepsItsShareAndTheMean) {
  constexpr std::int64_t kCount = 100000;
  for (const double fraction : {0.1, 0.5, 0.9}) {
    const torch::Tensor mask = dropout_mask({kCount}, fraction, RandomStream(1));

    const double dropped = mask.eq(0).to(torch::kFloat64).mean().item<double>();
    const double error = std::sqrt(fraction * (1 - fraction) / kCount);  // of a share
    EXPECT_NEAR(dropped, fraction, 4 * error);
    EXPECT_NEAR(mask.to(torch::kFloat64).mean().item<double>(), 1.0, 4 * error / (1 - fraction));
    EXPECT_FLOAT_EQ(mask.max().item<float>(), static_cast<float>(1 / (1 - fraction)));
  }
}

TEST(DropoutMask, HasNeighboursThatAreIndependent) {
  // Two neighbours share the 64 bits of one position: both dropped in a quarter of all pairs.
  constexpr std::int64_t kPairs = 100000;
  const torch::Tensor dropped =
      dropout_mask({kPairs, 2}, 0.5, RandomStream(2)).eq(0).to(torch::kFloat64);

  const double both = dropped.prod(1).mean().item<double>();

  EXPECT_NEAR(both, 0.25, 4 * std::sqrt(0.25 * 0.75 / kPairs));
}

TEST(DropoutMask, OfFractionZeroKeepsAll) {
  EXPECT_TRUE(dropout_mask({100}, 0.0, RandomStream(1)).equal(torch::ones({100})));
}

}  // namespace
}  // namespace ohmweave::nn
