// SPDX-License-Identifier: Apache-2.0
#include "inference/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "inference/batches.h"
#include "inference/options.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

TEST(AccuracyStatistics, AreRightByHand) {
  const AccuracyStatistics s = accuracy_statistics({0.5, 0.9, 0.7});

  EXPECT_DOUBLE_EQ(s.mean, 0.7);
  EXPECT_DOUBLE_EQ(s.std, 0.2);  // sqrt((0.04 + 0.04 + 0) / 2)
  EXPECT_DOUBLE_EQ(s.min, 0.5);
  EXPECT_DOUBLE_EQ(s.max, 0.9);
  EXPECT_DOUBLE_EQ(s.p5, 0.52);  // a tenth of the way from 0.5 to 0.7
}

TEST(AccuracyStatistics, OfOneChipHaveNoSpread) {
  EXPECT_TRUE(std::isnan(accuracy_statistics({0.5}).std));

  const Json json = on_chip_json({0.5}, 10);
  EXPECT_TRUE(json["std"].is_null());
  EXPECT_EQ(json["p5"], 0.5);
}

TEST(AccuracyStatistics, AreWrittenWithEveryChip) {
  EXPECT_EQ(on_chip_json({0.25, 0.75}, 8).dump(),
            R"({"mean":0.5,"std":0.3535533905932738,"min":0.25,"max":0.75,"p5":0.275,)"
            R"("num_chips":2,"num_images":8,"chips":[0.25,0.75]})");
}

TEST(AccuracyStatistics, OverTimeAreThoseOfEachAge) {
  EXPECT_EQ(over_time_json({25.0, 1e6}, {{0.75, 1.0}, {0.5, 0.5}}).dump(),
            R"([{"seconds":25.0,"mean":0.875,"std":0.1767766952966369,"min":0.75,"max":1.0},)"
            R"({"seconds":1000000.0,"mean":0.5,"std":0.0,"min":0.5,"max":0.5}])");
  EXPECT_TRUE(over_time_json({1.0}, {{0.5}})[0]["std"].is_null());
}

TEST(Classify, TakesTheLargestAndTheLowestOfEquals) {
  EXPECT_EQ(classify({3, {3, 1, 1}, {1, 5, 2, -4, -9, -4, 7, 7, 7}}), (std::vector<int>{1, 0, 0}));
}

TEST(CountCorrect, CountsOverAllBatchesWhateverTheirSize) {
  // Two features straight to two classes; the larger one wins.
  const QuantizedNetwork network = linear_network(2, 2, {1, 0, 0, 1});
  const CodeBatch input{5, {2, 1, 1}, {1, 0, 0, 1, 3, 2, 2, 3, 9, 1}};
  const std::vector<int> labels = {0, 1, 1, 1, 1};  // three are right
  const LayerProducts products = exact_products(network);

  for (const int batch : {1, 2, 3, 5, 100})
    EXPECT_EQ(count_correct(network, products, input, labels, batch), 3) << "batch " << batch;
}

TEST(Batches, CutTheImagesInOrder) {
  const CodeBatch all{3, {1, 1, 1}, {7, 8, 9}};

  EXPECT_EQ(count_batches(all, 2), 2);
  EXPECT_EQ(slice_batch(all, 0, 2).codes, (std::vector<std::int32_t>{7, 8}));
  EXPECT_EQ(slice_batch(all, 1, 2).codes, (std::vector<std::int32_t>{9}));
  EXPECT_EQ(first_images(all, 2).num_images, 2);
  EXPECT_EQ(first_images(all, 5).codes, all.codes);
}

TEST(EvaluateOptions, ReadAWordOrANumberOfImages) {
  EXPECT_FALSE(read_config<EvaluateOptions>(Json{{"num_images", "all"}}).num_images.has_value());
  EXPECT_EQ(read_config<EvaluateOptions>(Json{{"num_images", 100}}).num_images, 100);
}

TEST(EvaluateOptions, RefuseNoChips) {
  try {
    (void)read_config<EvaluateOptions>(Json{{"num_chips", 0}}, "/evaluate");
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    ASSERT_EQ(error.problems().size(), 1U);
    EXPECT_EQ(error.problems()[0].rfind("/evaluate/num_chips = 0:", 0), 0U) << error.problems()[0];
  }
}

}  // namespace
}  // namespace ohmweave::inference
