// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.h"

#include <gtest/gtest.h>

namespace ohmweave::train {
namespace {

TEST(CosineRate, FallsFromTheFirstValueToZero) {
  const LearningRate rate = cosine_rate(0.2, 10);

  EXPECT_DOUBLE_EQ(rate(0.0), 0.2);
  EXPECT_NEAR(rate(5.0), 0.1, 1e-15);
  EXPECT_NEAR(rate(10.0), 0.0, 1e-15);
}

TEST(AdmmRate, FallsInsideEachIterationAndStartsAnew) {
  admm::AdmmOptions options;
  options.epochs_per_iteration = 2;
  options.learning_rate = 1.0;
  options.learning_rate_end_fraction = 0.25;
  const LearningRate rate = admm_rate(options);

  EXPECT_DOUBLE_EQ(rate(0.0), 1.0);
  EXPECT_DOUBLE_EQ(rate(1.0), 0.5);
  EXPECT_NEAR(rate(1.999999), 0.25, 1e-5);
  EXPECT_DOUBLE_EQ(rate(2.0), 1.0);
}

}  // namespace
}  // namespace ohmweave::train
