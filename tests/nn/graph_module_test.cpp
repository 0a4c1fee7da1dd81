// SPDX-License-Identifier: Apache-2.0
#include "nn/graph_module.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/quantized_network.h"
#include "nn/evaluate.h"
#include "tests/nn/small_graphs.h"

namespace ohmweave::nn {
namespace {

TEST(GraphModule, GivesEveryNodeTheShapeThatCoreInfers) {
  GraphModule module(every_operation());
  module.eval();
  std::vector<std::int64_t> sizes;

  (void)module.forward(random_images({3, 2, 8, 8}, 1),
                       [&](const std::string&, const torch::Tensor& output) {
                         EXPECT_EQ(output.size(0), 3);
                         sizes.push_back(output.numel() / 3);
                       });

  ASSERT_EQ(sizes.size(), module.shapes().size());
  for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(sizes[i], module.shapes()[i].size());
}

TEST(GraphModule, RefusesImagesOfAnotherShape) {
  GraphModule module(every_operation());

  const std::string text = error_text<DataError>([&] {
    (void)module.forward(random_images({5, 1, 28, 28}, 1));
  });

  EXPECT_EQ(text,
            "network 'every_operation': given images of size 5 x 1 x 28 x 28; must be N x 2 x 8 x "
            "8");
}

TEST(GraphModule, RefusesImagesWithNaN) {
  GraphModule module(every_operation());
  module.eval();
  torch::Tensor images = random_images({5, 2, 8, 8}, 1);
  images[3][1][2][2] = std::numeric_limits<float>::quiet_NaN();

  const std::string text = error_text<NumericError>([&] { (void)module.forward(images); });

  EXPECT_EQ(text, "network 'every_operation': image 3 of the batch holds NaN or infinity");
}

TEST(GraphModule, TakesImagesWhoseSumAloneOverflows) {
  GraphModule module(one_node({1, 1, 2}, make_node("r", Op::Relu, {0})));

  const torch::Tensor output = module.forward(torch::full({2, 1, 1, 2}, 3e38F));

  EXPECT_EQ(output.max().item<float>(), 3e38F);
}

TEST(GraphModule, RefusesAGraphThatIsNotSound) {
  Network network = every_operation();
  network.nodes[1].kernel = 99;

  EXPECT_THROW(GraphModule{network}, DataError);
}

TEST(GraphModule, RepeatsItsDropoutForTheSameStreamAndStep) {
  GraphModule module(every_operation());
  initialize(module, RandomStream(1));
  module.train();
  const torch::Tensor images = random_images({8, 2, 8, 8}, 1);
  const auto output = [&](std::uint64_t seed, std::uint64_t step) {
    module.set_dropout_stream(RandomStream(seed), step);
    return module.forward(images).detach();
  };

  const torch::Tensor first = output(1, 0);

  EXPECT_TRUE(output(1, 0).equal(first));
  EXPECT_FALSE(output(1, 1).equal(first));
  EXPECT_FALSE(output(2, 0).equal(first));
}

TEST(GraphModule, WantsADropoutStreamBeforeTraining) {
  GraphModule module(every_operation());
  module.train();

  EXPECT_THROW((void)module.forward(random_images({2, 2, 8, 8}, 1)), std::logic_error);
}

TEST(GraphModule, DropsNothingWhenEvaluating) {
  Node dropout = make_node("d", Op::Dropout, {0});
  dropout.dropout_fraction = 0.9;
  GraphModule module(one_node({2, 3, 3}, dropout));
  module.eval();
  const torch::Tensor images = random_images({4, 2, 3, 3}, 1);

  EXPECT_TRUE(module.forward(images).equal(images));
}

TEST(GraphModule, RoundsTheOutputsOfTheNodesWithAFormatOnly) {
  GraphModule module(
      {"n",
       {1, 1, 2},
       {input_node(), make_node("a", Op::Add, {0, 0}), make_node("r", Op::Relu, {1})}});
  module.set_activation_formats({{"a", {1.0, 4, true}}});
  const torch::Tensor images = torch::tensor({0.3F, -1.4F}).reshape({1, 1, 1, 2});
  std::map<std::string, torch::Tensor> seen;

  (void)module.forward(images, [&](const std::string& name, const torch::Tensor& output) {
    seen[name] = output.flatten();
  });

  EXPECT_TRUE(seen["input"].equal(images.flatten()));
  EXPECT_TRUE(seen["a"].equal(torch::tensor({1.0F, -3.0F})));
  EXPECT_TRUE(seen["r"].equal(torch::tensor({1.0F, 0.0F})));
}

TEST(GraphModule, RefusesFormatsOfUnknownNodesAndWithoutScale) {
  GraphModule module(every_operation());

  EXPECT_EQ(error_text<DataError>([&] {
              module.set_activation_formats({{"conv9", {}}});
            }),
            "network 'every_operation': activation format of 'conv9': there is no such node");
  EXPECT_EQ(
      error_text<DataError>([&] {
        module.set_activation_formats({{"conv1", {0.0, 8, true}}});
      }),
      "network 'every_operation': activation format of 'conv1': scale 0.000000 must be positive");
}

TEST(GraphModule, SendsAGradientToEveryTrainableParameter) {
  GraphModule module(every_operation());
  initialize(module, RandomStream(1));
  module.train();
  module.set_dropout_stream(RandomStream(1), 0);

  module.forward(random_images({8, 2, 8, 8}, 1)).square().sum().backward();

  EXPECT_EQ(module.trainable().size(), 7U);
  EXPECT_EQ(module.parameters().size(), 7U);
  for (const auto& [name, tensor] : module.trainable()) {
    EXPECT_GT(tensor.grad().abs().max().item<float>(), 0.0F) << name;
  }
}

TEST(Initialize, GivesHeNormalWeightsAndZeroBiases) {
  GraphModule module(one_node({400, 1, 1}, linear_node("f", 0, 250)));
  initialize(module, RandomStream(1));

  const torch::Tensor weight = module.parameter("f.weight").detach().to(torch::kFloat64);

  const double sigma = std::sqrt(2.0 / 400);
  const double count = 400.0 * 250;
  EXPECT_NEAR(weight.mean().item<double>(), 0.0, 4 * sigma / std::sqrt(count));
  EXPECT_NEAR(weight.std().item<double>(), sigma, 4 * sigma / std::sqrt(2 * count));
  EXPECT_EQ(module.parameter("f.bias").abs().max().item<float>(), 0.0F);
}

TEST(Initialize, CountsTheInputsOfOneGroupOnly) {
  Node conv = conv_node("c", 0, 600, 3);
  conv.groups = 300;
  GraphModule module(one_node({300, 3, 3}, conv));
  initialize(module, RandomStream(1));

  const double sigma = std::sqrt(2.0 / 9);  // one channel of 3 x 3
  EXPECT_NEAR(module.parameter("c.weight").std().item<double>(), sigma,
              4 * sigma / std::sqrt(2 * 5400.0));
}

TEST(Initialize, FollowsSeedAndName) {
  GraphModule module(every_operation());
  initialize(module, RandomStream(1));
  const Parameters first = module.state();
  initialize(module, RandomStream(2));
  const Parameters second = module.state();
  initialize(module, RandomStream(1));

  EXPECT_EQ(module.state().at("fc.weight").values, first.at("fc.weight").values);
  EXPECT_NE(second.at("fc.weight").values, first.at("fc.weight").values);
  EXPECT_NE(first.at("conv1.weight").values[0], first.at("fc.weight").values[0]);
}

/// A network of every operation with sensible numbers in it, observed on `images`.
NetworkModel calibrated_model(const torch::Tensor& images) {
  GraphModule module(every_operation());
  initialize(module, RandomStream(3));
  module.train();
  for (std::uint64_t step = 0; step < 20; ++step) {  // gives batch norm its statistics
    module.set_dropout_stream(RandomStream(3), step);
    (void)module.forward(images);
  }
  return to_model(module, observe_ranges(module, images));
}

TEST(GraphModule, AgreesWithTheIntegerReferenceOfTheSameNetwork) {
  const torch::Tensor images = random_images({32, 2, 8, 8}, 4);
  const NetworkModel model = calibrated_model(images);
  const QuantizedNetwork integer = quantize(model, {12, 12, ActivationRangeKind::Max});
  GraphModule module = make_module(model);
  const torch::Tensor outputs = module.forward(images).detach();
  const double full_scale = outputs.abs().max().item<double>();

  for (std::int64_t i = 0; i < images.size(0); ++i) {
    const torch::Tensor image = images[i].contiguous();
    const auto codes = run_integer_reference(
        integer, quantize_input(
                     integer, {image.data_ptr<float>(), image.data_ptr<float>() + image.numel()}));
    for (std::size_t k = 0; k < 3; ++k) {
      const double value = static_cast<double>(codes.back()[k]) * integer.nodes.back().output.scale;
      // Six roundings to 2^-11 of full scale lie between image and output.
      EXPECT_NEAR(value, outputs[i][static_cast<std::int64_t>(k)].item<double>(),
                  6 * full_scale / 2048);
    }
  }
}

}  // namespace
}  // namespace ohmweave::nn
