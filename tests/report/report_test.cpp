// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "report/csv.h"
#include "report/result.h"
#include "tests/report/run_fixture.h"

namespace ohmweave::report {
namespace {

namespace fs = std::filesystem;

std::string data_error_of(const RunFixture& fixture) {
  try {
    static_cast<void>(build_result(fixture.reported()));
  } catch (const DataError& e) {
    return e.what();
  }
  return "";
}

TEST(Result, TakesEverySectionOverUnchanged) {
  const RunFixture fixture;

  const Json result = build_result(fixture.reported());

  EXPECT_EQ(result["provenance"], RunFixture::provenance());
  EXPECT_EQ(result["accuracy"], RunFixture::accuracy());
  EXPECT_EQ(result["compression"], RunFixture::compression());
  EXPECT_EQ(result["mapping"], RunFixture::mapping());
  for (const char* key : {"chip", "baseline_chip", "reduction", "not_modelled", "components"}) {
    EXPECT_EQ(result[key], RunFixture::estimate()[key]) << key;
  }
  EXPECT_EQ(result.size(), 11U);
}

TEST(Result, LeavesOutTheStagesThatTheRunHasNot) {
  const RunFixture fixture;  // its folders of the other stages are there, from an earlier run

  const Json result =
      build_result({fixture.run(), RunFixture::provenance(), {"dense", "map", "report"}});

  EXPECT_EQ(result.size(), 2U);
  EXPECT_TRUE(result.contains("provenance"));
  EXPECT_TRUE(result.contains("mapping"));
}

TEST(Result, NamesAMissingArtifact) {
  const RunFixture fixture;
  fs::remove(fixture.run() / "evaluate" / "accuracy.json");

  EXPECT_NE(data_error_of(fixture).find("evaluate/accuracy.json: cannot be opened"),
            std::string::npos);
}

TEST(Result, NamesADamagedArtifact) {
  const RunFixture fixture;
  write_file_atomically(fixture.run() / "estimate" / "chip.json", "{\"chip\": ");

  EXPECT_NE(data_error_of(fixture).find("estimate/chip.json"), std::string::npos);
}

TEST(WriteReport, WritesAllFilesTheSameEachTime) {
  const RunFixture fixture;
  fs::create_directories(fixture.scratch() / "again");

  write_report(fixture.reported(), fixture.run() / "report");
  write_report(fixture.reported(), fixture.scratch() / "again");

  for (const char* name : {"result.json", "timing.json", "layers.csv", "parts.csv", "tiles.csv",
                           "sensitivity.csv", "report.html"}) {
    EXPECT_EQ(read_file(fixture.run() / "report" / name),
              read_file(fixture.scratch() / "again" / name))
        << name;
  }
}

TEST(WriteReport, JoinsLayersByName) {
  const RunFixture fixture;
  write_report(fixture.reported(), fixture.run() / "report");

  const CsvTable table = parse_csv(read_file(fixture.run() / "report" / "layers.csv"), "layers");

  EXPECT_EQ(table.texts("name"), (std::vector<std::string>{"conv1", "fc1", "gone"}));
  EXPECT_EQ(table.texts("mapping_blocks"), (std::vector<std::string>{"2", "2", "0"}));
  EXPECT_EQ(table.texts("nonzero_weights"), (std::vector<std::string>{"100", "4000", ""}));
  EXPECT_EQ(table.texts("chip_energy_j")[0], "1.5e-06");
  EXPECT_DOUBLE_EQ(std::stod(table.texts("baseline_chip_energy_j")[1]), 2.5e-6);
}

TEST(WriteReport, ListsThePartsOfBothChips) {
  const RunFixture fixture;
  write_report(fixture.reported(), fixture.run() / "report");

  const CsvTable table = parse_csv(read_file(fixture.run() / "report" / "parts.csv"), "parts");

  EXPECT_EQ(table.rows.size(), 6U);
  EXPECT_EQ(table.texts("chip")[2], "chip");
  EXPECT_EQ(table.texts("chip")[3], "baseline_chip");
  EXPECT_EQ(table.texts("source")[0], "isaac_isca_2016, table I") << "a comma in a value";
}

TEST(Csv, RoundTripsQuotesAndCommas) {
  const Json rows = {{{"name", "a, \"b\""}, {"value", 0.1}}, {{"name", "c"}, {"value", nullptr}}};

  const std::string text = csv_of(rows);

  EXPECT_EQ(text, "name,value\n\"a, \"\"b\"\"\",0.1\nc,\n");
  EXPECT_EQ(parse_csv(text, "t").texts("name")[0], "a, \"b\"");
}

TEST(Csv, NamesTheLineThatDoesNotFit) {
  try {
    static_cast<void>(parse_csv("a,b\n1,2\n3\n", "train.csv"));
    FAIL() << "no DataError";
  } catch (const DataError& e) {
    EXPECT_STREQ(e.what(), "train.csv: line 3 has 1 values, must have 2");
  }
}

}  // namespace
}  // namespace ohmweave::report
