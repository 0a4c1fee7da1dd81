// SPDX-License-Identifier: Apache-2.0
// How efficiency falls with the bits of inputs and outputs, against silicon. That chip converts
// once a read whatever the resolution, and its inputs are signed: a read for each magnitude bit.
// Source: wan_nature_2022 (tests/reference/wan_nature_2022/efficiency.json).
#include <gtest/gtest.h>

#include "mapped_networks.h"

namespace ohmweave::power_area {
namespace {

/// Energy of arrays and converters for one product of a 256 x 256 matrix.
double energy_j(int input_bits) {
  EstimateInputs inputs;
  Circuits& circuits = inputs.circuits;
  circuits.array.rows = circuits.array.cols = 256;
  circuits.adc.bits = 7;  // of one resolution: the energy of a conversion is not what grows
  circuits.chip.uncertainty.samples = 2;
  circuits.chip.settling = Settling::Library;
  inputs.library = isaac_library();
  Network network;
  network.name = "core";
  network.input = {256, 1, 1};
  network.nodes = {make_node("input", Op::Input, {}), make_node("fc", Op::Linear, {0}, 256)};
  inputs.chip.network = random_codes(network, 1);
  inputs.chip.network.nodes[0].output.bits = std::max(2, input_bits);  // a sign and a bit at least
  inputs.chip.network.nodes[0].output.is_signed = true;
  inputs.chip.placement = map_random(network, 1, circuits).placement;
  const Json chip = estimate_chips(inputs).at("chip");
  double sum_j = 0.0;
  for (const Json& part : chip.at("parts"))
    if (part.at("group") == "arrays" || part.at("group") == "converters")
      sum_j += part.at("dynamic_energy_j").get<double>();
  return sum_j;
}

TEST(NeurramTrend, EfficiencyFallsWithTheReadsThatAnInputTakes) {
  const Json points =
      parse_artifact_file(OHMWEAVE_SOURCE_DIR "/tests/reference/wan_nature_2022/efficiency.json")
          .at("points");
  ASSERT_EQ(points.size(), 7U);
  const double first_j = energy_j(points[0].at("input_bits"));
  const double first = points[0].at("tops_per_watt");
  for (const Json& point : points) {
    const double published = first / point.at("tops_per_watt").get<double>();
    const double ours = energy_j(point.at("input_bits")) / first_j;
    EXPECT_NEAR(ours / published, 1.0, 0.15) << "at " << point.at("input_bits") << " input bits";
  }
}

}  // namespace
}  // namespace ohmweave::power_area
