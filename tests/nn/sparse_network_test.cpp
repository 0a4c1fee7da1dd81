// SPDX-License-Identifier: Apache-2.0
// What the sparse engine promises by itself: the same bits from any number of threads and from both
// AVX instruction sets, finite differences, dead channels, round trips, errors.
#include "nn/sparse_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/error.h"
#include "tests/nn/sparse_cases.h"

namespace ohmweave::nn {
namespace {

template <class E, class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "no error of this kind";
}

SparseNetwork make_sparse(const Network& network, double fraction,
                          const SparseOptions& options = {}) {
  return {network, random_parameters(network, Numbers::Normal), random_masks(network, fraction),
          options};
}

/// Everything that a training would see: by batch statistics, then by running averages.
struct Outcome {
  std::vector<SparseGradients> gradients;
  Parameters parameters;
};

Outcome outcome(const Network& network, const SparseOptions& options) {
  SparseNetwork sparse = make_sparse(network, 0.5, options);
  const SparseBatch batch = random_batch(network, 77, Numbers::Normal);
  Outcome result;
  result.gradients.push_back(sparse.backward(batch.view(), NormStatistics::Batch, batch.loss()));
  result.gradients.push_back(sparse.backward_with_squares(batch.view(), batch.loss()));
  sparse.set_activation_formats({{"conv1", {0.1, 3, true}}});
  result.gradients.push_back(sparse.backward(batch.view(), NormStatistics::Batch, batch.loss()));
  result.parameters = sparse.to_parameters();
  return result;
}

void expect_same_bits(const Outcome& a, const Outcome& b) {
  for (std::size_t i = 0; i < a.gradients.size(); ++i) {
    EXPECT_EQ(a.gradients[i].logits, b.gradients[i].logits) << "pass " << i;
    EXPECT_EQ(a.gradients[i].gradient, b.gradients[i].gradient) << "pass " << i;
    EXPECT_EQ(a.gradients[i].squares, b.gradients[i].squares) << "pass " << i;
  }
  for (const auto& [name, tensor] : a.parameters) {
    EXPECT_EQ(tensor.values, b.parameters.at(name).values) << name;
  }
}

/// A map 24 wide, as LeNet-5's first: patches differ between the instruction sets.
Network wide_map() {
  return {"wide_map",
          {1, 9, 28},
          {sparse_node("input", Op::Input, {}), sparse_conv("conv1", 0, 3, {5}),
           sparse_conv("conv2", 1, 3, {3, 1, 1}), sparse_node("flatten", Op::Flatten, {2}),
           sparse_linear("fc", 3, 2)}};
}

TEST(SparseNetwork, DoesNotDependOnTheNumberOfThreads) {
  for (const Network& network : {small_lenet(), small_resnet(), wide_map()}) {
    const Outcome one = outcome(network, {1});
    expect_same_bits(one, outcome(network, {2}));
    expect_same_bits(one, outcome(network, {3}));
  }
}

TEST(SparseNetwork, HasTheSameBitsFromBothAvxInstructionSets) {
  if (!is_supported(InstructionSet::Avx512)) GTEST_SKIP() << "the processor has no AVX-512";

  for (const Network& network : {small_lenet(), small_resnet(), wide_map()}) {
    expect_same_bits(outcome(network, {1, InstructionSet::Avx2}),
                     outcome(network, {1, InstructionSet::Avx512}));
  }
}

TEST(SparseNetwork, DiffersByRoundingOnlyOnAnyOtherProcessor) {
  // Two more roundings a product: see the tolerance against torch in sparse_torch_test.cpp.
  constexpr double kRounding = 2e-5;
  for (const Network& network : {small_lenet(), wide_map()}) {
    const SparseBatch batch = random_batch(network, 20, Numbers::Normal);
    SparseNetwork best = make_sparse(network, 0.5);
    SparseNetwork portable = make_sparse(network, 0.5, {1, InstructionSet::Portable});

    const SparseGradients expected = best.backward_with_squares(batch.view(), batch.loss());
    const SparseGradients given = portable.backward_with_squares(batch.view(), batch.loss());

    const auto expect_near = [](const std::vector<float>& a, const std::vector<float>& b) {
      double scale = 0.0;
      for (const float x : b) scale = std::max(scale, std::abs(static_cast<double>(x)));
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], kRounding * scale);
    };
    expect_near(given.logits, expected.logits);
    expect_near(given.gradient, expected.gradient);
    expect_near(given.squares, expected.squares);
  }
}

