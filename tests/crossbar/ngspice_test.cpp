// SPDX-License-Identifier: Apache-2.0
// Does the solver find the currents that ngspice finds for the same circuit?
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "crossbar/solve.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kTolerance = 1e-9;  // largest difference over largest current
constexpr std::size_t kNumCases = 23;

std::vector<std::string> case_files() {
  const std::filesystem::path folder =
      std::filesystem::path(OHMWEAVE_SOURCE_DIR) / "tests/reference/ngspice_cases";
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

double error_of(const std::vector<double>& found, const std::vector<double>& expected) {
  double difference = 0.0;
  double largest = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference = std::max(difference, std::abs(found[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return difference / largest;
}

class NgspiceCase : public testing::TestWithParam<std::string> {};

TEST_P(NgspiceCase, HasTheSameCurrents) {
  const CrossbarCase c = read_case(parse_json_file(GetParam()));
  ASSERT_EQ(c.currents_a.size(), static_cast<std::size_t>(c.cols));

  const CaseCurrents solved = solve_case(c);

  ASSERT_EQ(solved.currents_a.size(), c.currents_a.size());
  EXPECT_LE(error_of(solved.currents_a, c.currents_a), kTolerance);
  EXPECT_LE(error_of(solved.ideal_currents_a, c.ideal_currents_a), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Ngspice, NgspiceCase, testing::ValuesIn(case_files()),
                         [](const auto& entry) {
                           return std::filesystem::path(entry.param).stem().string();
                         });

TEST(NgspiceCases, AreAllThere) { EXPECT_EQ(case_files().size(), kNumCases); }

}  // namespace
}  // namespace ohmweave::crossbar
