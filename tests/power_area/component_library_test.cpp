// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/error.h"
#include "power_area/cost/library.h"

namespace ohmweave::power_area {
namespace {

Json entry(double value, const std::string& unit) {
  return {{"value", value}, {"unit", unit}, {"node_nm", 32}, {"source", "a"}, {"status", "seen"}};
}

Json library_with(const std::string& key, const Json& number) {
  return {{"name", "mine"}, {"numbers", {{key, number}}}};
}

std::string message_of(const Json& json) {
  try {
    const ComponentLibrary library(json, "mine.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(ComponentLibrary, ConvertsToSi) {
  const ComponentLibrary library(library_with("x_area", entry(250.0, "um2")), "mine.json");

  EXPECT_DOUBLE_EQ(library.si("x_area"), 250e-12);
}

TEST(ComponentLibrary, NamesTheNumberOfUnknownUnit) {
  const std::string message = message_of(library_with("x_area", entry(1.0, "acre")));

  EXPECT_NE(message.find("mine.json: /numbers/x_area: unknown unit 'acre'; allowed: "),
            std::string::npos)
      << message;
}

TEST(ComponentLibrary, RefusesANumberWithoutSource) {
  Json number = entry(1.0, "W");
  number["source"] = "";

  EXPECT_EQ(message_of(library_with("x", number)),
            "mine.json: /numbers/x: 'source' must be a non-empty text");
}

TEST(ComponentLibrary, RefusesANegativeNumber) {
  EXPECT_EQ(message_of(library_with("x", entry(-1.0, "W"))),
            "mine.json: /numbers/x: 'value' must be finite and >= 0");
}

TEST(ComponentLibrary, NamesTheNumberThatIsMissing) {
  const ComponentLibrary library(library_with("x", entry(1.0, "W")), "mine.json");

  try {
    (void)library.si("adc_rate");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().at(0),
              "/chip/preset = \"mine\": the component library mine.json has no number 'adc_rate'");
  }
}

}  // namespace
}  // namespace ohmweave::power_area
