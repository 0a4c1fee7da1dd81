// SPDX-License-Identifier: Apache-2.0
#include "core/equalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/core/residual_model.h"

namespace ohmweave {
namespace {

using sample::conv;
using sample::linear;
using sample::network;
using sample::node;
using sample::windowed;
using sample::with_bias;

/// conv1 -> ReLU -> pool -> conv2 (two groups, no bias) -> pool -> flatten -> fc1 -> ReLU ->
/// dropout -> fc2.
Network two_groups() {
  Network n = network({2, 10, 10},
                      {with_bias(conv("conv1", 0, 4, {3})), node("relu1", Op::Relu, {1}),
                       windowed("max", Op::MaxPool2d, 2, {2, 2}), conv("conv2", 3, 6, {3, 1, 1}),
                       windowed("avg", Op::AvgPool2d, 4, {2, 2}), node("flatten", Op::Flatten, {5}),
                       with_bias(linear("fc1", 6, 8)), node("relu2", Op::Relu, {7}),
                       node("drop", Op::Dropout, {8}), with_bias(linear("fc2", 9, 5))});
  n.nodes[4].groups = 2;
  return n;
}

/// Random parameters with every third weight pruned.
Parameters pruned_parameters(const Network& n) {
  Parameters parameters = sample::random_parameters(n, RandomStream(3));
  for (const int i : weight_nodes(n)) {
    std::vector<float>& weights = parameters.at(n.nodes[i].name + ".weight").values;
    for (std::size_t e = 0; e < weights.size(); e += 3) weights[e] = 0.0F;
  }
  return parameters;
}

/// Makes the units of "conv1" and "fc1" uneven, by factors 10^-1 .. 10^1, without a change to what
/// the chain computes.
Parameters unevened(Parameters parameters) {
  const RandomStream stream(8);
  const auto factor = [&](int u) {
    return static_cast<float>(std::pow(10.0, 2.0 * stream.uniform(u) - 1.0));
  };
  for (int e = 0; e < 4 * 18; ++e) parameters.at("conv1.weight").values[e] *= factor(e / 18);
  for (int u = 0; u < 4; ++u) parameters.at("conv1.bias").values[u] *= factor(u);
  for (int e = 0; e < 6 * 2 * 9; ++e) {  // group 0 reads units 0 and 1, group 1 units 2 and 3
    parameters.at("conv2.weight").values[e] /= factor(e / 54 * 2 + e / 9 % 2);
  }
  const int inputs = static_cast<int>(parameters.at("fc1.weight").values.size()) / 8;
  for (int e = 0; e < 8 * inputs; ++e) {
    parameters.at("fc1.weight").values[e] *= factor(4 + e / inputs);
  }
  for (int u = 0; u < 8; ++u) parameters.at("fc1.bias").values[u] *= factor(4 + u);
  for (int e = 0; e < 5 * 8; ++e) parameters.at("fc2.weight").values[e] /= factor(4 + e % 8);
  return parameters;
}

/// Largest over root mean square of the non-zero weights.
double peak(const Parameters& parameters, const std::string& name) {
  double largest = 0.0;
  double squares = 0.0;
  double count = 0.0;
  for (const float w : parameters.at(name).values) {
    largest = std::max(largest, std::fabs(static_cast<double>(w)));
    squares += static_cast<double>(w) * w;
    count += w != 0.0F ? 1.0 : 0.0;
  }
  return largest / std::sqrt(squares / count);
}

void expect_same_outputs(const Network& n, const Parameters& found, const Parameters& expected) {
  constexpr double kFloatRounding = 1e-6;  // 2^-24 a weight, of outputs near 1
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto image = sample::random_image(n.input, RandomStream(5).child("image", i));
    const sample::Map a = sample::run_float({n, found, {}, {}, {}}, image).back();
    const sample::Map b = sample::run_float({n, expected, {}, {}, {}}, image).back();
    for (std::size_t o = 0; o < b.size(); ++o) EXPECT_NEAR(a[o], b[o], kFloatRounding);
  }
}

TEST(EqualizeLayers, KeepsWhatAChainComputes) {
  const Network n = two_groups();
  const Parameters uneven = unevened(pruned_parameters(n));
  expect_same_outputs(n, uneven, pruned_parameters(n));  // what unevened() promises

  const Parameters equalized = equalize_layers(n, uneven);

  expect_same_outputs(n, equalized, uneven);
  for (const char* name :
       {"conv1.weight", "conv1.bias", "conv2.weight", "fc1.weight", "fc2.weight"})
    EXPECT_NE(equalized.at(name).values, uneven.at(name).values) << name;
  EXPECT_EQ(equalized.at("fc2.bias").values, uneven.at("fc2.bias").values);
}

TEST(EqualizeLayers, UndoesUnevenUnits) {
  const Network n = two_groups();
  const Parameters even = pruned_parameters(n);
  const Parameters uneven = unevened(even);

  const Parameters equalized = equalize_layers(n, uneven);

  constexpr double kNear = 1.1;  // random units of the even network differ a little too
  for (const char* name : {"conv1.weight", "conv2.weight", "fc1.weight", "fc2.weight"}) {
    EXPECT_GT(peak(uneven, name), 1.2 * peak(even, name)) << name;
    EXPECT_LT(peak(equalized, name), kNear * peak(even, name)) << name;
  }
}

TEST(EqualizeLayers, ForgetsHowUnitsWereScaledBefore) {
  const Network n = two_groups();
  const Parameters even = pruned_parameters(n);

  const Parameters a = equalize_layers(n, even);
  const Parameters b = equalize_layers(n, unevened(even));

  // The layers' overall scales stay where they were; the proportions inside a layer are the same.
  constexpr double kConverged = 1e-4;
  for (const char* name : {"conv1.weight", "conv2.weight", "fc1.weight", "fc2.weight"}) {
    const std::vector<float>& x = a.at(name).values;
    const std::vector<float>& y = b.at(name).values;
    for (std::size_t e = 2; e < x.size(); ++e) {
      if (x[e] == 0.0F) continue;
      EXPECT_NEAR(y[e] / x[e] / (y[1] / x[1]), 1.0, kConverged) << name << " " << e;
    }
  }
}

/// a (3 units) -> ReLU -> b (2), one input.
Network two_layers() {
  return network({1, 1, 1}, {with_bias(linear("a", 0, 3)), node("relu", Op::Relu, {1}),
                             with_bias(linear("b", 2, 2))});
}

TEST(EqualizeLayers, SplitsTheDifferenceBetweenBothSides) {
  const Parameters given = {{"a.weight", {{3, 1}, {1.0F, -16.0F, 5.0F}}},
                            {"a.bias", {{3}, {1.0F, 2.0F, 3.0F}}},
                            {"b.weight", {{2, 3}, {2.0F, 2.0F, 0.0F, 0.0F, 2.0F, 0.0F}}},
                            {"b.bias", {{2}, {7.0F, 8.0F}}}};

  const Parameters equalized = equalize_layers(two_layers(), given);

  // a: 1 and 16 are 1/4 and 4 of their mean 4; b: 1 and 1, zeros not counted. s = 2 and 1/2;
  // unit 2 has no reader.
  const std::vector<std::pair<std::string, std::vector<float>>> expected = {
      {"a.weight", {2.0F, -8.0F, 5.0F}},
      {"a.bias", {2.0F, 1.0F, 3.0F}},
      {"b.weight", {1.0F, 4.0F, 0.0F, 0.0F, 4.0F, 0.0F}},
      {"b.bias", {7.0F, 8.0F}}};
  for (const auto& [name, values] : expected) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_FLOAT_EQ(equalized.at(name).values[i], values[i]) << name << " " << i;
    }
  }
}

