// SPDX-License-Identifier: Apache-2.0
#include "crossbar/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/encoding.h"
#include "core/error.h"
#include "crossbar/converter.h"
#include "tests/crossbar/distributions.h"

namespace ohmweave::crossbar {
namespace {

TEST(DeviceOptions, DefaultsAreValidAndSurviveAWriteAndRead) {
  DeviceOptions given;
  given.mismatch_sigma = 0.05;

  const auto read = read_config<DeviceOptions>(write_config(given));

  EXPECT_EQ(read.kind, "level_grid");
  EXPECT_EQ(read.g_min_siemens, 1e-6);
  EXPECT_EQ(read.g_max_siemens, 1e-4);
  EXPECT_EQ(read.mismatch_sigma, 0.05);
}

TEST(DeviceOptions, RefusesAnEmptyConductanceRange) {
  const auto problems =
      problems_of<DeviceOptions>(R"({"g_min_siemens": 1e-4, "g_max_siemens": 1e-4})", "/device");

  EXPECT_EQ(problems,
            (std::vector<std::string>{
                "/device/g_max_siemens = 0.0001: must be greater than g_min_siemens = 0.0001"}));
}

TEST(DeviceOptions, RefusesMoreStuckCellsThanCells) {
  const auto problems = problems_of<DeviceOptions>(
      R"({"stuck_on_fraction": 0.75, "stuck_off_fraction": 0.5})", "/device");

  EXPECT_EQ(problems,
            (std::vector<std::string>{
                "/device/stuck_off_fraction = 0.5: must be at most 1 - stuck_on_fraction = "
                "0.25"}));
}

TEST(DeviceOptions, RefusesAnIdealDeviceWithMismatch) {
  const auto problems =
      problems_of<DeviceOptions>(R"({"kind": "ideal", "mismatch_sigma": 0.1})", "/device");

  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0],
            "/device/kind = \"ideal\": an ideal device has mismatch_sigma, stuck_on_fraction and "
            "stuck_off_fraction 0; use \"level_grid\"");
}

TEST(DeviceOptions, RefusesAnIdealDeviceWithNoise) {
  EXPECT_EQ(problems_of<DeviceOptions>(R"({"kind": "ideal", "read_noise": {}})", "/device"),
            (std::vector<std::string>{"/device/kind = \"ideal\": an ideal device has no "
                                      "programming, read_noise, drift or write; use "
                                      "\"level_grid\""}));
}

TEST(DeviceOptions, RefusesMeasuredLevelsThatAreNoGrid) {
  EXPECT_EQ(
      problems_of<DeviceOptions>(
          R"({"level_means": [{"siemens": [1e-6, 2e-6, 3e-6]},
                                    {"siemens": [2e-6, 1e-6]},
                                    {"siemens": [2e-6, 2e-4]}]})",
          "/device"),
      (std::vector<std::string>{
          "/device/level_means/0/siemens = [1e-06,2e-06,3e-06]: must hold 2, 4, 8, 16, 32, 64, 128 "
          "or 256 levels, "
          "holds 3",
          "/device/level_means/1/siemens = [2e-06,1e-06]: must rise from each level to the next",
          "/device/level_means: must lie in [g_min_siemens, g_max_siemens] = [1e-06, 0.0001]",
          "/device/level_means: two lists have the same number of levels"}));
}

TEST(DeviceOptions, RefusesConductancesOutsideThoseMeasured) {
  EXPECT_EQ(problems_of<DeviceOptions>(R"({"valid_min_siemens": 2e-6, "valid_max_siemens": 5e-5})",
                                       "/device"),
            (std::vector<std::string>{
                "/device/g_min_siemens: must be at least valid_min_siemens = 2e-06: the device's "
                "numbers do not hold below",
                "/device/g_max_siemens: must be at most valid_max_siemens = 5e-05: the device's "
                "numbers do not hold above"}));
}

TEST(DeviceOptions, RefusesAPolynomialThatIsNegativeWithinTheRange) {
  EXPECT_EQ(problems_of<DeviceOptions>(
                R"({"programming": {"model": "polynomial", "coefficients_siemens": [1e-6, -2e-6],
                                    "reference_siemens": 1e-4}})",
                "/device"),
            (std::vector<std::string>{"/device/programming/coefficients_siemens = [1e-06,-2e-06]: "
                                      "the standard deviation is negative "
                                      "between g_min_siemens and g_max_siemens"}));
}

