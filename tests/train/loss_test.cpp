// SPDX-License-Identifier: Apache-2.0
#include "train/loss.h"

#include <gtest/gtest.h>

namespace ohmweave::train {
namespace {

Batch two_images() {
  Batch batch;
  batch.labels = torch::tensor({2, 0}, torch::kInt64);
  batch.teacher_logits = torch::tensor({{0.1F, -1.0F, 3.0F}, {2.0F, 0.5F, 0.5F}});
  return batch;
}

torch::Tensor logits() {
  return torch::tensor({{1.0F, 0.0F, 2.0F}, {-1.0F, 0.5F, 1.5F}}).requires_grad_();
}

TEST(TrainingLoss, WithoutDistillationIsTheCrossEntropy) {
  const torch::Tensor y = logits();

  const torch::Tensor loss = training_loss(y, two_images(), std::nullopt);

  const torch::Tensor p = y.softmax(1);
  EXPECT_NEAR(loss.item<double>(),
              -0.5 * (std::log(p[0][2].item<double>()) + std::log(p[1][0].item<double>())), 1e-6);
}

TEST(TrainingLoss, HasTheGradientOfTheMixedLoss) {
  const torch::Tensor y = logits();
  const Batch batch = two_images();
  const DistillOptions distill{0.3, 2.0};

  training_loss(y, batch, distill).backward();

  // d CE = softmax(y) - one-hot; d T^2 KL = T (softmax(y / T) - softmax(teacher / T)); mean of two.
  const torch::Tensor one_hot = torch::one_hot(batch.labels, 3);
  const torch::Tensor expected =
      (0.7 * (y.softmax(1) - one_hot) +
       0.3 * 2.0 * ((y / 2.0).softmax(1) - (batch.teacher_logits / 2.0).softmax(1))) /
      2.0;
  EXPECT_TRUE(torch::allclose(y.grad(), expected, 1e-5, 1e-6)) << y.grad() << expected;
}

TEST(ImageLoss, AndItsGradientAreThoseOfTheBatch) {
  const Batch batch = two_images();
  for (const auto& distill : {std::optional<DistillOptions>(), std::optional(DistillOptions{})}) {
    const torch::Tensor y = logits();
    const torch::Tensor expected = training_loss(y, batch, distill);
    expected.backward();
    const torch::Tensor answers = y.detach();
    torch::Tensor gradient = torch::zeros({2, 3});

    double loss = 0.0;
    for (int i = 0; i < 2; ++i) {
      const ImageAnswer answer{answers[i].data_ptr<float>(),
                               batch.teacher_logits[i].data_ptr<float>(), 3,
                               static_cast<int>(batch.labels[i].item<std::int64_t>())};
      loss += 0.5 * image_loss(answer, distill, gradient[i].data_ptr<float>());
    }

    EXPECT_NEAR(loss, expected.item<double>(), 1e-6);
    EXPECT_TRUE(torch::allclose(0.5 * gradient, y.grad(), 1e-5, 1e-6));
  }
}

TEST(TrainingLoss, OfAStudentThatEqualsItsTeacherIsTheLabelsShare) {
  Batch batch = two_images();
  const torch::Tensor y = batch.teacher_logits.clone();

  const double mixed = training_loss(y, batch, DistillOptions{0.5, 3.0}).item<double>();

  EXPECT_NEAR(mixed, 0.5 * training_loss(y, batch, std::nullopt).item<double>(), 1e-6);
}

}  // namespace
}  // namespace ohmweave::train
