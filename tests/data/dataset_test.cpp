// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/error.h"
#include "data/table.h"
#include "tests/support/error_text.h"

namespace ohmweave::data {
namespace {

DataOptions small() {
  DataOptions options;
  options.num_train_images = 100;
  options.num_test_images = 30;
  options.num_validation_images = 20;
  return options;
}

/// The bytes of each image, with its label: what has to be kept whole.
std::multiset<std::string> images_of(const Split& split) {
  std::multiset<std::string> result;
  for (std::int64_t i = 0; i < split.labels.size(0); ++i) {
    const torch::Tensor image = split.images[i].contiguous();
    std::string bytes(reinterpret_cast<const char*>(image.data_ptr<std::uint8_t>()),
                      static_cast<std::size_t>(image.numel()));
    result.insert(bytes + static_cast<char>(split.labels[i].item<std::int64_t>()));
  }
  return result;
}

TEST(LoadTrainingData, CutsTheTrainingImagesInTwo) {
  DataOptions whole_options = small();
  const TrainingData data = load_training_data(small(), 3);

  std::multiset<std::string> together = images_of(data.train);
  together.merge(images_of(data.validation));

  EXPECT_EQ(data.train.images.sizes(), (torch::IntArrayRef{80, 1, 28, 28}));
  EXPECT_EQ(data.validation.images.sizes(), (torch::IntArrayRef{20, 1, 28, 28}));
  EXPECT_EQ(data.train.images.scalar_type(), torch::kUInt8);
  EXPECT_EQ(data.train.labels.scalar_type(), torch::kInt64);
  std::multiset<std::string> whole;
  const Images images = find_data_set("synthetic_digits").load(whole_options, Part::Train, 3);
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const auto first = images.pixels.begin() + i * 784;
    whole.insert(std::string(first, first + 784) +
                 static_cast<char>(images.labels[static_cast<std::size_t>(i)]));
  }
  EXPECT_EQ(together, whole);
}

TEST(LoadTrainingData, CutsBySeedAndNotInFileOrder) {
  const TrainingData first = load_training_data(small(), 3);
  const TrainingData again = load_training_data(small(), 3);
  const TrainingData other = load_training_data(small(), 4);

  EXPECT_TRUE(first.validation.labels.equal(again.validation.labels));
  EXPECT_TRUE(first.train.images.equal(again.train.images));
  EXPECT_FALSE(first.validation.labels.equal(other.validation.labels));
  // Labels in drawing order are 0, 1, 2, ...: the cut must not simply take the first ones.
  EXPECT_FALSE(first.validation.labels.equal(torch::arange(20).remainder(10)));
}

TEST(LoadTrainingData, RefusesToHoldOutEveryImage) {
  DataOptions options = small();
  options.num_validation_images = 100;

  const std::string text = error_text<ConfigError>([&] { (void)load_training_data(options, 1); });

  EXPECT_EQ(text,
            "/data/num_validation_images = 100: must be 1 to 99, to leave some of the 100 "
            "training images");
}

TEST(LoadTestData, KeepsTheOrderOfTheSet) {
  const Split test = load_test_data(small(), 3);

  EXPECT_TRUE(test.labels.equal(torch::arange(30).remainder(10)));
  EXPECT_EQ(test.images.sizes(), (torch::IntArrayRef{30, 1, 28, 28}));
}

TEST(Normalized, MapsBytesToTheUnitRange) {
  const torch::Tensor bytes = torch::tensor({0, 51, 255}, torch::kUInt8);

  const torch::Tensor unit = normalized(bytes);

  EXPECT_TRUE(unit.equal(torch::tensor({0.0F, 0.2F, 1.0F})));
  EXPECT_TRUE(bytes.equal(torch::tensor({0, 51, 255}, torch::kUInt8)));
}

}  // namespace
}  // namespace ohmweave::data
