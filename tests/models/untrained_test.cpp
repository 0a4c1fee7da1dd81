// SPDX-License-Identifier: Apache-2.0
// Networks with drawn weights: are their activations and integers such that data can pass?
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/parameter_shapes.h"
#include "core/quantized_network.h"
#include "models/models.h"
#include "models/ranges.h"
#include "models/weights.h"

namespace ohmweave::models {
namespace {

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto mean = [](const std::vector<double>& x) {
    return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
  };
  double ab = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean(a)) * (b[i] - mean(b));
    aa += (a[i] - mean(a)) * (a[i] - mean(a));
    bb += (b[i] - mean(b)) * (b[i] - mean(b));
  }
  return ab / std::sqrt(aa * bb);
}

NetworkModel untrained(const std::string& kind) {
  NetworkModel model{build_model(kind), {}, {}, {}, {}};
  model.parameters = random_parameters(model.network, RandomStream(3));
  model.ranges =
      measured_ranges(model, noise_images(model.network, 2, RandomStream(3).child("noise")));
  return model;
}

TEST(RandomParameters, AreNormalWithTheVarianceThatKeepsSignals) {
  const Network network = build_model("mobilenet_v1_cifar");

  const Parameters parameters = random_parameters(network, RandomStream(1));

  EXPECT_EQ(parameters.size(), parameter_shapes(network).size());
  const std::vector<float>& weights = parameters.at("pointwise13.weight").values;  // 1024 inputs
  double sum = 0.0;
  double squares = 0.0;
  for (const float w : weights) {
    sum += w;
    squares += static_cast<double>(w) * w;
  }
  const auto n = static_cast<double>(weights.size());
  const double sigma = std::sqrt(2.0 / 1024.0);
  EXPECT_NEAR(sum / n, 0.0, 4.0 * sigma / std::sqrt(n));
  EXPECT_NEAR(squares / n, sigma * sigma, 4.0 * sigma * sigma * std::sqrt(2.0 / n));
  EXPECT_EQ(parameters.at("depthwise1.bn.running_var").values, std::vector<float>(32, 1.0F));
  EXPECT_EQ(parameters.at("depthwise1.bn.bias").values, std::vector<float>(32, 0.0F));
}

TEST(RandomParameters, FollowSeedAndNameOnly) {
  const Network vgg11 = build_model("vgg11_cifar");
  const Network vgg16 = build_model("vgg16_cifar");

  const Parameters first = random_parameters(vgg11, RandomStream(1));

  // conv1 is the same layer in both networks.
  EXPECT_EQ(first.at("conv1.weight").values,
            random_parameters(vgg16, RandomStream(1)).at("conv1.weight").values);
  EXPECT_NE(first.at("conv1.weight").values,
            random_parameters(vgg11, RandomStream(2)).at("conv1.weight").values);
}

TEST(MeasuredRanges, SpanTheImagesAndKeepSignalsAlive) {
  const NetworkModel model = untrained("vgg16_cifar");

  const ActivationRange& input = model.ranges.at("input");
  EXPECT_NEAR(input.min, 0.0, 0.01);
  EXPECT_NEAR(input.max, 1.0, 0.01);
  for (const auto& [name, range] : model.ranges) {
    EXPECT_LE(range.percentile_magnitude, std::max(-range.min, range.max)) << name;
    EXPECT_GT(range.percentile_magnitude, 0.1) << name << " has died out";
    EXPECT_LT(range.percentile_magnitude, 20.0) << name << " has grown out of bounds";
  }
}

TEST(MeasuredRanges, TakeMoreImagesOfSmallNetworks) {
  EXPECT_EQ(num_calibration_images(build_model("lenet5")), 8);
  EXPECT_EQ(num_calibration_images(build_model("vgg16_imagenet")), 1);
}

/// Residual joins, shortcuts, depthwise layers, averages: the integers must follow the floats.
TEST(Untrained, IntegersFollowTheFloats) {
  for (const char* kind : {"resnet20_cifar", "mobilenet_v2_cifar", "convnet_cifar"}) {
    const NetworkModel model = untrained(kind);
    const QuantizedNetwork integers = quantize(model, {8, 8, ActivationRangeKind::Max});
    const FloatMap image = noise_images(model.network, 1, RandomStream(9)).front();
    std::vector<double> expected;
    run_float(model, image, [&](int, const FloatMap& output) {
      expected.assign(output.begin(), output.end());  // the last node's stay
    });

    const auto codes = run_integer_reference(integers, quantize_input(integers, image));

    std::vector<double> logits(codes.back().begin(), codes.back().end());
    for (double& logit : logits) logit *= integers.nodes.back().output.scale;
    EXPECT_GT(correlation(logits, expected), 0.97) << kind;
    for (std::size_t i = 0; i + 1 < codes.size(); ++i) {
      const auto [low, high] = std::minmax_element(codes[i].begin(), codes[i].end());
      EXPECT_GT(*high - *low, integers.nodes[i].output.high() / 4)
          << kind << ", " << integers.network.nodes[i].name << " uses few of its codes";
    }
  }
}

}  // namespace
}  // namespace ohmweave::models