TEST(SparseNetwork, HasTheGradientOfFiniteDifferences) {
  // Without ReLU and max-pool the logits are linear in each value alone: a central difference has
  // no error but rounding, 2^-24 of a loss of about 100 over the step.
  const Network network{"linear",
                        {2, 7, 7},
                        {sparse_node("input", Op::Input, {}), sparse_conv("conv", 0, 3, {3, 2, 1}),
                         sparse_window("pool", Op::AvgPool2d, 1, {2, 2}),
                         sparse_node("flatten", Op::Flatten, {2}), sparse_linear("fc", 3, 4)}};
  constexpr float kStep = 0.5F;
  constexpr double kTolerance = 1e-4;
  SparseNetwork sparse = make_sparse(network, 0.6);
  const SparseBatch batch = random_batch(network, 18, Numbers::Normal);
  const auto loss = [&] {
    const std::vector<float> logits = sparse.forward(batch.view());
    double sum = 0.0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      sum += static_cast<double>(logits[i]) * static_cast<double>(batch.logit_gradient[i]);
    }
    return sum;
  };

  const std::vector<float> gradient =
      sparse.backward(batch.view(), NormStatistics::Batch, batch.loss()).gradient;

  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const float value = sparse.values()[i];
    sparse.values()[i] = value + kStep;
    const double above = loss();
    sparse.values()[i] = value - kStep;
    const double below = loss();
    sparse.values()[i] = value;
    EXPECT_NEAR(gradient[i], (above - below) / (2.0 * static_cast<double>(kStep)), kTolerance)
        << "value " << i;
  }
}

TEST(SparseNetwork, GivesValuesThatNobodyReadsNoGradient) {
  // Filter 1 of conv1 is read by no weight of fc; fc keeps one weight, of filter 0.
  const Network network{"dead",
                        {1, 2, 2},
                        {sparse_node("input", Op::Input, {}), sparse_conv("conv1", 0, 2, {2}),
                         sparse_node("flatten", Op::Flatten, {1}), sparse_linear("fc", 2, 1)}};
  const Parameters parameters{{"conv1.weight", {{2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}}},
                              {"conv1.bias", {{2}, {0.5F, 0.25F}}},
                              {"fc.weight", {{1, 2}, {2, 100}}},
                              {"fc.bias", {{1}, {1}}}};
  SparseNetwork sparse(network, parameters,
                       {{"conv1.weight", {1, 0, 0, 1, 1, 1, 1, 1}}, {"fc.weight", {1, 0}}});
  const std::vector<float> image{1, 10, 100, 1000};
  const auto one = [](const LogitGroup& group) { group.gradient[0] = 1.0F; };

  const SparseGradients given =
      sparse.backward(consecutive_images(image.data(), 1, 4), NormStatistics::Batch, one);

  EXPECT_EQ(given.logits, (std::vector<float>{2 * (1 + 4000 + 0.5F) + 1}));
  EXPECT_EQ(given.gradient,
            (std::vector<float>{2, 2000, 0, 0, 0, 0, 4001.5F, /*biases:*/ 2, 0, 1}));
}

TEST(SparseNetwork, PadsAVectorWithZerosToo) {
  // A 3 x 3 convolution of single pixels: only the middle weights meet anything.
  const Network network{
      "vector",
      {1, 2, 1},
      {sparse_node("input", Op::Input, {}), sparse_node("flatten", Op::Flatten, {0}),
       sparse_conv("conv", 1, 1, {3, 1, 1})}};
  std::vector<float> weights(18, 100.0F);
  weights[4] = 2.0F;
  weights[13] = 3.0F;
  SparseNetwork sparse(network,
                       {{"conv.weight", {{1, 2, 3, 3}, weights}}, {"conv.bias", {{1}, {1}}}},
                       {{"conv.weight", std::vector<std::uint8_t>(18, 1)}});
  const std::vector<float> image{5, 7};

  EXPECT_EQ(sparse.forward(consecutive_images(image.data(), 1, 2)),
            (std::vector<float>{2 * 5 + 3 * 7 + 1}));
}

