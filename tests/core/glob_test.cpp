// SPDX-License-Identifier: Apache-2.0
#include "core/glob.h"

#include <gtest/gtest.h>

namespace ohmweave {
namespace {

TEST(Glob, MatchesANameWithoutWildcardsOnlyWhole) {
  EXPECT_TRUE(matches_glob("conv1.weight", "conv1.weight"));
  EXPECT_FALSE(matches_glob("conv1.weight", "conv1.weight2"));
  EXPECT_FALSE(matches_glob("conv1", "conv1.weight"));
}

TEST(Glob, StarStandsForAnyRunOfCharacters) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("fc*.weight", "fc1.weight"));
  EXPECT_TRUE(matches_glob("fc*.weight", "fc.weight"));
  EXPECT_TRUE(matches_glob("*.we*t", "a.b.weight.weight"));
  EXPECT_FALSE(matches_glob("fc*.bias", "fc1.weight"));
}

TEST(Glob, QuestionMarkStandsForExactlyOneCharacter) {
  EXPECT_TRUE(matches_glob("conv?.weight", "conv2.weight"));
  EXPECT_FALSE(matches_glob("conv?.weight", "conv.weight"));
  EXPECT_FALSE(matches_glob("conv?.weight", "conv12.weight"));
}

}  // namespace
}  // namespace ohmweave
