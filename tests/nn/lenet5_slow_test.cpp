// SPDX-License-Identifier: Apache-2.0
// The generated digits as a training set: LeNet-5 passes 98 %, a linear model stays below 95 %.
#include <gtest/gtest.h>
#include <torch/optim/adam.h>

#include "data/dataset.h"
#include "models/models.h"
#include "nn/evaluate.h"
#include "tests/nn/small_graphs.h"

namespace ohmweave::nn {
namespace {

constexpr std::int64_t kBatch = 64;

Network linear_classifier() {
  return {"linear",
          {1, 28, 28},
          {input_node(), make_node("flatten", Op::Flatten, {0}), linear_node("fc", 1, 10)}};
}

struct Schedule {
  int num_epochs = 1;
  double learning_rate = 1e-3;
};

/// Trains with Adam, the learning rate falling linearly to zero; returns the test score.
Score trained_score(const Network& network, const data::DataOptions& options,
                    const Schedule& schedule) {
  GraphModule module(network);
  const RandomStream stream(1);
  initialize(module, stream);
  const data::Split train = data::load_training_data(options, 1).train;
  const std::int64_t num_images = train.labels.size(0);
  const std::int64_t num_steps = schedule.num_epochs * (num_images / kBatch);
  torch::optim::Adam adam(module.parameters(), torch::optim::AdamOptions(schedule.learning_rate));
  module.train();
  for (std::int64_t step = 0; step < num_steps; ++step) {
    const std::int64_t start = step % (num_images / kBatch) * kBatch;
    const torch::Tensor images = train.images.slice(0, start, start + kBatch);
    const torch::Tensor labels = train.labels.slice(0, start, start + kBatch);
    module.set_dropout_stream(stream, static_cast<std::uint64_t>(step));
    auto& group = static_cast<torch::optim::AdamOptions&>(adam.param_groups()[0].options());
    group.lr(schedule.learning_rate *
             (1.0 - static_cast<double>(step) / static_cast<double>(num_steps)));
    adam.zero_grad();
    torch::cross_entropy_loss(module.forward(data::normalized(images)), labels).backward();
    adam.step();
  }
  return evaluate(module, data::load_test_data(options, 1));
}

data::DataOptions digits() {
  data::DataOptions options;  // the default: 10,000 images to train on
  options.num_test_images = 5000;
  return options;
}

TEST(SyntheticDigitsSlow, LetLeNet5Pass98Percent) {
  const Score score = trained_score(models::build_model("lenet5"), digits(), {6, 1.5e-3});
  RecordProperty("lenet5_accuracy", std::to_string(score.accuracy));

  EXPECT_GT(score.accuracy, 0.98);
}

TEST(SyntheticDigitsSlow, KeepASoftmaxClassifierBelow95Percent) {
  const Score score = trained_score(linear_classifier(), digits(), {30, 5e-3});
  RecordProperty("softmax_accuracy", std::to_string(score.accuracy));

  EXPECT_LT(score.accuracy, 0.95);
  EXPECT_GT(score.accuracy, 0.7) << "a linear model learns nothing: are the labels right?";
}

}  // namespace
}  // namespace ohmweave::nn
