// SPDX-License-Identifier: Apache-2.0
// The generated digits must be worth a convolutional network: a linear model does not reach 95 %.
#include <gtest/gtest.h>

#include "data/dataset.h"

namespace ohmweave::data {
namespace {

/// Test accuracy of ridge regression from pixels (and a constant) to one-hot labels, solved in
/// closed form.
double ridge_accuracy(const Split& train, const Split& test) {
  const auto features = [](const Split& split) {
    const torch::Tensor pixels = normalized(split.images).flatten(1).to(torch::kFloat64);
    return torch::cat({pixels, torch::ones({pixels.size(0), 1}, torch::kFloat64)}, 1);
  };
  const torch::Tensor x = features(train);
  const torch::Tensor y = torch::one_hot(train.labels, 10).to(torch::kFloat64);
  const torch::Tensor gram = x.t().mm(x) + 10.0 * torch::eye(x.size(1), torch::kFloat64);
  const torch::Tensor weights = torch::linalg_solve(gram, x.t().mm(y));
  const torch::Tensor guesses = features(test).mm(weights).argmax(1);
  return guesses.eq(test.labels).to(torch::kFloat64).mean().item<double>();
}

TEST(SyntheticDigits, KeepALinearModelBelow95Percent) {
  DataOptions options;
  options.num_train_images = 8000;
  options.num_validation_images = 1000;
  options.num_test_images = 1500;

  const double accuracy =
      ridge_accuracy(load_training_data(options, 1).train, load_test_data(options, 1));
  RecordProperty("ridge_accuracy", std::to_string(accuracy));

  EXPECT_LT(accuracy, 0.95);
  EXPECT_GT(accuracy, 0.5) << "the digits can hardly be told apart";
}

}  // namespace
}  // namespace ohmweave::data
