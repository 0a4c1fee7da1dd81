// SPDX-License-Identifier: Apache-2.0
#include "inference/windows.h"

#include <gtest/gtest.h>

#include <numeric>

#include "small_networks.h"

namespace ohmweave::inference {
namespace {

CodeBatch counting_batch(int num_images, const Shape& shape) {
  CodeBatch batch = make_code_batch(num_images, shape);
  std::iota(batch.codes.begin(), batch.codes.end(), 1);
  return batch;
}

std::vector<std::int32_t> gather(const Windows& windows, int group, const std::vector<int>& rows,
                                 std::int64_t first, int count) {
  std::vector<std::int32_t> values(rows.size() * static_cast<std::size_t>(count));
  windows.gather(group, rows, {first, count}, values.data());
  return values;
}

TEST(Windows, GatherTheRowsAskedForWithZeroPadding) {
  // Map 1 2 / 3 4, 2 x 2 kernel, one ring of zeros, stride 2: four windows of one value each.
  const CodeBatch input = counting_batch(1, {1, 2, 2});
  const Windows windows(make_conv("conv", 0, 1, 2, 2, 1), {1, 2, 2}, input);

  EXPECT_EQ(windows.num_windows(), 4);
  EXPECT_EQ(windows.num_rows(), 4);
  EXPECT_EQ(gather(windows, 0, {3}, 0, 4), (std::vector<std::int32_t>{1, 0, 0, 0}));
  EXPECT_EQ(gather(windows, 0, {0, 1}, 2, 2), (std::vector<std::int32_t>{0, 4, 3, 0}));
}

TEST(Windows, StartGroupsAtTheirOwnChannels) {
  const CodeBatch input = counting_batch(2, {4, 1, 1});
  const Windows windows(make_conv("conv", 0, 2, 1, 1, 0, 2), {2, 1, 1}, input);

  EXPECT_EQ(gather(windows, 0, {0, 1}, 0, 2), (std::vector<std::int32_t>{1, 5, 2, 6}));
  EXPECT_EQ(gather(windows, 1, {0, 1}, 0, 2), (std::vector<std::int32_t>{3, 7, 4, 8}));
}

TEST(Windows, SeeALinearLayersFeaturesInFlattenedOrder) {
  const CodeBatch input = counting_batch(2, {2, 1, 2});
  const Windows windows(make_linear("fc", 0, 3), {3, 1, 1}, input);

  EXPECT_EQ(gather(windows, 0, {0, 3}, 0, 2), (std::vector<std::int32_t>{1, 5, 4, 8}));
  EXPECT_EQ(windows.output_offsets({0, 2}), (std::vector<std::int64_t>{0, 3}));
}

TEST(Windows, OfAConvolutionEqualTheReferenceGather) {
  const CodeBatch input = random_input(residual_network(0.0, RandomStream(1)), 2, RandomStream(2));
  const Node conv = make_conv("conv", 0, 4, 3, 2, 1, 2);
  const Windows windows(conv, {4, 5, 4}, input);
  std::vector<int> rows(static_cast<std::size_t>(windows.num_rows()));
  std::iota(rows.begin(), rows.end(), 0);

  for (std::int64_t window = 0; window < windows.num_windows(); ++window) {
    const int place = static_cast<int>(window % 20);
    const std::vector<std::int32_t> image = image_of(input, static_cast<int>(window / 20));
    for (int group = 0; group < 2; ++group) {
      const std::vector<std::int64_t> expected = gather_window(
          conv, input.shape, {image.begin(), image.end()}, group, place / 4, place % 4);
      const std::vector<std::int32_t> given = gather(windows, group, rows, window, 1);
      EXPECT_EQ((std::vector<std::int64_t>(given.begin(), given.end())), expected);
    }
  }
}

}  // namespace
}  // namespace ohmweave::inference
