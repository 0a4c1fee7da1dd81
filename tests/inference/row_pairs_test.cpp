// SPDX-License-Identifier: Apache-2.0
// Chips whose arrays hold both cells of a pair in one column.
#include <gtest/gtest.h>

#include <optional>

#include "inference/executor.h"
#include "inference/mapped_chip.h"
#include "slow_layer.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

TEST(RowPairs, AreReadLikeTheReferenceRead) {
  const QuantizedNetwork network = signed_conv_network();
  for (const crossbar::Topology topology :
       {crossbar::Topology::Passive, crossbar::Topology::RowSelect})
    for (const bool is_fault_aware : {false, true}) {
      Hardware hardware = faulty_hardware(80, 8);
      hardware.array.encoding = Encoding::RowPair;
      hardware.array.rows_active = 12;
      hardware.array.topology = topology;
      hardware.device.mismatch_sigma = 0.3;
      hardware.fault_aware = is_fault_aware;
      const mapping::Placement apart = simple_placement(network, hardware.array);
      ASSERT_EQ(apart.blocks.size(), 2u);  // one a group of the convolution
      for (const mapping::Placement& placement : {apart, on_one_diagonal(apart)}) {
        const MappedNetwork mapped{network, placement};
        ASSERT_NO_THROW(mapping::validate(mapped.placement, network));

        const Comparison result = compare(mapped, hardware);

        EXPECT_LE(result.num_different, 3)
            << "of " << result.num_values;  // rounding, as of pairs of arrays
        EXPECT_GT(result.num_unlike_ideal, result.num_values / 2) << "the faults had no effect";
      }
    }
}

/// Output codes of chip 1 with row pairs, read at `age`.
CodeBatch read_row_pairs(const Hardware& hardware, const std::optional<ChipAge>& age) {
  const QuantizedNetwork network = signed_conv_network();
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  CodeBatch input = random_input(network, 3, RandomStream(22));
  for (std::int32_t& code : input.codes) code -= code > 127 ? 255 : 0;
  return run_network(network,
                     program_chip(mapped, hardware, {RandomStream(5), 1}, in_sequence, age), input)
      .back();
}

TEST(RowPairs, AreCompensatedForTheirDrift) {
  for (const crossbar::Topology topology :
       {crossbar::Topology::Passive, crossbar::Topology::GateInput}) {
    Hardware hardware = ideal_hardware(40, 6);
    hardware.array.encoding = Encoding::RowPair;
    hardware.array.topology = topology;
    hardware.device.drift.emplace();
    hardware.device.drift->at_siemens = {1e-6};
    hardware.device.drift->nu_mean = {0.05};  // all cells lose the same share
    hardware.device.drift->nu_sigma = {0.0};
    const ChipAge uncompensated{{1e6}, false};
    const ChipAge compensated{{1e6}, true};

    const CodeBatch fresh = read_row_pairs(hardware, std::nullopt);

    EXPECT_EQ(read_row_pairs(hardware, compensated).codes, fresh.codes);
    EXPECT_NE(read_row_pairs(hardware, uncompensated).codes, fresh.codes);
  }
}

TEST(RowPairs, AddTheReadNoiseOfBothRows) {
  const QuantizedNetwork network = signed_conv_network();
  for (const crossbar::Topology topology :
       {crossbar::Topology::Passive, crossbar::Topology::GateInput}) {
    const auto variance_of = [&](Encoding encoding) {
      Hardware hardware = ideal_hardware(40, 6);
      hardware.device.kind = "ideal";
      hardware.device.read_noise.emplace();
      hardware.device.read_noise->fraction = 0.05;
      hardware.array.topology = topology;
      hardware.array.encoding = encoding;
      const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
      return program_chip(mapped, hardware, {RandomStream(1), 0})[1]->blocks[0].variance;
    };

    const GainMatrix variance = variance_of(Encoding::RowPair);

    EXPECT_GT(variance.minCoeff(), 0.0F);
    EXPECT_TRUE(variance.isApprox(variance_of(Encoding::OneSidedPair), 1e-6F));
  }
}

}  // namespace
}  // namespace ohmweave::inference
