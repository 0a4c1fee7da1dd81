// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/error.h"
#include "power_area/cost/adc.h"
#include "power_area/cost/library.h"
#include "power_area/cost/scaling.h"

namespace ohmweave::power_area {
namespace {

Json entry(double value, const std::string& unit) {
  return {{"value", value}, {"unit", unit}, {"node_nm", 32}, {"source", "a"}, {"status", "seen"}};
}

Json library_with(const std::string& key, const Json& number) {
  return {{"name", "mine"}, {"node_nm", 32}, {"numbers", {{key, number}}}};
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
  const ComponentLibrary library(library_with("router_area", entry(250.0, "um2")), "mine.json");

  EXPECT_DOUBLE_EQ(library.si("router_area"), 250e-12);
}

TEST(ComponentLibrary, RefusesUnitsOfAnotherDimension) {
  for (const std::string unit : {"acre", "W", "F2"})
    EXPECT_EQ(message_of(library_with("router_area", entry(1.0, unit))),
              "mine.json: /numbers/router_area/unit = \"" + unit +
                  "\": must be an area in m2, mm2 or um2");
}

TEST(ComponentLibrary, RefusesANumberWithoutSource) {
  Json number = entry(1.0, "W");
  number["source"] = "";

  EXPECT_EQ(message_of(library_with("router_power", number)),
            "mine.json: /numbers/router_power: 'source' must be a non-empty text");
}

TEST(ComponentLibrary, RefusesANegativeNumber) {
  EXPECT_EQ(message_of(library_with("router_power", entry(-1.0, "W"))),
            "mine.json: /numbers/router_power/value = -1.0: must be in [0, 10000] W");
}

TEST(ComponentLibrary, GivesTheRangeInTheUnitThatWasUsed) {
  EXPECT_EQ(message_of(library_with("adc_rate", entry(0.0, "GHz"))),
            "mine.json: /numbers/adc_rate/value = 0.0: must be in [1e-06, 1000] GHz");
}

TEST(ComponentLibrary, NamesTheNumberThatIsMissing) {
  const ComponentLibrary library(library_with("router_power", entry(1.0, "W")), "mine.json");

  try {
    (void)library.si("adc_rate");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().at(0),
              "/chip/preset = \"mine\": the component library mine.json has no number 'adc_rate'");
  }
}

TEST(ComponentLibrary, NamesTheNearestNumberForAnUnknownName) {
  EXPECT_EQ(message_of(library_with("routr_area", entry(1.0, "um2"))),
            "mine.json: /numbers/routr_area: no component reads a number of this name; nearest: "
            "router_area");
}

TEST(ComponentLibrary, RefusesANodeThatIsNone) {
  Json json = library_with("router_area", entry(1.0, "um2"));
  json["scaled_to_nm"] = "22 nm";
  EXPECT_EQ(message_of(json),
            "mine.json: a component library needs a number 'scaled_to_nm' in [1, 10000]");
  json["node_nm"] = 0;
  EXPECT_EQ(message_of(json),
            "mine.json: a component library needs a number 'node_nm' in [1, 10000]");
}

TEST(ComponentLibrary, RefusesAStatusThatIsNotOfTheList) {
  Json number = entry(1.0, "W");
  number["status"] = "heard";

  EXPECT_EQ(message_of(library_with("router_power", number)),
            "mine.json: /numbers/router_power: unknown status 'heard'; allowed: seen, "
            "measured_here, derived, from_memory, assumed");
}

TEST(ComponentLibrary, ANumberOfTheUsersOwnReplacesTheLibrarys) {
  const ComponentLibrary library(library_with("router_area", entry(1.0, "um2")), "mine.json");

  const ComponentLibrary own =
      library.with_number("router_area", entry(7.0, "um2"), "/chip/components");

  EXPECT_DOUBLE_EQ(own.si("router_area"), 7e-12);
  EXPECT_DOUBLE_EQ(library.si("router_area"), 1e-12);
}

TEST(ComponentLibrary, ALeftOutComponentComesBackWithItsNumber) {
  Json json = library_with("router_area", entry(1.0, "um2"));
  json["leaves_out"] = {{"multiplexer", "unknown"}};
  const ComponentLibrary library(json, "mine.json");
  EXPECT_TRUE(library.leaves_out("multiplexer"));

  EXPECT_FALSE(library.with_number("multiplexer_area", entry(7.0, "um2"), "/chip/components")
                   .leaves_out("multiplexer"));
}

TEST(ComponentLibrary, AFactorOnAShareKeepsItBelowTheWhole) {
  const ComponentLibrary library(library_with("adc_leakage_share", entry(0.6, "1")), "mine.json");

  const auto share = [&library](double factor) {
    return library.with_factors({{"adc_leakage_share", factor}}).si("adc_leakage_share");
  };

  EXPECT_DOUBLE_EQ(share(2.0), 0.75);  // odds of 3 : 2 become 3 : 1
  EXPECT_LT(share(1e6), 1.0);
  EXPECT_DOUBLE_EQ(share(1.0), 0.6);
}

TEST(Scaling, FollowsTheTablesOfItsSourceAtTheirNodes) {
  // Ratios of the published table of areas, which are rounded to two digits.
  EXPECT_NEAR(scaling_factor("um2", 45, 32), 0.46, 0.02);
  EXPECT_NEAR(scaling_factor("um2", 65, 45), 0.66, 0.05);
  EXPECT_NEAR(scaling_factor("mm2", 32, 16), 0.41, 0.02);
  EXPECT_NEAR(scaling_factor("um2", 130, 7), 0.0092, 1e-9);
  // Energy at 0.9 V and 32 nm over 1.1 V and 65 nm by hand: 0.541209 / 1.680750.
  EXPECT_NEAR(scaling_factor("pJ", 65, 32), 0.541209 / 1.680750, 1e-6);
}

TEST(Scaling, ThereAndBackIsOneAndWayStopsDoNotMatter) {
  for (const char* unit : {"um2", "pJ", "mW", "nm"}) {
    EXPECT_NEAR(scaling_factor(unit, 40, 22) * scaling_factor(unit, 22, 40), 1.0, 1e-12) << unit;
    EXPECT_NEAR(scaling_factor(unit, 40, 28) * scaling_factor(unit, 28, 22),
                scaling_factor(unit, 40, 22), 1e-12)
        << unit;
    double before = 1.0;
    for (double nm = 129.0; nm >= 7.0; nm -= 1.0) {  // smaller nodes never cost more
      const double factor = scaling_factor(unit, 130, nm);
      EXPECT_LE(factor, before) << unit << " at " << nm;
      before = factor;
    }
  }
}

TEST(Scaling, LeavesRatesCountsAndVoltagesAlone) {
  for (const char* unit : {"GHz", "ns", "1", "B", "V", "fF", "F2", "GB/s"})
    EXPECT_EQ(scaling_factor(unit, 130, 7), 1.0) << unit;
}

TEST(Scaling, RefusesNodesBeyondItsRange) {
  EXPECT_THROW((void)scaling_factor("um2", 180, 32), ConfigError);
  EXPECT_THROW((void)scaling_factor("um2", 32, 5), ConfigError);
}

TEST(Scaling, AMovedNumberSaysSo) {
  const ComponentLibrary library =
      ComponentLibrary(library_with("router_area", entry(10.0, "um2")), "mine.json").scaled_to(22);

  EXPECT_DOUBLE_EQ(library.si("router_area"), 10e-12 * scaling_factor("um2", 32, 22));
  EXPECT_NE(library.citation("router_area").find("to 22 nm (stillmaker_integration_2017)"),
            std::string::npos)
      << library.citation("router_area");
}

/// What the source's own program printed for 1.28 GS/s: energy in pJ, area in um2.
struct SurveyPoint {
  int bits;
  double node_nm, energy_pj, area_um2;
};

TEST(SurveyAdc, IsWhatTheFitsOwnProgramPrints) {
  for (const SurveyPoint& point : {SurveyPoint{4, 65, 3.501, 15630},
                                   {8, 65, 7.311, 19482},
                                   {5, 40, 1.424, 7374},
                                   {7, 40, 1.996, 8157},
                                   {4, 32, 0.924, 5190},
                                   {6, 32, 1.065, 5416},
                                   {8, 32, 1.929, 6469},
                                   {6, 22, 0.527, 3024},
                                   {8, 22, 0.954, 3612}}) {
    const SurveyAdc fit = survey_adc(point.bits, 1.28e9, point.node_nm);
    EXPECT_NEAR(fit.energy_j * 1e12, point.energy_pj, 6e-4) << point.bits << " " << point.node_nm;
    EXPECT_NEAR(fit.area_m2 * 1e12, point.area_um2, 0.6) << point.bits << " " << point.node_nm;
  }
}

}  // namespace
}  // namespace ohmweave::power_area