TEST(DeviceOptions, RefusesCorrelatedMismatchWithoutLengthOrOfNormalShape) {
  EXPECT_EQ(problems_of<DeviceOptions>(
                R"({"mismatch_shape": "normal", "mismatch_correlated_fraction": 0.5})", "/device"),
            (std::vector<std::string>{
                "/device/mismatch_correlation_cells: goes with mismatch_correlated_fraction: both "
                "0, or both greater than 0",
                "/device/mismatch_shape = \"normal\": must be lognormal with "
                "mismatch_correlated_fraction: "
                "cells drawn again would not keep their correlation"}));
}

TEST(DeviceOptions, RefusesAnUnknownStatusAndAnUnknownKeyOfASection) {
  const auto problems = problems_of<DeviceOptions>(
      R"({"status": "guessed", "drift": {"nu_mean": [0.1], "nu_sigma": [0], "nu": 1}})", "/device");

  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].rfind("/device/drift: unknown key 'nu'; allowed: model, t0_s", 0), 0U);
  EXPECT_EQ(problems[1],
            "/device/status = \"guessed\": must be one of: seen, derived, from_memory");
}

TEST(IvOptions, TakesASinhOrARisingTable) {
  const auto table = read_config<IvOptions>(
      parse_json(R"({"voltage_v": [0, 0.1, 0.2], "effective_v": [0, 0.1, 0.25]})", "test"));

  EXPECT_EQ(table.voltage_v.size(), 3U);
  EXPECT_EQ(read_config<IvOptions>(parse_json(R"({"sinh_per_v": 2})", "test")).sinh_per_v, 2.0);
  EXPECT_EQ(problems_of<IvOptions>("{}", "/device/iv"),
            (std::vector<std::string>{
                "/device/iv/sinh_per_v: must be greater than 0 where there is no table; leave the "
                "section out for ohmic cells"}));
  EXPECT_EQ(problems_of<IvOptions>(
                R"({"sinh_per_v": 1, "voltage_v": [0.1, 0.2], "effective_v": [0, 0.2, 0.1]})",
                "/device/iv"),
            (std::vector<std::string>{
                "/device/iv/sinh_per_v = 1: must be 0 where there is a table",
                "/device/iv/voltage_v = [0.1,0.2]: must be 0 and at least one more voltage, rising",
                "/device/iv/effective_v = [0,0.2,0.1]: must have as many numbers as voltage_v, 2",
                "/device/iv/effective_v = [0,0.2,0.1]: must rise from 0"}));
}

TEST(DeviceOptions, NamesTheKnownKindsWhenOneIsUnknown) {
  const auto problems = problems_of<DeviceOptions>(R"({"kind": "level_gird"})", "/device");

  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("/device/kind = \"level_gird\""), std::string::npos) << problems[0];
  EXPECT_NE(problems[0].find("level_grid"), std::string::npos) << problems[0];
  EXPECT_NE(problems[0].find("ideal"), std::string::npos) << problems[0];
}

TEST(ArrayOptions, SlicesCoverTheWeightBits) {
  const auto array = read_config<ArrayOptions>(
      parse_json(R"({"weight_bits": 5, "bits_per_cell": 2, "rows_active": 16})", "test"));

  EXPECT_EQ(array.num_slices(), 3);
  EXPECT_EQ(array.rows_at_once(), 16);
}

TEST(ArrayOptions, ReportsEveryBrokenRuleAtOnce) {
  const auto problems = problems_of<ArrayOptions>(
      R"({"rows": 64, "rows_active": 65, "bits_per_cell": 4, "weight_bits": 3})", "/array");

  EXPECT_EQ(problems, (std::vector<std::string>{
                          "/array/rows_active = 65: must be at most rows = 64",
                          "/array/bits_per_cell = 4: must be at most weight_bits = 3"}));
}

TEST(ArrayOptions, RefusesWhatATopologyLacks) {
  const auto problems_with = [](const char* json) {
    return problems_of<ArrayOptions>(json, "/array");
  };
  using Problems = std::vector<std::string>;

  EXPECT_EQ(
      problems_with(R"({"transistor_ohm": 1000})"),
      (Problems{"/array/transistor_ohm = 1000: must be 0 with topology = \"passive\", whose cells "
                "have no transistor"}));
  EXPECT_EQ(
      problems_with(R"({"topology": "gate_input", "drives_both_ends": true})"),
      (Problems{"/array/drives_both_ends = true: must be false with topology = \"gate_input\""}));
  EXPECT_EQ(problems_with(R"({"source_line_ohm": 2})"),
            (Problems{"/array/source_line_ohm = 2: goes with topology = \"gate_input\" only"}));
  EXPECT_TRUE(
      problems_with(R"({"topology": "gate_input", "transistor_ohm": 1000, "source_line_ohm": 2})")
          .empty());
}

