// SPDX-License-Identifier: Apache-2.0
#include "train/training_set.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "nn/evaluate.h"
#include "tests/train/small_training.h"

namespace ohmweave::train {
namespace {

data::AugmentOptions two_copies() {
  data::AugmentOptions options;
  options.copies = 2;
  return options;
}

NetworkModel random_model(std::uint64_t seed) {
  nn::GraphModule module(small_network());
  nn::initialize(module, RandomStream(seed));
  return nn::to_model(module, {});
}

torch::Tensor outputs(const NetworkModel& model, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  nn::GraphModule module = nn::make_module(model);
  module.eval();
  return module.forward(data::normalized(images));
}

TEST(TrainingSet, WithoutCopiesShowsTheImagesThemselves) {
  const TrainingSet set = load_training_set(small_data(), std::nullopt, 1);
  const torch::Tensor indices = torch::tensor({5, 2}, torch::kInt64);

  const Batch batch =
      make_batch(set, indices, draw_versions(set, set.original_fraction, RandomStream(1)));

  EXPECT_TRUE(torch::equal(batch.images, set.data.train.images.index_select(0, indices)));
  EXPECT_TRUE(torch::equal(batch.labels, set.data.train.labels.index_select(0, indices)));
  EXPECT_FALSE(batch.teacher_logits.defined());
}

TEST(TrainingSet, ShowsEachImageInTheVersionDrawn) {
  TrainingSet set = load_training_set(small_data(), two_copies(), 1);
  const NetworkModel teacher = random_model(3);
  const NetworkModel other = random_model(4);
  add_teachers(set, {teacher, other});
  const torch::Tensor indices = torch::tensor({4, 0, 9}, torch::kInt64);
  torch::Tensor versions = torch::zeros({set.num_images()}, torch::kInt64);
  versions[0] = 2;
  versions[9] = 1;

  const Batch batch = make_batch(set, indices, versions);

  const torch::Tensor expected =
      torch::stack({set.data.train.images[4], set.copies[1][0], set.copies[0][9]});
  EXPECT_TRUE(torch::equal(batch.images, expected));
  const torch::Tensor mean = (outputs(teacher, expected) + outputs(other, expected)) / 2;
  EXPECT_TRUE(torch::allclose(batch.teacher_logits, mean));
}

TEST(TrainingSet, CopiesDifferFromTheirImageAndFromEachOther) {
  const TrainingSet set = load_training_set(small_data(), two_copies(), 1);

  EXPECT_FALSE(torch::equal(set.copies[0], set.data.train.images));
  EXPECT_FALSE(torch::equal(set.copies[0], set.copies[1]));
  EXPECT_TRUE(torch::equal(set.copies, load_training_set(small_data(), two_copies(), 1).copies));
}

TEST(TrainingSet, DrawsOriginalsAndCopiesInTheirShares) {
  const TrainingSet set = load_training_set(small_data(), two_copies(), 1);
  const auto n = static_cast<double>(set.num_images());
  torch::Tensor counts = torch::zeros({3});
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    counts += torch::bincount(
        draw_versions(set, set.original_fraction, RandomStream(1).child("v", epoch)), {}, 3);
  }

  const double draws = 20.0 * n;
  const double share[] = {0.25, 0.375, 0.375};
  for (int version = 0; version < 3; ++version) {
    const double p = share[version];
    EXPECT_NEAR(counts[version].item<double>(), p * draws, 4.0 * std::sqrt(draws * p * (1.0 - p)));
  }
}

}  // namespace
}  // namespace ohmweave::train