TEST(EqualizeLayers, RescalesOnlyTheChainsOfAResidualNetwork) {
  const Network n = sample::residual_network();
  const Parameters given = pruned_parameters(n);

  const Parameters equalized = equalize_layers(n, given);

  expect_same_outputs(n, equalized, given);
  for (const auto& [name, tensor] : given) {
    const bool is_chained = name.rfind("conv3", 0) == 0 || name.rfind("fc", 0) == 0;
    const bool is_last_bias = name == "fc2.bias";
    EXPECT_EQ(equalized.at(name).values != tensor.values, is_chained && !is_last_bias) << name;
  }
}

/// Expects that equalization leaves the network's parameters as they are, bit for bit.
void expect_untouched(const Network& n) {
  const Parameters given = sample::random_parameters(n, RandomStream(1));
  const Parameters equalized = equalize_layers(n, given);
  for (const auto& [name, tensor] : given) EXPECT_EQ(equalized.at(name).values, tensor.values);
}

TEST(EqualizeLayers, LeavesLayersBeforeABatchNormOrAnAdd) {
  expect_untouched(network({2, 4, 4}, {conv("a", 0, 3, {3}), node("norm", Op::BatchNorm2d, {1}),
                                       node("relu", Op::Relu, {2}), conv("b", 3, 2, {2})}));
  expect_untouched(network({2, 1, 1}, {linear("a", 0, 3), linear("b", 0, 3),
                                       node("sum", Op::Add, {1, 2}), linear("c", 3, 2)}));
}

TEST(EqualizeLayers, LeavesUnitsThatTwoNodesRead) {
  expect_untouched(network({2, 1, 1}, {linear("a", 0, 3), node("relu", Op::Relu, {1}),
                                       linear("b", 2, 3), node("sum", Op::Add, {2, 3})}));
}

TEST(EqualizeLayers, RefusesMissingParameters) {
  EXPECT_THROW((void)equalize_layers(two_layers(), {}), std::logic_error);
}

}  // namespace
}  // namespace ohmweave
