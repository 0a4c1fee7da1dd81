// SPDX-License-Identifier: Apache-2.0
#include "train/masks.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "tests/train/small_training.h"

namespace ohmweave::train {
namespace {

TEST(Masks, NameTheWeightsOfTheNetworkOnly) {
  EXPECT_EQ(weight_names(small_network()), (std::vector<std::string>{"fc1.weight", "fc2.weight"}));
}

TEST(Masks, HoldMaskedWeightsAtPositiveZero) {
  const torch::NoGradGuard no_grad;
  nn::GraphModule module(small_network());
  module.parameter("fc2.weight").fill_(-1.0);
  Masks masks = full_masks(module);
  masks["fc2.weight"][3][5] = false;

  mask_weights(module.trainable(), masks);

  EXPECT_EQ(torch::count_nonzero(module.parameter("fc2.weight")).item<int>(), 159);
  EXPECT_FALSE(std::signbit(module.parameter("fc2.weight")[3][5].item<float>()));
}

TEST(Masks, ZeroTheGradientsOfMaskedWeights) {
  nn::GraphModule module(small_network());
  Masks masks = full_masks(module);
  masks["fc2.weight"][0] = false;
  torch::Tensor weight = module.parameter("fc2.weight");
  weight.mutable_grad() = torch::ones({10, 16});

  mask_gradients(module.trainable(), masks);

  EXPECT_EQ(weight.grad().sum().item<float>(), 144.0F);
  EXPECT_EQ(weight.grad()[0].sum().item<float>(), 0.0F);
}

TEST(Masks, OnlyEverShrink) {
  const torch::NoGradGuard no_grad;
  nn::GraphModule module(small_network());
  module.parameter("fc2.weight").fill_(1.0);
  module.parameter("fc2.weight")[1] = 0.0;
  Masks masks = full_masks(module);
  masks["fc2.weight"][0] = false;

  const Masks next = nonzero_masks(module, masks);

  EXPECT_EQ(next.at("fc2.weight").sum().item<int>(), 160 - 32);
}

}  // namespace
}  // namespace ohmweave::train
