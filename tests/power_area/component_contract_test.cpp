// SPDX-License-Identifier: Apache-2.0
// What every entry of the component table promises.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "isaac_library.h"
#include "power_area/cost/adc.h"
#include "power_area/cost/component.h"
#include "power_area/options.h"

namespace ohmweave::power_area {
inline void PrintTo(const ComponentKind& entry, std::ostream* out) { *out << entry.name; }
inline void PrintTo(const AdcModel& entry, std::ostream* out) { *out << entry.name; }

namespace {

/// The ISAAC library with stand-ins for what it leaves out.
ComponentLibrary full_library() {
  const ComponentLibrary published = isaac_library();
  ComponentLibrary library = published;
  for (const auto& [component, why] : published.left_out()) {
    if (component == "control") continue;  // a share of other parts, not a component
    for (const auto& [what, unit] : {std::pair("area", "um2"), std::pair("power", "mW")}) {
      const std::string key = component + "_" + what;
      library = library.with_number(key,
                                    {{"value", 1.0},
                                     {"unit", unit},
                                     {"node_nm", 32},
                                     {"source", "a test"},
                                     {"status", "assumed"}},
                                    "a test");
    }
  }
  return library;
}

class EveryComponent : public ::testing::TestWithParam<ComponentKind> {};

TEST_P(EveryComponent, HasAreaLeakageEnergyAndASource) {
  const Component c = GetParam().make(full_library(), Size{});

  EXPECT_EQ(c.name, GetParam().name);
  EXPECT_FALSE(c.action.empty());
  EXPECT_GT(c.area_m2, 0.0);
  EXPECT_GE(c.leakage_w, 0.0);
  if (c.name == "crossbar_cells")
    EXPECT_EQ(c.energy_j, 0.0);  // from conductances
  else
    EXPECT_GT(c.energy_j, 0.0);
  EXPECT_GT(c.node_nm, 0.0);
  EXPECT_FALSE(c.source.empty());
  EXPECT_NE(c.source.find("leakage "), std::string::npos);
}

TEST_P(EveryComponent, NeverGetsCheaperWithMoreBits) {
  const ComponentLibrary library = full_library();
  Size size;
  Component before = GetParam().make(library, size);
  for (size.bits = 2; size.bits <= 4; ++size.bits) {
    const Component c = GetParam().make(library, size);
    EXPECT_GE(c.area_m2, before.area_m2);
    EXPECT_GE(c.leakage_w, before.leakage_w);
    EXPECT_GE(c.energy_j, before.energy_j);
    before = c;
  }
}

TEST_P(EveryComponent, NeverGetsSmallerWithMoreBytesOrCells) {
  const ComponentLibrary library = full_library();
  Size large;
  large.rows *= 2;
  large.bytes *= 2;

  EXPECT_GE(GetParam().make(library, large).area_m2, GetParam().make(library, Size{}).area_m2);
}

TEST_P(EveryComponent, IsFoundByItsName) {
  EXPECT_EQ(make_component(GetParam().name, full_library(), Size{}).source,
            GetParam().make(full_library(), Size{}).source);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryComponent, ::testing::ValuesIn(component_table()),
                         [](const auto& entry) { return entry.param.name; });

class EveryAdcModel : public ::testing::TestWithParam<AdcModel> {};

TEST_P(EveryAdcModel, CostsMoreWithMoreBitsOverTheWholeRangeItCovers) {
  const ComponentLibrary library = isaac_library();
  const auto [least, most] = GetParam().range(library);
  ASSERT_GT(most, 0);
  Size size;
  size.adc_model = GetParam().name;
  size.bits = least;
  Component before = make_component("adc", library, size);
  EXPECT_GT(before.area_m2 * before.energy_j * before.leakage_w, 0.0);
  for (size.bits = least + 1; size.bits <= most; ++size.bits) {
    const Component c = make_component("adc", library, size);
    EXPECT_GT(c.area_m2, before.area_m2) << size.bits;
    EXPECT_GT(c.energy_j, before.energy_j) << size.bits;
    before = c;
  }
}

TEST_P(EveryAdcModel, SaysWhatItCoversWhenAskedForMore) {
  const ComponentLibrary library = isaac_library();
  const int most = most_adc_bits(library, GetParam().name);
  Size size;
  size.adc_model = GetParam().name;
  size.bits = most + 1;
  try {
    (void)make_component("adc", library, size);
    FAIL();
  } catch (const ConfigError& error) {
    const std::string text = error.problems().at(0);
    EXPECT_NE(text.find("\"" + GetParam().name + "\""), std::string::npos) << text;
    EXPECT_NE(text.find("at most " + std::to_string(most) + " bits"), std::string::npos) << text;
  }
}

TEST_P(EveryAdcModel, BuildsFewerBitsWithTheLeastItCovers) {
  const ComponentLibrary library = isaac_library();
  const int least = GetParam().range(library).first;
  Size size;
  size.adc_model = GetParam().name;
  size.bits = least;
  const double energy_j = make_component("adc", library, size).energy_j;

  size.bits = 1;

  EXPECT_EQ(make_component("adc", library, size).energy_j, energy_j);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryAdcModel, ::testing::ValuesIn(adc_models()),
                         [](const auto& entry) { return entry.param.name; });

TEST(AdcModelWords, OfTheConfigAreTheTable) {
  Json schema = schema_of<ChipOptions>();
  std::vector<std::string> words;
  for (const AdcModel& model : adc_models()) words.push_back(model.name);

  EXPECT_EQ(schema["properties"]["adc_model"]["enum"].get<std::vector<std::string>>(), words)
      << schema["properties"]["adc_model"];
}

TEST(ComponentTable, UnknownNameListsTheKnownOnes) {
  try {
    (void)make_component("abacus", isaac_library(), Size{});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(error.problems().at(0).find("unknown component 'abacus'; allowed: crossbar_cells"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace ohmweave::power_area
