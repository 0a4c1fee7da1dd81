// SPDX-License-Identifier: Apache-2.0
#include "admm/mask_choice.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace ohmweave::admm {
namespace {

std::vector<MaskCandidate> two_candidates() {
  return {{"a", torch::tensor({{1.0F, -5.0F}, {5.0F, 0.5F}}),
           torch::tensor({{9.0F, 1.0F}, {0.1F, 1.0F}}), 0},
          {"b", torch::tensor({0.1F, -0.2F}), torch::tensor({1.0F, -100.0F}), 1}};
}

TEST(MagnitudeMasks, KeepExactlyTheLargestAndTheFloors) {
  const std::vector<torch::Tensor> masks = magnitude_masks(two_candidates(), 2);

  // b keeps its larger weight; of -5 and 5 in a the lower index stays.
  EXPECT_TRUE(torch::equal(masks[0], torch::tensor({{false, true}, {false, false}})));
  EXPECT_TRUE(torch::equal(masks[1], torch::tensor({false, true})));
}

TEST(SaliencyMasks, RankByTheProductWithTheGradient) {
  const std::vector<torch::Tensor> masks = saliency_masks(two_candidates(), 2);

  // |w g|: 9 5 0.5 0.5 and 0.1 20.
  EXPECT_TRUE(torch::equal(masks[0], torch::tensor({{true, false}, {false, false}})));
  EXPECT_TRUE(torch::equal(masks[1], torch::tensor({false, true})));
}

TEST(MagnitudeMasks, CountExactlyWhateverTheTies) {
  const std::vector<MaskCandidate> tied = {{"a", torch::ones({3}), {}, 0},
                                           {"b", torch::ones({4}), {}, 2}};
  for (int keep = 2; keep <= 7; ++keep) {
    const std::vector<torch::Tensor> masks = magnitude_masks(tied, keep);

    EXPECT_EQ((masks[0].sum() + masks[1].sum()).item<int>(), keep);
    EXPECT_GE(masks[1].sum().item<int>(), 2);
  }
}

TEST(MagnitudeMasks, RefuseCountsThatDoNotFitAndNotANumber) {
  EXPECT_THROW((void)magnitude_masks(two_candidates(), 7), ConfigError);
  EXPECT_THROW((void)magnitude_masks(two_candidates(), 0), ConfigError);
  std::vector<MaskCandidate> broken = two_candidates();
  broken[1].weight[0] = NAN;
  EXPECT_THROW((void)magnitude_masks(broken, 2), NumericError);
}

}  // namespace
}  // namespace ohmweave::admm
