// SPDX-License-Identifier: Apache-2.0
// Blocks that share arrays share their time, their converters and their cost.
#include <gtest/gtest.h>

#include <numeric>

#include "mapped_networks.h"
#include "power_area/layer_plan.h"

namespace ohmweave::power_area {
namespace {

/// Two layers of the same 2 x 2 weights: conv with 4 windows, fc with 1.
Network two_layers() {
  Network network;
  network.name = "two layers";
  network.input = {2, 2, 2};
  network.nodes = {make_node("input", Op::Input, {}), make_node("conv", Op::Conv2d, {0}, 2),
                   make_node("pool", Op::MaxPool2d, {1}, 0, 2, 2),
                   make_node("flatten", Op::Flatten, {2}), make_node("fc", Op::Linear, {3}, 2)};
  return network;
}

std::vector<LayerPlan> plans_of(const Network& network, mapping::Packing packing) {
  const EstimateInputs inputs = inputs_of(network, 1);
  return plan_layers(map_random(network, 1, inputs.circuits, packing), inputs.circuits,
                     inputs.library);
}

TEST(SharedArrays, MakeBlocksTakeTurns) {
  const std::vector<LayerPlan> alone = plans_of(two_layers(), mapping::Packing::None);
  const std::vector<LayerPlan> shared = plans_of(two_layers(), mapping::Packing::AcrossLayers);

  const std::int64_t conv = alone[0].shares[0].read_cycles;
  const std::int64_t fc = alone[1].shares[0].read_cycles;
  // fc reads 1 window while conv reads 4: a quarter of fc's time for each window of conv, and one
  // window of conv before the one of fc.
  EXPECT_EQ(shared[0].shares[0].read_cycles, conv + (fc + 3) / 4);
  EXPECT_EQ(shared[1].shares[0].read_cycles, fc + conv);
}

TEST(SharedArrays, AreBuiltForTheNeediestBlockAndPaidByAllInProportion) {
  EstimateInputs inputs = inputs_of(two_layers(), 1);
  MappedNetwork mapped =
      map_random(two_layers(), 1, inputs.circuits, mapping::Packing::AcrossLayers);
  std::vector<std::int32_t>& codes = mapped.network.nodes[4].weights->codes;
  codes = {1, 1, 1, 0};  // fewer converter bits than conv needs
  mapped.placement = mapping::map_network(mapped.network, mapped.placement.geometry,
                                          {"row_major", 16, mapping::Packing::AcrossLayers});
  const std::vector<LayerPlan> plans = plan_layers(mapped, inputs.circuits, inputs.library);

  ASSERT_LT(plans[1].adc_bits, plans[0].adc_bits);
  const ArrayShare& of_conv = plans[0].shares[0].arrays[0];
  const ArrayShare& of_fc = plans[1].shares[0].arrays[0];
  EXPECT_EQ(of_fc.adc_bits, plans[0].adc_bits);
  EXPECT_DOUBLE_EQ(of_conv.num_arrays, 2.0);  // 4 of 8 cells of 4 arrays
  EXPECT_DOUBLE_EQ(of_fc.num_arrays, 2.0);
  EXPECT_EQ(plans[0].num_arrays, 4);  // has cells in all four
}

TEST(SharedArrays, CostWhatTheyAreAndNoMore) {
  for (const mapping::Packing packing :
       {mapping::Packing::WithinLayers, mapping::Packing::AcrossLayers}) {
    EstimateInputs inputs = inputs_of(lenet5(), 4);
    inputs.chip = map_random(lenet5(), 4, inputs.circuits, packing);
    const MappedNetwork apart = map_random(lenet5(), 4, inputs.circuits);
    ASSERT_LE(inputs.chip.placement.arrays.size(), apart.placement.arrays.size());

    const Json chip = estimate_chips(inputs).at("chip");

    double area_m2 = 0.0;
    double arrays = 0.0;
    for (const Json& part : chip.at("parts")) {
      area_m2 += part.at("area_m2").get<double>();
      if (part.at("name") == "crossbar_cells") arrays = part.at("count");
    }
    EXPECT_NEAR(area_m2, chip.at("area_m2").get<double>(), 1e-12 * area_m2);
    EXPECT_NEAR(arrays, static_cast<double>(inputs.chip.placement.arrays.size()), 1e-9);
    EXPECT_EQ(chip.at("arrays"), inputs.chip.placement.arrays.size());
  }
}

TEST(SharedArrays, TakeMoreTimeAndNoMoreAreaThanArraysOfTheirOwn) {
  EstimateInputs inputs = inputs_of(lenet5(), 8);
  const Json apart = estimate_chips(inputs).at("chip");
  inputs.chip = map_random(lenet5(), 8, inputs.circuits, mapping::Packing::AcrossLayers);
  const Json shared = estimate_chips(inputs).at("chip");

  EXPECT_LT(shared.at("arrays"), apart.at("arrays"));
  EXPECT_LT(shared.at("throughput_hz"), apart.at("throughput_hz"));
}

}  // namespace
}  // namespace ohmweave::power_area
