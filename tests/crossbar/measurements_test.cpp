// SPDX-License-Identifier: Apache-2.0
#include "crossbar/measurements.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/crossbar/measured_file.h"

namespace ohmweave::crossbar {
namespace {

/// What reading `text` complains of, without the path in front of each line.
std::string complaint(const std::string& text) {
  const MeasuredFile file(text);
  try {
    (void)read_measurements(file.path());
  } catch (const DataError& e) {
    std::string message = e.what();
    for (auto at = message.find(file.path()); at != std::string::npos;
         at = message.find(file.path()))
      message.erase(at, file.path().size());
    return message;
  }
  return "";
}

TEST(Measurements, ReadsColumnsInAnyOrder) {
  const MeasuredFile file(
      "# read at 0.2 V\n"
      "measured_siemens, time_s, target_level, cycle\r\n"
      "1.5e-6, 10, 0, 3\n"
      "\n"
      "2e-6,20,1,4\n");

  const auto read = read_measurements(file.path());

  EXPECT_TRUE(read.has_levels);
  EXPECT_TRUE(read.has_times);
  ASSERT_EQ(read.rows.size(), 2U);
  EXPECT_EQ(read.rows[0].measured_siemens, 1.5e-6);
  EXPECT_EQ(read.rows[0].time_s, 10.0);
  EXPECT_EQ(read.rows[1].target, 1.0);
  EXPECT_EQ(read.rows[1].cycle, 4);
  EXPECT_EQ(read.rows[1].line, 5);
}

TEST(Measurements, NamesLineValueAndWhatIsAllowed) {
  EXPECT_EQ(complaint("target_level,measured_siemens,time_s\n"
                      "1,2e-6,1\n"
                      "1.5,abc,0\n"
                      "1,2e-6\n"
                      "1,-1e-6,nan\n"),
            ":3: target_level = '1.5': must be an integer in [0, 255]\n"
            ":3: measured_siemens = 'abc': must be a number in [0, 1]\n"
            ":3: time_s = '0': must be a number in (0, 1e12]\n"
            ":4: has 2 values; must have 3, one for each column\n"
            ":5: measured_siemens = '-1e-6': must be a number in [0, 1]\n"
            ":5: time_s = 'nan': must be a number in (0, 1e12]");
}

TEST(Measurements, RefusesColumnsThatAreUnknownTwiceOrMissing) {
  EXPECT_EQ(complaint("target,measured_siemens\n"),
            ":1: unknown column 'target'; allowed: target_level, target_siemens, "
            "measured_siemens, time_s, cycle\n"
            ":1: needs either the column target_level or target_siemens");
  EXPECT_EQ(complaint("target_level,target_siemens,times\n"),
            ":1: unknown column 'times'; allowed: target_level, target_siemens, "
            "measured_siemens, time_s, cycle; nearest: time_s\n"
            ":1: needs either the column target_level or target_siemens\n"
            ":1: needs the column measured_siemens");
  EXPECT_EQ(complaint("cycle,cycle,target_level,measured_siemens\n"),
            ":1: column 'cycle' is there twice");
}

TEST(Measurements, RefusesFilesWithoutMeasurements) {
  EXPECT_EQ(complaint("\n# nothing\n"), ": holds no line of column names");
  EXPECT_EQ(complaint("target_level,measured_siemens\n"), ": holds no measurement");
  EXPECT_THROW((void)read_measurements("no/such/file.csv"), DataError);
}

TEST(Measurements, StopsAfterTenProblems) {
  std::string text = "target_level,measured_siemens\n";
  for (int i = 0; i < 50; ++i) text += "0,x\n";

  const std::string all = complaint(text);

  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 9);
}

}  // namespace
}  // namespace ohmweave::crossbar
