// SPDX-License-Identifier: Apache-2.0
#include "crossbar/nodal.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

constexpr double kNodalRounding = 1e-12;

TEST(Circuit, DividesAVoltage) {
  Circuit circuit;
  const auto source = circuit.add_source(1.0);
  const auto middle = circuit.add_node();
  const auto ground = circuit.add_source(0.0);
  circuit.join_ohm(source, middle, 3.0);
  circuit.join_cell(middle, ground, 1.0, 0.0);

  EXPECT_NEAR(circuit.currents_into({ground}).front(), 0.25, 0.25 * kNodalRounding);
}

TEST(Circuit, MergesNodesJoinedByZeroOhm) {
  Circuit circuit;
  const auto source = circuit.add_source(2.0);
  const auto a = circuit.add_node();
  const auto b = circuit.add_node();
  const auto ground = circuit.add_source(0.0);
  circuit.join_ohm(source, a, 0.0);
  circuit.join_ohm(a, b, 0.0);
  circuit.join_cell(b, ground, 0.5, 0.0);

  EXPECT_DOUBLE_EQ(circuit.currents_into({ground}).front(), 1.0);
}

TEST(Circuit, RefusesAShortBetweenSources) {
  Circuit circuit;
  const auto a = circuit.add_source(1.0);
  const auto b = circuit.add_source(0.0);

  EXPECT_THROW(circuit.join_ohm(a, b, 0.0), std::logic_error);
}

TEST(Circuit, SolvesASinhCellBehindAResistor) {
  constexpr double kOhm = 5e3;
  constexpr double kSiemens = 1e-4;
  for (const double k : {0.1, 3.0, 40.0}) {
    Circuit circuit;
    const auto source = circuit.add_source(1.0);
    const auto middle = circuit.add_node();
    const auto ground = circuit.add_source(0.0);
    circuit.join_ohm(source, middle, kOhm);
    circuit.join_cell(middle, ground, kSiemens, k);

    const double amps = circuit.currents_into({ground}).front();

    const double cell_v = 1.0 - amps * kOhm;
    EXPECT_NEAR(amps, kSiemens * std::sinh(k * cell_v) / k, 1e-9 * amps) << "k = " << k;
  }
}

TEST(Circuit, NamesTheFaultOfANodeWithoutAPathToASource) {
  Circuit circuit;
  const auto ground = circuit.add_source(0.0);
  const auto a = circuit.add_node();
  const auto b = circuit.add_node();
  const auto other = circuit.add_node();
  circuit.join_ohm(ground, a, 1.0);
  circuit.join_cell(b, other, 0.0, 0.0);

  try {
    (void)circuit.currents_into({ground});
    FAIL() << "no error";
  } catch (const NumericError& e) {
    EXPECT_STREQ(e.what(), "nodal analysis: a node is not joined to any source");
  }
}

}  // namespace
}  // namespace ohmweave::crossbar
