// SPDX-License-Identifier: Apache-2.0
// Each component number takes units of its dimension and values of its range, and nothing else.
#include "power_area/component_numbers.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "power_area/component_options.h"

namespace ohmweave::power_area {
namespace {

const NumberKey& key_of(const std::string& name) { return *find_number_key(name); }

/// What is allowed at the field that is wrong, or "".
std::string refusal(const std::string& name, double value, const std::string& unit) {
  const auto problem = number_problem(key_of(name), value, unit);
  return problem ? problem->field + ": " + problem->allowed : "";
}

TEST(ComponentNumbers, HaveDistinctNames) {
  std::set<std::string> names;
  for (const NumberKey& key : number_keys()) EXPECT_TRUE(names.insert(key.name).second) << key.name;
  EXPECT_EQ(find_number_key("abacus_area"), nullptr);
}

TEST(ComponentNumbers, NameOnlyOthersOfTheTable) {
  for (const NumberKey& key : number_keys()) {
    for (const std::vector<std::string>& group : key.goes_after)
      for (const std::string& other : group)
        EXPECT_NE(find_number_key(other), nullptr) << key.name << ": " << other;
    if (key.partner.empty()) continue;
    EXPECT_EQ(key_of(key.partner).partner, key.name);
  }
}

TEST(ComponentNumbers, TakeOnlyUnitsOfTheirDimension) {
  EXPECT_EQ(refusal("router_area", 1.0, "W"), "unit: must be an area in m2, mm2 or um2");
  EXPECT_EQ(refusal("adc_rate", 1.0, "ns"), "unit: must be a rate in Hz, MHz or GHz");
  EXPECT_EQ(refusal("write_voltage", 1.0, "1"), "unit: must be a voltage in V");
  EXPECT_EQ(refusal("edram_bytes", 64.0, "1"), "unit: must be an amount of bytes in B");
  EXPECT_EQ(refusal("router_area", 1.0, "um2"), "");
}

TEST(ComponentNumbers, SayTheirRangeInTheUnitThatWasUsed) {
  EXPECT_EQ(refusal("adc_rate", 0.0, "Hz"), "value: must be in [1000, 1e+12] Hz");
  EXPECT_EQ(refusal("adc_rate", 2e6, "MHz"), "value: must be in [0.001, 1e+06] MHz");
  EXPECT_EQ(refusal("adc_leakage_share", 3.0, "1"), "value: must be in [0, 1)");
  EXPECT_EQ(refusal("cell_area", 0.0, "um2"), "value: must be in (0, 1e+12] um2");
  EXPECT_EQ(refusal("adc_point_bits", 4.5, "1"), "value: must be a whole number in [1, 16]");
}

TEST(ComponentNumbers, AreNotZeroWhereOthersAreDividedByThem) {
  const std::set<Dimension> zero_is_neglected = {
      Dimension::Area,        Dimension::Power,           Dimension::Energy,
      Dimension::Capacitance, Dimension::LineCapacitance, Dimension::Share,
      Dimension::Ratio};
  for (const NumberKey& key : number_keys()) {
    const bool may_be_zero = zero_is_neglected.count(key.dimension) > 0;
    EXPECT_TRUE(may_be_zero || key.allowed.low > 0.0 || key.allowed.low_excluded) << key.name;
  }
}

/// The problems of a /chip/components section with one number.
std::vector<std::string> section_problems(const std::string& name, const Json& value,
                                          const std::string& unit) {
  try {
    (void)read_config<ComponentOptions>(
        Json{{name, {{"value", value}, {"unit", unit}, {"source", "ours"}}}}, "/chip/components");
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

TEST(ComponentOptions, SayWhichNumberIsWrongAndWhatIsAllowed) {
  EXPECT_EQ(section_problems("adc_rate", 0, "GHz"),
            (std::vector<std::string>{
                "/chip/components/adc_rate/value = 0: must be in [1e-06, 1000] GHz"}));
  EXPECT_EQ(section_problems("router_area", 1, "W"),
            (std::vector<std::string>{
                "/chip/components/router_area/unit = \"W\": must be an area in m2, mm2 or um2"}));
  EXPECT_EQ(section_problems("adc_rate", 1, "GHz"), (std::vector<std::string>{}));
}

TEST(ComponentOptions, RefuseNumbersThatNoModelReads) {
  EXPECT_EQ(section_problems("adc_power", 1, "mW"),
            (std::vector<std::string>{
                "/chip/components/adc_power: is part of a published table and changes no estimate; "
                "what is read is adc_<bits>b_energy, adc_survey_energy_factor or adc_point_energy, "
                "by /chip/adc_model"}));
}

TEST(ComponentOptions, ListInTheSchemaWhatMayBeGiven) {
  const Json schema = schema_of<ComponentOptions>();

  for (const NumberKey& key : number_keys())
    EXPECT_EQ(schema.at("properties").contains(key.name), key.taken_instead.empty()) << key.name;
}

}  // namespace
}  // namespace ohmweave::power_area
