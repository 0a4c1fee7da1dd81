// SPDX-License-Identifier: Apache-2.0
// The sparse engine against GraphModule and torch's autograd.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "nn/graph_module.h"
#include "nn/sparse_network.h"
#include "tests/nn/sparse_cases.h"

namespace ohmweave::nn {
namespace {

/// Both sides add the same float products in another order: a sum of n terms differs by about
/// sqrt(n) * 2^-24 of its largest partial sum, n is a few thousand here, and a few layers follow
/// one another. Compared with the largest number of the tensor.
constexpr double kRounding = 2e-5;

struct Reference {
  std::vector<float> logits;
  std::vector<float> gradient;  // in the order of the ranges
};

std::vector<float> to_floats(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().contiguous().flatten();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

torch::Tensor from_floats(const std::vector<float>& values, torch::IntArrayRef sizes) {
  return torch::tensor(values).reshape(sizes);
}

Reference torch_reference(GraphModule& module, const SparseBatch& batch,
                          const std::vector<SparseRange>& ranges) {
  const Shape& shape = module.network().input;
  const torch::Tensor images =
      from_floats(batch.images, {batch.count, shape.channels, shape.height, shape.width});
  module.zero_grad();
  const torch::Tensor logits = module.forward(images).flatten(1);
  (logits * from_floats(batch.logit_gradient, logits.sizes())).sum().backward();
  Reference reference{to_floats(logits), {}};
  for (const SparseRange& range : ranges) {
    const torch::Tensor gradient = module.parameter(range.name).grad();
    const std::vector<float> dense =
        gradient.defined() ? to_floats(gradient) : std::vector<float>();
    for (const std::int64_t place : range.places) {
      reference.gradient.push_back(dense.empty() ? 0.0F : dense[static_cast<std::size_t>(place)]);
    }
  }
  return reference;
}

double largest(const std::vector<float>& values, std::size_t first, std::size_t end) {
  double result = 0.0;
  for (std::size_t i = first; i < end; ++i) {
    result = std::max(result, std::abs(static_cast<double>(values[i])));
  }
  return result;
}

void expect_near(const std::vector<float>& given, const std::vector<float>& expected,
                 const std::string& what) {
  ASSERT_EQ(given.size(), expected.size()) << what;
  const double scale = largest(expected, 0, expected.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    ASSERT_NEAR(given[i], expected[i], kRounding * scale) << what << ", number " << i;
  }
}

/// Each gradient by the scale of its node: the true gradient of a bias before a batch norm is 0.
void expect_gradients_near(const std::vector<float>& given, const std::vector<float>& expected,
                           const std::vector<SparseRange>& ranges) {
  ASSERT_EQ(given.size(), expected.size());
  std::map<int, double> scales;
  for (const SparseRange& range : ranges) {
    const auto first = static_cast<std::size_t>(range.first);
    double& scale = scales[range.node];
    scale = std::max(scale, largest(expected, first, first + range.places.size()));
  }
  for (const SparseRange& range : ranges) {
    const auto first = static_cast<std::size_t>(range.first);
    for (std::size_t i = first; i < first + range.places.size(); ++i) {
      ASSERT_NEAR(given[i], expected[i], kRounding * scales[range.node])
          << range.name << ", value " << i - first;
    }
  }
}

/// The same network in both forms.
struct Twins {
  Twins(const Network& network, double fraction, Numbers kind, const SparseOptions& options = {})
      : sparse(network, random_parameters(network, kind), random_masks(network, fraction), options),
        dense(network) {
    dense.load(sparse.to_parameters());
    dense.eval();
  }
  SparseNetwork sparse;
  GraphModule dense;
};

void expect_equal_to_torch(Twins& twins, std::int64_t count, NormStatistics statistics) {
  const SparseBatch batch = random_batch(twins.sparse.network(), count, Numbers::Normal);
  twins.dense.train(statistics == NormStatistics::Batch);

  const SparseGradients given = twins.sparse.backward(batch.view(), statistics, batch.loss());

  const Reference expected = torch_reference(twins.dense, batch, twins.sparse.ranges());
  expect_near(given.logits, expected.logits, "logits");
  expect_gradients_near(given.gradient, expected.gradient, twins.sparse.ranges());
}

TEST(SparseNetwork, EqualsTorchOnASmallLeNet) {
  Twins twins(small_lenet(), 0.3, Numbers::Normal);

  expect_equal_to_torch(twins, 32, NormStatistics::Batch);
}

TEST(SparseNetwork, EqualsTorchWithEveryWeightThere) {
  Twins twins(small_lenet(), 2.0, Numbers::Normal);

  expect_equal_to_torch(twins, 16, NormStatistics::Batch);
}

TEST(SparseNetwork, EqualsTorchForAnyNumberOfImages) {
  Twins twins(small_lenet(), 0.3, Numbers::Normal);

  for (const int count : {1, 15, 17, 33, 1100}) {
    expect_equal_to_torch(twins, count, NormStatistics::Batch);
  }
}

TEST(SparseNetwork, EqualsTorchOnAResidualNetworkWithBatchStatistics) {
  Twins twins(small_resnet(), 0.5, Numbers::Normal, {2});

  expect_equal_to_torch(twins, 37, NormStatistics::Batch);
}

TEST(SparseNetwork, EqualsTorchOnAResidualNetworkWithRunningAverages) {
  Twins twins(small_resnet(), 0.5, Numbers::Normal, {2});

  expect_equal_to_torch(twins, 37, NormStatistics::Running);
}

TEST(SparseNetwork, EqualsTorchWhereNodesCannotShareAStep) {
  Twins twins(odd_graph(), 0.6, Numbers::Normal);

  expect_equal_to_torch(twins, 20, NormStatistics::Batch);
}

TEST(SparseNetwork, EqualsTorchForEveryWidthOfAMap) {
  for (int width = 1; width <= 41; ++width) {
    const Network network{
        "wide",
        {2, 5, width},
        {sparse_node("input", Op::Input, {}), sparse_conv("conv1", 0, 3, {3, 1, 1}),
         sparse_conv("conv2", 1, 2, {2, 2, 1})}};
    Twins twins(network, 0.7, Numbers::Normal);

    SCOPED_TRACE("width " + std::to_string(width));
    expect_equal_to_torch(twins, 3, NormStatistics::Batch);
  }
}

TEST(SparseNetwork, MovesTheRunningAveragesAsTorchDoes) {
  Twins twins(small_resnet(), 2.0, Numbers::Normal);
  expect_equal_to_torch(twins, 21, NormStatistics::Batch);

  const Parameters given = twins.sparse.to_parameters();

  for (const auto& [name, expected] : twins.dense.state()) {
    expect_near(given.at(name).values, expected.values, name);
  }
}

TEST(SparseNetwork, GivesTheSumOfSquaredGradientsOfSingleImages) {
  for (const Network& network : {small_lenet(), small_resnet()}) {
    Twins twins(network, 0.4, Numbers::Normal);
    const SparseBatch batch = random_batch(network, 19, Numbers::Normal);

    const SparseGradients given = twins.sparse.backward_with_squares(batch.view(), batch.loss());

    std::vector<float> expected(given.squares.size(), 0.0F);
    for (std::int64_t i = 0; i < batch.count; ++i) {
      const auto part = [&](const std::vector<float>& all) {
        const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(all.size()) / batch.count;
        return std::vector<float>(all.begin() + i * size, all.begin() + (i + 1) * size);
      };
      const SparseBatch one{part(batch.images), part(batch.logit_gradient), 1, batch.image_size};
      const Reference single = torch_reference(twins.dense, one, twins.sparse.ranges());
      for (std::size_t k = 0; k < expected.size(); ++k) {
        expected[k] += single.gradient[k] * single.gradient[k];
      }
    }
    expect_gradients_near(given.squares, expected, twins.sparse.ranges());
  }
}

// Numbers that are small multiples of 1/8 add up exactly in any order: windows with equal places,
// sums that are exactly 0 and sums halfway between two codes must be decided as torch does.
void expect_exactly_torch(Twins& twins, const std::map<std::string, CodeFormat>& formats) {
  const SparseBatch batch = random_batch(twins.sparse.network(), 40, Numbers::Eighths);
  twins.sparse.set_activation_formats(formats);
  twins.dense.set_activation_formats(formats);

  const SparseGradients given =
      twins.sparse.backward(batch.view(), NormStatistics::Running, batch.loss());

  const Reference expected = torch_reference(twins.dense, batch, twins.sparse.ranges());
  EXPECT_EQ(given.logits, expected.logits);
  EXPECT_EQ(given.gradient, expected.gradient);
  const std::size_t first_layer = twins.sparse.ranges()[0].places.size();
  EXPECT_GT(largest(expected.gradient, 0, first_layer), 0.0) << "it must reach the first layer";
}

TEST(SparseNetwork, SendsTheGradientOfATieWhereTorchDoes) {
  Twins lenet(small_lenet(), 0.4, Numbers::Eighths);
  Twins odd(odd_graph(), 0.3, Numbers::Eighths);

  expect_exactly_torch(lenet, {});
  expect_exactly_torch(odd, {});
}

TEST(SparseNetwork, RoundsActivationsAsTorchDoes) {
  Twins twins(small_lenet(), 0.4, Numbers::Eighths);

  expect_exactly_torch(twins, {{"input", {0.25, 3, true}},
                               {"conv1", {0.25, 3, false}},
                               {"conv2", {0.25, 4, true}},
                               {"fc1", {0.5, 3, false}}});
}

TEST(SparseNetwork, RoundsActivationsOfAnyNode) {
  Twins lenet(small_lenet(), 0.4, Numbers::Eighths);
  Twins odd(odd_graph(), 0.3, Numbers::Eighths);

  expect_exactly_torch(lenet, {{"relu1", {0.25, 3, false}},
                               {"pool2", {0.5, 6, false}},
                               {"flatten", {1.0, 5, false}},
                               {"relu3", {0.5, 4, true}}});
  expect_exactly_torch(odd, {{"relu0", {0.25, 2, false}},
                             {"add2", {0.5, 4, true}},
                             {"pool1", {1.0, 4, true}},
                             {"flatten", {2.0, 4, true}},
                             {"fc", {1.0, 5, true}}});
}

TEST(SparseNetwork, TakesBytesAsNormalizedImages) {
  Twins twins(small_lenet(), 0.4, Numbers::Normal);
  std::vector<std::uint8_t> bytes(20 * 256);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 % 256);
  const torch::Tensor pixels = torch::from_blob(bytes.data(), {20, 1, 16, 16}, torch::kUInt8);

  const std::vector<float> given = twins.sparse.forward(consecutive_images(bytes.data(), 20, 256));

  const std::vector<float> normalized = to_floats(pixels.to(torch::kFloat32) / 255.0);
  EXPECT_EQ(given, twins.sparse.forward(consecutive_images(normalized.data(), 20, 256)));
}

}  // namespace
}  // namespace ohmweave::nn
