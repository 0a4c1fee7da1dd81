// SPDX-License-Identifier: Apache-2.0
// Chips whose weights sit in single arrays rather than pairs.
#include <gtest/gtest.h>

#include "mapped_networks.h"
#include "mapping/map_network.h"
#include "power_area/chip_sample.h"
#include "power_area/layer_plan.h"

namespace ohmweave::power_area {
namespace {

EstimateInputs inputs_with(Encoding encoding) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  inputs.circuits.array.encoding = encoding;
  inputs.circuits.chip.settling = Settling::Library;
  inputs.chip = map_random(one_convolution(), 1, inputs.circuits);
  return inputs;
}

double count_of(const Json& chip, const std::string& prefix) {
  double count = 0.0;
  for (const Json& part : chip.at("parts"))
    if (part.at("name").get<std::string>().rfind(prefix, 0) == 0)
      count += part.at("count").get<double>();
  return count;
}

TEST(Encodings, EverySliceHasItsConvertersAndRegister) {
  for (const EncodingKind& kind : encodings()) {
    EstimateInputs inputs = inputs_with(kind.encoding);
    inputs.circuits.chip.columns_per_adc = 32;
    const int slices = inputs.circuits.array.num_slices();

    const Json chip = estimate_chips(inputs).at("chip");

    EXPECT_EQ(count_of(chip, "crossbar_cells"), slices * kind.arrays_per_slice()) << kind.name;
    EXPECT_EQ(count_of(chip, "adc"), 4 * slices) << kind.name;  // 128 columns
    EXPECT_EQ(count_of(chip, "shift_add"), 4 * slices) << kind.name;
    EXPECT_EQ(count_of(chip, "output_register"), slices) << kind.name;
  }
}

/// Of the one layer: drives, samples, ... of a window.
WindowActions actions_of(const EstimateInputs& inputs) {
  return plan_layers(inputs.chip, inputs.circuits, inputs.library).at(0).shares.at(0).window;
}

TEST(RowPairs, TakeTwoDriversAnInputAndHalfTheColumns) {
  const EstimateInputs pair = inputs_with(Encoding::OneSidedPair);
  const EstimateInputs rows = inputs_with(Encoding::RowPair);
  const int slices = rows.circuits.array.num_slices();
  const Json chip = estimate_chips(rows).at("chip");

  EXPECT_EQ(count_of(chip, "row_driver"), slices * 128);  // of 64 inputs
  EXPECT_EQ(count_of(chip, "sample_hold"), slices * 128);
  EXPECT_EQ(count_of(estimate_chips(pair).at("chip"), "sample_hold"), 2 * slices * 128);
  const WindowActions of_rows = actions_of(rows);
  const WindowActions of_pair = actions_of(pair);
  EXPECT_EQ(of_rows.drives, of_pair.drives);  // in one array of two rows or in two arrays
  EXPECT_EQ(2 * of_rows.holds, of_pair.holds);
  EXPECT_EQ(of_rows.conversions, of_pair.conversions);
  EXPECT_EQ(2 * of_rows.input_bits, of_pair.input_bits);
}

TEST(RowPairs, WithGatesHaveOneWordLineAnInput) {
  EstimateInputs rows = inputs_with(Encoding::RowPair);
  const std::int64_t drives = actions_of(rows).drives;
  rows.circuits.array.topology = crossbar::Topology::GateInput;

  EXPECT_EQ(count_of(estimate_chips(rows).at("chip"), "row_driver"),
            rows.circuits.array.num_slices() * 64);
  EXPECT_EQ(2 * actions_of(rows).drives, drives);
}

TEST(RowPairs, TakeTheEnergyOfAllCellsOfBothRows) {
  // Ideal devices: the same levels, half of them in other rows instead of in another array.
  EstimateInputs pair = inputs_with(Encoding::OneSidedPair);
  EstimateInputs rows = inputs_with(Encoding::RowPair);
  pair.circuits.device.kind = rows.circuits.device.kind = "ideal";

  const ChipSample of_pair = sample_chip(pair.chip, pair.circuits, RandomStream(1));
  const ChipSample of_rows = sample_chip(rows.chip, rows.circuits, RandomStream(1));

  ASSERT_EQ(of_rows.row_siemens.size(), 1u);
  ASSERT_EQ(of_rows.row_siemens[0].size(), 9u);
  for (std::size_t r = 0; r < 9; ++r)
    EXPECT_NEAR(of_rows.row_siemens[0][r], of_pair.row_siemens[0][r],
                1e-12 * of_pair.row_siemens[0][r]);
}

TEST(RowPairs, TakeTwiceAsManyReadsOfAsManyRows) {
  EstimateInputs pair = inputs_with(Encoding::OneSidedPair);
  EstimateInputs rows = inputs_with(Encoding::RowPair);
  pair.circuits.array.rows_active = rows.circuits.array.rows_active = 4;

  // 9 rows of the layer: three groups of 4, five of 2.
  EXPECT_EQ(3 * actions_of(rows).conversions, 5 * actions_of(pair).conversions);
}

TEST(Encodings, AUnitColumnTakesTheConverterTooOnce) {
  Network wide = one_convolution();
  wide.nodes[1].out_channels = 120;
  EstimateInputs pair = inputs_of(wide, 1);
  pair.circuits.chip.settling = Settling::Library;  // 10 cycles: converting takes longer
  EstimateInputs unit = pair;
  unit.circuits.array.encoding = Encoding::OffsetColumn;
  unit.chip = map_random(wide, 1, unit.circuits);
  const auto cycles = [](const EstimateInputs& inputs) {
    return plan_layers(inputs.chip, inputs.circuits, inputs.library).at(0).shares.at(0).read_cycles;
  };

  // 8 digits of 120 columns and of 121, at 1.28 conversions a cycle.
  EXPECT_EQ(cycles(pair), 8 * 94);
  EXPECT_EQ(cycles(unit), 8 * 95);
}

TEST(Encodings, GateLinesAndOppositeVoltagesAreNamedAsNotModelled) {
  EstimateInputs inputs = inputs_with(Encoding::OneSidedPair);
  const auto names = [&inputs](const char* what) {
    return estimate_chips(inputs).at("not_modelled").dump().find(what) != std::string::npos;
  };

  EXPECT_FALSE(names("gate lines"));
  EXPECT_FALSE(names("opposite read voltage"));
  inputs.circuits.array.topology = crossbar::Topology::GateInput;
  EXPECT_TRUE(names("gate lines"));
  inputs = inputs_with(Encoding::RowPair);
  EXPECT_TRUE(names("opposite read voltage"));
}

}  // namespace
}  // namespace ohmweave::power_area