TEST(SparseNetwork, RunsWithNoWeightsAtAll) {
  SparseNetwork sparse = make_sparse(small_lenet(), 0.0);
  const SparseBatch batch = random_batch(small_lenet(), 3, Numbers::Normal);

  const SparseGradients given = sparse.backward_with_squares(batch.view(), batch.loss());

  const std::vector<float> bias = sparse.to_parameters().at("fc2.bias").values;
  for (std::size_t i = 0; i < given.logits.size(); ++i) EXPECT_EQ(given.logits[i], bias[i % 4]);
}

TEST(SparseNetwork, ReturnsTheParametersItWasGivenBitForBit) {
  const Parameters given = random_parameters(small_resnet(), Numbers::Normal);
  const SparseMasks masks = random_masks(small_resnet(), 0.5);

  const Parameters returned = SparseNetwork(small_resnet(), given, masks).to_parameters();

  ASSERT_EQ(returned.size(), given.size());
  for (const auto& [name, tensor] : given) {
    std::vector<float> expected = tensor.values;
    if (masks.count(name) > 0) {
      for (std::size_t i = 0; i < expected.size(); ++i) {
        if (masks.at(name)[i] == 0) expected[i] = 0.0F;
      }
    }
    EXPECT_EQ(returned.at(name).values, expected) << name;
    EXPECT_EQ(returned.at(name).shape, tensor.shape) << name;
  }
}

