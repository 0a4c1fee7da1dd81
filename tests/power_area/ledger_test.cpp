// SPDX-License-Identifier: Apache-2.0
#include "power_area/ledger.h"

#include <gtest/gtest.h>

#include "power_area/reduction.h"

namespace ohmweave::power_area {
namespace {

Component component(const std::string& name, double area_m2, double leakage_w, double energy_j) {
  return {name, "action", area_m2, leakage_w, energy_j, 32.0, "a table"};
}

TEST(Ledger, PartsLayersAndTilesHoldTheSameSums) {
  Ledger ledger;
  ledger.add_instances(component("a", 2.0, 0.5, 1.0), PartGroup::Array, {0, 0}, 3.0);
  ledger.add_instances(component("a", 2.0, 0.5, 1.0), PartGroup::Array, {1, 0}, 1.0);
  ledger.add_actions(component("b", 7.0, 0.0, 4.0), PartGroup::Digital, {1, 5}, 10.0, 5.0);

  EXPECT_EQ(ledger.parts().size(), 2u);
  EXPECT_EQ(ledger.total().area_m2, 8.0);
  EXPECT_EQ(ledger.layer(0).area_m2, 6.0);
  EXPECT_EQ(ledger.layer(1).leakage_w, 0.5);
  EXPECT_EQ(ledger.layer(1).dynamic_j, 40.0);
  EXPECT_EQ(ledger.tile(0).area_m2, 8.0);
  EXPECT_EQ(ledger.tile(5).dynamic_j, 40.0);
  EXPECT_EQ(ledger.total().peak_w, 20.0);
  EXPECT_EQ(ledger.arrays_and_converters().area_m2, 8.0);
  EXPECT_EQ(ledger.arrays_and_converters().dynamic_j, 0.0);
}

TEST(Ledger, RefusesAPartWithoutSource) {
  Ledger ledger;

  EXPECT_THROW(ledger.add({"a", PartGroup::Digital, "", Cost{}}, {}), std::logic_error);
}

TEST(Ledger, RefusesNegativeAmounts) {
  for (double Cost::*amount : {&Cost::area_m2, &Cost::leakage_w, &Cost::dynamic_j, &Cost::peak_w})
    for (const PartGroup group : {PartGroup::Digital, PartGroup::WhiteSpace}) {
      Part part{"a", group, "a table", {}};
      part.cost.*amount = -1e-30;
      Ledger ledger;

      EXPECT_THROW(ledger.add(part, {}), std::logic_error);
    }
}

TEST(Ledger, EachDigitalPartBringsItsShareOfControlAlong) {
  Ledger ledger({0.1, 0.5, "a rule"});

  const double area_m2 =
      ledger.add_instances(component("d", 2.0, 1.0, 4.0), PartGroup::Digital, {1, 3}, 10.0);
  ledger.add_actions(component("d", 2.0, 1.0, 4.0), PartGroup::Digital, {1, 3}, 6.0, 1.0);
  const double bare_m2 =
      ledger.add_instances(component("a", 1.0, 1.0, 1.0), PartGroup::Array, {1, 3}, 1.0);

  EXPECT_DOUBLE_EQ(area_m2, 22.0);
  EXPECT_DOUBLE_EQ(bare_m2, 1.0);
  ASSERT_EQ(ledger.parts().size(), 3u);
  EXPECT_EQ(ledger.parts()[1].name, "control");
  EXPECT_DOUBLE_EQ(ledger.parts()[1].cost.area_m2, 2.0);
  EXPECT_DOUBLE_EQ(ledger.parts()[1].cost.dynamic_j, 12.0);
  EXPECT_DOUBLE_EQ(ledger.layer(1).area_m2, 23.0);
  EXPECT_DOUBLE_EQ(ledger.tile(3).dynamic_j, 36.0);
}

TEST(Reduction, IsTakenAtTheThroughputThatBothReach) {
  Ledger chip;
  chip.add_instances(component("a", 1.0, 1.0, 2.0), PartGroup::Array, {0, 0}, 1.0);
  chip.add_actions(component("a", 1.0, 1.0, 2.0), PartGroup::Array, {0, 0}, 1.0, 0.0);
  Ledger baseline;
  baseline.add_instances(component("a", 4.0, 4.0, 6.0), PartGroup::Array, {0, 0}, 1.0);
  baseline.add_actions(component("a", 4.0, 4.0, 6.0), PartGroup::Array, {0, 0}, 1.0, 0.0);

  const Json json = reduction_json({chip, 100.0, 2, 2, 10.0, 2.0, 16.0},
                                   {baseline, 1.0, 8, 8, 50.0, 2.0, 16.0}, "dense");

  // At one inference a second: 2 J + 1 W against 6 J + 4 W.
  const Json& whole = json.at("views").at("whole_chip");
  EXPECT_EQ(json.at("throughput_hz"), 1.0);
  EXPECT_DOUBLE_EQ(whole.at("power_fraction").get<double>(), 1.0 - 3.0 / 10.0);
  EXPECT_DOUBLE_EQ(whole.at("area_fraction").get<double>(), 0.75);
  EXPECT_DOUBLE_EQ(json.at("arrays_fraction").get<double>(), 0.75);
}

}  // namespace
}  // namespace ohmweave::power_area
