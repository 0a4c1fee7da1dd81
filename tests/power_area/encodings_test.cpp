// SPDX-License-Identifier: Apache-2.0
// Chips whose weights sit in single arrays rather than pairs.
#include <gtest/gtest.h>

#include "mapped_networks.h"
#include "mapping/map_network.h"

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

TEST(Encodings, GateLinesAreNamedAsNotModelled) {
  EstimateInputs inputs = inputs_of(one_convolution(), 1);
  const auto names_gates = [&] {
    return estimate_chips(inputs).at("not_modelled").dump().find("gate lines") != std::string::npos;
  };

  EXPECT_FALSE(names_gates());
  inputs.circuits.array.topology = crossbar::Topology::GateInput;
  EXPECT_TRUE(names_gates());
}

}  // namespace
}  // namespace ohmweave::power_area
