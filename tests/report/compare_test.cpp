// SPDX-License-Identifier: Apache-2.0
#include "report/compare.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "report/csv.h"
#include "report/formats.h"
#include "report/report.h"
#include "tests/report/run_fixture.h"

namespace ohmweave::report {
namespace {

/// A fixture with two finished runs; the second one has another accuracy.
class Compare : public ::testing::Test {
 protected:
  Compare() : other_(fixture_.make("other")) {
    Json accuracy = RunFixture::accuracy();
    accuracy["on_chip"]["mean"] = 0.9;
    write_json_atomically(other_ / "evaluate" / "accuracy.json", accuracy);
    write_report(fixture_.reported(), fixture_.run() / "report");
    write_report(RunFixture::reported(other_), other_ / "report");
  }
  RunFixture fixture_;
  std::filesystem::path other_;
};

TEST(Difference, ListsFiguresThatChanged) {
  const Json before = {{"chip", {{"area_m2", 2.0}, {"leakage_w", 0.0}, {"latency_s", 1.0}}},
                       {"provenance", {{"seed", 1}}}};
  const Json after = {{"chip", {{"area_m2", 3.0}, {"leakage_w", 0.5}, {"latency_s", 1.0}}},
                      {"provenance", {{"seed", 2}}}};

  const Json changes = difference(after, before);

  const Json expected = {
      {"/chip/area_m2", {{"baseline", 2.0}, {"value", 3.0}, {"difference", 1.0}, {"ratio", 1.5}}},
      {"/chip/leakage_w", {{"baseline", 0.0}, {"value", 0.5}, {"difference", 0.5}}}};
  EXPECT_EQ(changes, expected);
}

TEST_F(Compare, OneRunAsJsonIsItsResult) {
  EXPECT_EQ(compare_runs({fixture_.run()}, std::nullopt, "json"),
            read_file(fixture_.run() / "report" / "result.json"));
}

TEST_F(Compare, OneRunAsHtmlIsItsPage) {
  EXPECT_EQ(compare_runs({fixture_.run()}, std::nullopt, "html"),
            read_file(fixture_.run() / "report" / "report.html"));
}

TEST_F(Compare, JsonAgainstABaselineHoldsTheDifference) {
  const Json json = Json::parse(compare_runs({other_}, fixture_.run(), "json"));

  EXPECT_EQ(json["baseline"], "run");
  EXPECT_EQ(json["runs"][0]["name"], "other");
  EXPECT_EQ(json["runs"][0]["difference"].size(), 1U);
  EXPECT_DOUBLE_EQ(json["runs"][0]["difference"]["/accuracy/on_chip/mean"]["value"], 0.9);
}

TEST_F(Compare, CsvHasAColumnForEachRun) {
  const CsvTable table =
      parse_csv(compare_runs({fixture_.run(), other_}, std::nullopt, "csv"), "csv");

  ASSERT_EQ(table.columns, (std::vector<std::string>{"figure", "run", "other"}));
  const std::vector<std::string> figure = table.texts("figure");
  const auto row = std::find(figure.begin(), figure.end(), "/accuracy/on_chip/mean");
  ASSERT_NE(row, figure.end());
  EXPECT_EQ(table.rows[static_cast<std::size_t>(row - figure.begin())][2], "0.9");
}

TEST_F(Compare, RunsOfOneNameAreToldApart) {
  std::filesystem::create_directories(fixture_.scratch() / "b");
  const std::filesystem::path twin = fixture_.make("b/run");
  write_report(RunFixture::reported(twin), twin / "report");

  const CsvTable table =
      parse_csv(compare_runs({fixture_.run(), twin}, std::nullopt, "csv"), "csv");

  EXPECT_EQ(table.columns,
            (std::vector<std::string>{"figure", fixture_.run().string(), twin.string()}));
}

TEST_F(Compare, MarkdownShowsTheChange) {
  const std::string text = compare_runs({other_}, fixture_.run(), "md");

  EXPECT_NE(text.find("| Figure | run (baseline) | other |"), std::string::npos);
  EXPECT_NE(text.find("| accuracy/on_chip/mean | 98.62 % | 90.00 % (-8.62 points) |"),
            std::string::npos)
      << text;
}

TEST_F(Compare, ABaselineAmongTheRunsHasOneColumn) {
  const CsvTable table =
      parse_csv(compare_runs({fixture_.run(), other_}, fixture_.run() / ".", "csv"), "csv");

  EXPECT_EQ(table.columns, (std::vector<std::string>{"figure", "baseline:run", "other"}));
}

TEST_F(Compare, ARunIsNotComparedWithItself) {
  try {
    static_cast<void>(compare_runs({other_}, other_, "md"));
    FAIL() << "no ConfigError";
  } catch (const ConfigError& e) {
    EXPECT_EQ(std::string(e.what()),
              "--baseline " + other_.string() +
                  ": is the only run given; give another to compare it with");
  }
}

TEST_F(Compare, EveryFormatNamesEveryRun) {
  for (const Format& format : format_table()) {
    const std::string text = compare_runs({fixture_.run(), other_}, std::nullopt, format.name);
    EXPECT_NE(text.find("other"), std::string::npos) << format.name;
    EXPECT_NE(text.find("on_chip"), std::string::npos) << format.name;
  }
}

TEST_F(Compare, AnUnknownFormatIsRefusedWithTheTable) {
  try {
    static_cast<void>(compare_runs({other_}, std::nullopt, "htm"));
    FAIL() << "no ConfigError";
  } catch (const ConfigError& e) {
    EXPECT_STREQ(e.what(),
                 "--format = 'htm': must be one of html, json, csv, md; did you mean 'html'?");
  }
}

TEST_F(Compare, AReportOfAnotherConfigIsRefused) {
  write_json_atomically(fixture_.run() / "config.json", {{"name", "changed since"}});

  try {
    (void)compare_runs({fixture_.run()}, std::nullopt, "json");
    FAIL() << "an outdated report was shown";
  } catch (const DataError& e) {
    EXPECT_NE(std::string(e.what()).find("is out of date"), std::string::npos) << e.what();
  }
}

TEST_F(Compare, ARunWithoutAReportIsNamed) {
  std::filesystem::remove(other_ / "report" / "result.json");
  try {
    static_cast<void>(compare_runs({other_}, std::nullopt, "md"));
    FAIL() << "no DataError";
  } catch (const DataError& e) {
    EXPECT_NE(std::string(e.what()).find("other/report/result.json: missing"), std::string::npos);
  }
}

}  // namespace
}  // namespace ohmweave::report