TEST(SparseNetwork, ListsWeightsInTensorOrderAndThenTheOthers) {
  const Network network{"two",
                        {2, 1, 1},
                        {sparse_node("input", Op::Input, {}), sparse_linear("a", 0, 2),
                         sparse_node("bn", Op::BatchNorm2d, {1}), sparse_linear("b", 2, 1)}};
  Parameters parameters = random_parameters(network, Numbers::Normal);
  parameters["a.weight"].values = {1, 2, 3, 4};
  parameters["b.weight"].values = {5, 6};

  SparseNetwork sparse(network, parameters, {{"a.weight", {0, 1, 1, 0}}, {"b.weight", {0, 7}}});

  std::string names;
  for (const SparseRange& range : sparse.ranges()) {
    names += range.name + "@" + std::to_string(range.first) + " ";
  }
  EXPECT_EQ(names, "a.weight@0 b.weight@2 a.bias@3 bn.weight@5 bn.bias@7 b.bias@9 ");
  EXPECT_EQ(sparse.ranges()[0].places, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(sparse.values().size(), 10U);
  EXPECT_EQ(sparse.values()[0], 2.0F);
  EXPECT_EQ(sparse.values()[1], 3.0F);
  EXPECT_EQ(sparse.values()[2], 6.0F);
}

TEST(SparseNetwork, RefusesMasksThatDoNotFit) {
  const Parameters parameters = random_parameters(small_lenet(), Numbers::Normal);
  const auto message = [&](const SparseMasks& masks) {
    return message_of<DataError>(
        [&] { const SparseNetwork sparse(small_lenet(), parameters, masks); });
  };
  SparseMasks missing = random_masks(small_lenet(), 0.5);
  missing.erase("conv2.weight");
  SparseMasks short_mask = random_masks(small_lenet(), 0.5);
  short_mask["fc2.weight"].pop_back();
  SparseMasks unknown = random_masks(small_lenet(), 0.5);
  unknown["fc2.bias"] = {1, 1, 1, 1};

  EXPECT_EQ(message(missing), "network 'small_lenet': the mask of 'conv2.weight' is missing");
  EXPECT_EQ(message(short_mask),
            "network 'small_lenet': the mask of 'fc2.weight' has 39 entries; must have 40");
  EXPECT_EQ(message(unknown), "network 'small_lenet': the mask of 'fc2.bias' belongs to no weight");
}

TEST(SparseNetwork, RefusesWhatItCannotTrain) {
  Network dropout = small_lenet();
  dropout.nodes[10].dropout_fraction = 0.5;
  const Network pool{
      "pool",
      {1, 16, 16},
      {sparse_node("input", Op::Input, {}), sparse_window("pool", Op::MaxPool2d, 0, {16, 1})}};

  EXPECT_EQ(message_of<DataError>([&] { make_sparse(dropout, 0.5); }),
            "network 'small_lenet', node 'drop': dropout_fraction 0.500000: sparse training has no "
            "dropout, must be 0");
  EXPECT_EQ(message_of<DataError>([&] { make_sparse(pool, 0.5); }),
            "network 'pool', node 'pool': kernel 16: sparse training pools at most 15");
  EXPECT_EQ(message_of<ConfigError>([&] { make_sparse(small_lenet(), 0.5, {0}); }),
            "sparse network: num_threads = 0: must be at least 1");
}

TEST(SparseNetwork, RefusesFormatsOfUnknownNodesAndBadScales) {
  SparseNetwork sparse = make_sparse(small_lenet(), 0.5);

  EXPECT_EQ(message_of<DataError>([&] {
              sparse.set_activation_formats({{"conv9", {1.0, 8, true}}});
            }),
            "network 'small_lenet': activation format of 'conv9': there is no such node");
  EXPECT_EQ(message_of<DataError>([&] {
              sparse.set_activation_formats({{"conv1", {0.0, 8, true}}});
            }),
            "network 'small_lenet': activation format of 'conv1': scale 0.000000 must be positive");
}

TEST(SparseNetwork, RefusesNumbersThatAreNotFinite) {
  SparseNetwork sparse = make_sparse(small_lenet(), 0.5);
  SparseBatch batch = random_batch(small_lenet(), 20, Numbers::Normal);
  batch.images[18 * 256 + 40] = std::numeric_limits<float>::quiet_NaN();

  EXPECT_EQ(message_of<NumericError>([&] { static_cast<void>(sparse.forward(batch.view())); }),
            "network 'small_lenet': a logit of image 18 of the batch is NaN or infinite");
  sparse.values()[0] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(message_of<NumericError>([&] { static_cast<void>(sparse.forward(batch.view())); }),
            "network 'small_lenet': 'conv1.weight' holds NaN or infinity");
}

TEST(SparseNetwork, RefusesBatchStatisticsOfOneNumber) {
  const Network network{"norm",
                        {2, 1, 1},
                        {sparse_node("input", Op::Input, {}),
                         sparse_node("bn", Op::BatchNorm2d, {0}), sparse_linear("fc", 1, 1)}};
  SparseNetwork sparse = make_sparse(network, 2.0);
  const SparseBatch batch = random_batch(network, 1, Numbers::Normal);

  EXPECT_EQ(
      message_of<DataError>([&] {
        static_cast<void>(sparse.backward(batch.view(), NormStatistics::Batch, batch.loss()));
      }),
      "network 'norm', node 'bn': a batch of one number a channel has no variance; must be at "
      "least two");
}

TEST(SparseNetwork, PassesOnWhatTheCallerThrows) {
  const SparseBatch batch = random_batch(small_lenet(), 64, Numbers::Normal);
  SparseNetwork sparse = make_sparse(small_lenet(), 0.5, {2});
  const auto fail = [](const LogitGroup& group) {
    throw std::runtime_error("image " + std::to_string(group.first_image));
  };

  EXPECT_EQ(message_of<std::runtime_error>([&] {
              static_cast<void>(sparse.backward(batch.view(), NormStatistics::Running, fail));
            }),
            "image 0");
}

TEST(SparseNetwork, CanBeMoved) {
  SparseNetwork first = make_sparse(small_lenet(), 0.5);
  const SparseBatch batch = random_batch(small_lenet(), 5, Numbers::Normal);
  const std::vector<float> expected = first.forward(batch.view());

  SparseNetwork second = std::move(first);

  EXPECT_EQ(second.forward(batch.view()), expected);
}

}  // namespace
}  // namespace ohmweave::nn