TEST(ArrayOptions, ReadsSlicesOfAnyWidths) {
  const auto array = read_config<ArrayOptions>(
      parse_json(R"({"weight_bits": 5, "bits_per_cell": 3, "slice_bits": [3, 1, 2]})", "test"));

  EXPECT_EQ(array.slice_bits, (std::vector<int>{3, 1, 2}));
  EXPECT_EQ(array.num_slices(), 3);
  EXPECT_EQ(array.cell_bits(1), 1);
  EXPECT_EQ(write_config(array)["slice_bits"], Json({3.0, 1.0, 2.0}));
}

TEST(ArrayOptions, KnowsEveryEncodingOfTheTable) {
  for (const EncodingKind& kind : encodings()) {
    const auto array = read_config<ArrayOptions>(Json{{"encoding", kind.name}});
    EXPECT_EQ(array.encoding, kind.encoding) << kind.name;
    const Json words = schema_of<ArrayOptions>()["properties"]["encoding"]["enum"];
    EXPECT_EQ(words.size(), encodings().size());
  }
}

TEST(ArrayOptions, OfRowPairsHasWholePairsOfRows) {
  const auto array = read_config<ArrayOptions>(
      parse_json(R"({"encoding": "row_pair", "rows": 64, "rows_active": 16})", "test"));

  EXPECT_EQ(array.num_inputs(), 32);
  EXPECT_EQ(array.inputs_at_once(), 8);
  EXPECT_EQ(array.drivers_per_input(), 2);
  EXPECT_EQ(
      problems_of<ArrayOptions>(R"({"encoding": "row_pair", "rows": 63, "rows_active": 7})",
                                "/array"),
      (std::vector<std::string>{"/array/rows = 63: must be a multiple of 2 with encoding = "
                                "\"row_pair\", whose inputs drive so many rows each",
                                "/array/rows_active = 7: must be a multiple of 2 with encoding = "
                                "\"row_pair\", whose inputs drive so many rows each"}));
  EXPECT_TRUE(problems_of<ArrayOptions>(R"({"rows": 63, "rows_active": 7})", "/array").empty());
}

TEST(AdcOptions, KnowsEveryConverterOfTheTable) {
  for (const ConverterKind& kind : converter_kinds())
    EXPECT_EQ(read_config<AdcOptions>(Json{{"kind", kind.name}}).kind, kind.kind) << kind.name;
  const Json words = schema_of<AdcOptions>()["properties"]["kind"]["enum"];
  EXPECT_EQ(words.size(), converter_kinds().size());
}

TEST(AdcOptions, TakesFullScalesFromDataWithGivenBitsOnly) {
  EXPECT_EQ(problems_of<AdcOptions>(R"({"range": "largest"})", "/adc"),
            (std::vector<std::string>{
                "/adc/range = \"largest\": must be \"worst_case\" with bits = \"lossless\", "
                "which are those of the worst case"}));
  EXPECT_TRUE(problems_of<AdcOptions>(R"({"range": "largest", "bits": 6})", "/adc").empty());
}

TEST(ArrayOptions, RefusesSlicesThatDoNotHoldAWeight) {
  const auto problems = problems_of<ArrayOptions>(
      R"({"weight_bits": 4, "bits_per_cell": 2, "slice_bits": [2, 1.5, 3]})", "/array");

  EXPECT_EQ(problems,
            (std::vector<std::string>{
                "/array/slice_bits = [2,1.5,3]: must be whole numbers",
                "/array/slice_bits = [2,1.5,3]: must be at most bits_per_cell = 2 each"}));
  EXPECT_EQ(
      problems_of<ArrayOptions>(
          R"({"weight_bits": 4, "encoding": "offset_column", "slice_bits": [2, 2]})", "/array"),
      (std::vector<std::string>{
          "/array/slice_bits = [2,2]: must hold 5 bits together: weight_bits = 4 and "
          "the sign that the encoding adds"}));
}

TEST(AdcOptions, ReadsLosslessAsEmptyAndRefusesZeroBits) {
  const auto adc = read_config<AdcOptions>(parse_json(R"({"bits": "lossless"})", "test"));

  EXPECT_FALSE(adc.bits.has_value());
  EXPECT_EQ(problems_of<AdcOptions>(R"({"bits": 0})", "/adc"),
            (std::vector<std::string>{"/adc/bits = 0: must be in [1, 16]"}));
}

}  // namespace
}  // namespace ohmweave::crossbar
