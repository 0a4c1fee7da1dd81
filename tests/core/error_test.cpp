// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

#include <gtest/gtest.h>

#include <string>

namespace ohmweave {
namespace {

TEST(ConfigError, ListsEveryProblemOnItsOwnLine) {
  const ConfigError error({"/a = 1: must be at least 2", "/b: is missing"});

  EXPECT_STREQ(error.what(), "/a = 1: must be at least 2\n/b: is missing");
  EXPECT_EQ(error.problems().size(), 2U);
}

TEST(Errors, CarryTheExitCodeOfTheirKind) {
  EXPECT_EQ(ConfigError({"x"}).exit_code(), ExitCode::Config);
  EXPECT_EQ(DataError("x").exit_code(), ExitCode::Data);
  EXPECT_EQ(NumericError("x").exit_code(), ExitCode::Failure);
  EXPECT_EQ(Interrupted("x").exit_code(), ExitCode::Interrupted);
}

TEST(Errors, HaveThePublishedExitCodes) {
  EXPECT_EQ(static_cast<int>(ExitCode::Good), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::Failure), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::Config), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::Data), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::Interrupted), 4);
}

TEST(Errors, AreCaughtByTheirCommonBase) {
  try {
    throw DataError("x.bin: is truncated");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "x.bin: is truncated");
  }
}

TEST(Require, NamesFileLineAndCondition) {
  const int given = 3;
  const int line = __LINE__ + 2;
  try {
    OHMWEAVE_REQUIRE(given < 3, "three is too many");
    FAIL() << "a broken promise went unnoticed";
  } catch (const std::logic_error& error) {
    const std::string place = "error_test.cpp:" + std::to_string(line);
    EXPECT_NE(std::string(error.what()).find(place), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("(given < 3): three is too many"), std::string::npos)
        << error.what();
  }
}

TEST(Require, EvaluatesItsConditionOnce) {
  int count = 0;

  OHMWEAVE_REQUIRE(++count == 1, "counted twice");

  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace ohmweave
