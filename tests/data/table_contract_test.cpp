// SPDX-License-Identifier: Apache-2.0
// What every data set of the table promises. MNIST is tried when OHMWEAVE_DATA has it, other sets
// read from files as small ones written here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include "core/error.h"
#include "data/table.h"
#include "tests/data/image_files.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace ohmweave::data {
inline void PrintTo(const DataSet& entry, std::ostream* out) { *out << entry.name; }

namespace {

class EveryDataSet : public ::testing::TestWithParam<DataSet> {
 protected:
  void SetUp() override {
    options_.kind = GetParam().name;
    options_.num_train_images = 500;
    options_.num_test_images = 300;
    if (GetParam().is_generated()) return;
    options_.path = folder_.path().string();
    if (GetParam().name == "cifar10") {
      write_cifar10(folder_.path());
    } else if (GetParam().name == "image_folder") {
      write_image_folder(folder_.path(), {"a", "b", "c"}, 4);
    } else {
      if (std::getenv("OHMWEAVE_DATA") == nullptr) GTEST_SKIP() << "OHMWEAVE_DATA is not set";
      options_.path = "${OHMWEAVE_DATA}/" + GetParam().name;
    }
  }
  [[nodiscard]] Images load(Part part, std::uint64_t seed) const {
    return GetParam().load(options_, part, seed);
  }

  DataOptions options_;
  TemporaryFolder folder_;
};

std::set<std::string> distinct_images(const Images& images) {
  const auto size = static_cast<std::size_t>(images.shape.size());
  std::set<std::string> distinct;
  for (std::size_t at = 0; at < images.pixels.size(); at += size) {
    distinct.emplace(images.pixels.begin() + static_cast<std::ptrdiff_t>(at),
                     images.pixels.begin() + static_cast<std::ptrdiff_t>(at + size));
  }
  return distinct;
}

TEST_P(EveryDataSet, HasASummary) { EXPECT_GT(GetParam().summary.size(), 10U); }

TEST_P(EveryDataSet, GivesImagesOfItsShapeAndLabelsOfItsClasses) {
  for (const Part part : {Part::Train, Part::Test}) {
    const Images images = load(part, 1);
    EXPECT_EQ(images.shape, image_shape(options_));
    EXPECT_GT(images.size(), 0);
    EXPECT_EQ(static_cast<std::int64_t>(images.pixels.size()), images.size() * images.shape.size());
    const auto highest = *std::max_element(images.labels.begin(), images.labels.end());
    EXPECT_EQ(highest, num_classes(options_) - 1);
  }
}

TEST_P(EveryDataSet, GivesTheSameImagesForTheSameSeed) {
  const Images first = load(Part::Train, 7);
  const Images second = load(Part::Train, 7);

  EXPECT_EQ(first.pixels, second.pixels);
  EXPECT_EQ(first.labels, second.labels);
}

TEST_P(EveryDataSet, FollowsTheSeedExactlyWhenGenerated) {
  const bool same = load(Part::Train, 7).pixels == load(Part::Train, 8).pixels;

  EXPECT_EQ(same, !GetParam().is_generated());
}

TEST_P(EveryDataSet, SharesNoImageBetweenTrainingAndTest) {
  const std::set<std::string> train = distinct_images(load(Part::Train, 1));

  for (const std::string& image : distinct_images(load(Part::Test, 1))) {
    ASSERT_EQ(train.count(image), 0U);
  }
}

TEST_P(EveryDataSet, IsBalanced) {
  // No class has less than half or more than one and a half times its share.
  const Images images = load(Part::Train, 1);
  const double share = static_cast<double>(images.size()) / num_classes(options_);
  for (int label = 0; label < num_classes(options_); ++label) {
    const auto count = static_cast<double>(
        std::count(images.labels.begin(), images.labels.end(), static_cast<std::uint8_t>(label)));
    EXPECT_GT(count, 0.5 * share) << label;
    EXPECT_LT(count, 1.5 * share) << label;
  }
}

TEST_P(EveryDataSet, HasAFingerprintThatStays) {
  EXPECT_EQ(data_fingerprint(options_).size(), 64U);
  EXPECT_EQ(data_fingerprint(options_), data_fingerprint(options_));
}

INSTANTIATE_TEST_SUITE_P(Table, EveryDataSet, ::testing::ValuesIn(data_sets()),
                         [](const auto& tested) { return tested.param.name; });

TEST(DataSetTable, NamesItsSetsForAnUnknownOne) {
  const std::string text = error_text<ConfigError>([] { (void)find_data_set("cifar"); });

  EXPECT_EQ(
      text,
      "/data/kind = \"cifar\": must be one of: synthetic_digits, mnist, cifar10, image_folder");
}

TEST(DataSetTable, HasNoNameTwice) {
  std::set<std::string> names;
  for (const DataSet& set : data_sets()) EXPECT_TRUE(names.insert(set.name).second) << set.name;
}

}  // namespace
}  // namespace ohmweave::data
