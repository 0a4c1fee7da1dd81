// SPDX-License-Identifier: Apache-2.0
// Parameters in and out of a GraphModule.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <limits>

#include "core/error.h"
#include "nn/evaluate.h"
#include "nn/graph_module.h"
#include "tests/nn/small_graphs.h"

namespace ohmweave::nn {
namespace {

class GraphState : public ::testing::Test {
 protected:
  GraphState() : module_(every_operation()) { initialize(module_, RandomStream(1)); }
  [[nodiscard]] std::string problem(const Parameters& parameters) {
    return error_text<DataError>([&] { module_.load(parameters); });
  }

  GraphModule module_;
};

TEST_F(GraphState, CarriesTheNamesAndShapesOfCore) {
  const Parameters state = module_.state();

  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"block.conv2.bias", "block.conv2.weight", "bn1.bias",
                                             "bn1.running_mean", "bn1.running_var", "bn1.weight",
                                             "conv1.weight", "fc.bias", "fc.weight"}));
  EXPECT_EQ(state.at("block.conv2.weight").shape, (std::vector<std::int64_t>{4, 1, 3, 3}));
  EXPECT_EQ(state.at("fc.weight").shape, (std::vector<std::int64_t>{3, 16}));
  EXPECT_EQ(state.at("bn1.running_var").shape, (std::vector<std::int64_t>{4}));
}

TEST_F(GraphState, MovesWholeIntoAnotherModule) {
  GraphModule other(every_operation());
  other.load(module_.state());
  other.eval();
  module_.eval();
  const torch::Tensor images = random_images({4, 2, 8, 8}, 1);

  EXPECT_TRUE(other.forward(images).equal(module_.forward(images)));
  EXPECT_GT(other.forward(images).abs().max().item<float>(), 0.0F);
}

TEST_F(GraphState, IsACopy) {
  const Parameters before = module_.state();
  {
    const torch::NoGradGuard no_grad;
    module_.parameter("fc.weight").fill_(7.0);
  }

  EXPECT_NE(before.at("fc.weight").values[0], 7.0F);
  EXPECT_EQ(module_.state().at("fc.weight").values[0], 7.0F);
}

TEST_F(GraphState, LoadsInPlaceSoThatOptimizersKeepTheirTensors) {
  const torch::Tensor weight = module_.parameter("fc.weight");
  Parameters state = module_.state();
  state["fc.weight"].values[0] = 42.0F;

  module_.load(state);

  EXPECT_EQ(weight[0][0].item<float>(), 42.0F);
  EXPECT_TRUE(weight.requires_grad());
}

TEST_F(GraphState, RefusesAMissingParameterAndChangesNothing) {
  Parameters state = module_.state();
  const float before = state["block.conv2.bias"].values[0];
  state["block.conv2.bias"].values[0] = 5.0F;
  state.erase("fc.bias");

  EXPECT_EQ(problem(state), "network 'every_operation': parameter 'fc.bias' is missing");
  EXPECT_EQ(module_.state().at("block.conv2.bias").values[0], before);
}

TEST_F(GraphState, RefusesAParameterOfAnotherShape) {
  Parameters state = module_.state();
  state["fc.weight"].shape = {16, 3};

  EXPECT_EQ(problem(state),
            "network 'every_operation': parameter 'fc.weight' is 16 x 3; must be 3 x 16");
}

TEST_F(GraphState, RefusesAParameterOfNoNode) {
  Parameters state = module_.state();
  state["fc9.weight"] = {{1}, {0.0F}};

  EXPECT_EQ(problem(state), "network 'every_operation': parameter 'fc9.weight' belongs to no node");
}

TEST_F(GraphState, RefusesNaN) {
  Parameters state = module_.state();
  state["conv1.weight"].values[5] = std::numeric_limits<float>::quiet_NaN();

  EXPECT_EQ(problem(state),
            "network 'every_operation': parameter 'conv1.weight' holds NaN or infinity");
}

TEST_F(GraphState, NamesTheParametersThereAreForAnUnknownOne) {
  const std::string text = error_text<DataError>([&] { (void)module_.parameter("fc.wait"); });

  EXPECT_EQ(text.find("network 'every_operation': no parameter 'fc.wait'; there are: "), 0U);
  EXPECT_NE(text.find("fc.weight"), std::string::npos);
}

TEST_F(GraphState, SurvivesTheTripThroughANetworkModel) {
  const NetworkModel model = to_model(module_, {{"fc", {-1.0, 2.0, 1.5}}});

  const GraphModule again = make_module(model);

  EXPECT_EQ(again.state().at("fc.weight").values, module_.state().at("fc.weight").values);
  EXPECT_FALSE(again.is_training());
  EXPECT_EQ(model.network.name, "every_operation");
  EXPECT_EQ(model.ranges.at("fc").max, 2.0);
}

}  // namespace
}  // namespace ohmweave::nn
