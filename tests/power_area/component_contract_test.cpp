// SPDX-License-Identifier: Apache-2.0
// What every entry of the component table promises.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "isaac_library.h"
#include "power_area/cost/component.h"

namespace ohmweave::power_area {
inline void PrintTo(const ComponentKind& entry, std::ostream* out) { *out << entry.name; }

namespace {

class EveryComponent : public ::testing::TestWithParam<ComponentKind> {};

TEST_P(EveryComponent, HasAreaLeakageEnergyAndASource) {
  const Component c = GetParam().make(isaac_library(), Size{});

  EXPECT_EQ(c.name, GetParam().name);
  EXPECT_FALSE(c.action.empty());
  EXPECT_GT(c.area_m2, 0.0);
  EXPECT_GE(c.leakage_w, 0.0);
  EXPECT_GT(c.energy_j, 0.0);
  EXPECT_GT(c.node_nm, 0.0);
  EXPECT_FALSE(c.source.empty());
  EXPECT_NE(c.source.find("leakage derived: "), std::string::npos);
}

TEST_P(EveryComponent, NeverGetsCheaperWithMoreBits) {
  const ComponentLibrary library = isaac_library();
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
  const ComponentLibrary library = isaac_library();
  Size large;
  large.rows *= 2;
  large.bytes *= 2;

  EXPECT_GE(GetParam().make(library, large).area_m2, GetParam().make(library, Size{}).area_m2);
}

TEST_P(EveryComponent, IsFoundByItsName) {
  EXPECT_EQ(make_component(GetParam().name, isaac_library(), Size{}).source,
            GetParam().make(isaac_library(), Size{}).source);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryComponent, ::testing::ValuesIn(component_table()),
                         [](const auto& entry) { return entry.param.name; });

TEST(ComponentTable, AdcCostRisesOverTheWholeRangeItCovers) {
  const ComponentLibrary library = isaac_library();
  Size size;
  size.bits = 4;
  Component before = make_component("adc", library, size);
  for (size.bits = 5; size.bits <= 10; ++size.bits) {
    const Component c = make_component("adc", library, size);
    EXPECT_GT(c.area_m2, before.area_m2);
    EXPECT_GT(c.energy_j, before.energy_j);
    before = c;
  }
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

TEST(IsaacLibrary, EveryNumberHasAStatusOfTheList) {
  const std::vector<std::string> allowed = {"seen", "from_memory", "measured_here", "derived"};
  const ComponentLibrary library = isaac_library();
  for (const auto& [key, record] : library.records())
    EXPECT_NE(std::find(allowed.begin(), allowed.end(), record.status), allowed.end()) << key;
}

}  // namespace
}  // namespace ohmweave::power_area
