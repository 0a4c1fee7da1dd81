// SPDX-License-Identifier: Apache-2.0
#include "inference/mapped_chip.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "inference/executor.h"
#include "slow_layer.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

TEST(MappedChip, ReadsFaultyArraysLikeTheReferenceReadOfEachArray) {
  const QuantizedNetwork network = signed_conv_network();
  for (const int dac_bits : {1, 2}) {
    for (const std::optional<int> adc_bits : {std::optional<int>(), std::optional<int>(3)}) {
      Hardware hardware = faulty_hardware(8, 2);
      hardware.device.mismatch_sigma = 0.3;
      hardware.array.rows_active = 6;
      hardware.dac.bits = dac_bits;
      hardware.adc.bits = adc_bits;
      const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

      const Comparison result = compare(mapped, hardware);

      // Float and double sums may fall on different sides of a rounding edge: |sum| < 64 and its
      // float error < 1e-5, so a read in 1e5 does; a value has at most 160 reads here, and most
      // have fewer. One such code moves a value by at most the weight of its bits.
      EXPECT_LE(result.num_different, 3) << "of " << result.num_values;
      EXPECT_LE(result.largest_difference, 64 * 4 * 16);
      EXPECT_GT(result.num_unlike_ideal, result.num_values / 2) << "the faults had no effect";
    }
  }
}

TEST(MappedChip, ReadsRowsOnTheLinesWhereStuckCellsHurtLeast) {
  const QuantizedNetwork network = signed_conv_network();
  for (const crossbar::Topology topology :
       {crossbar::Topology::Passive, crossbar::Topology::RowSelect}) {
    Hardware hardware = faulty_hardware(8, 2);
    hardware.array.topology = topology;
    hardware.array.rows_active = 6;
    hardware.device.stuck_on_fraction = 0.03;
    hardware.device.stuck_off_fraction = 0.05;
    hardware.fault_aware = true;
    const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

    const Comparison result = compare(mapped, hardware);

    EXPECT_LE(result.num_different, 3) << "of " << result.num_values;  // as above
    EXPECT_GT(result.num_unlike_ideal, result.num_values / 2) << "the faults had no effect";
  }
}

/// Sum of squares of what stuck cells change in all gains, over some chips.
double squared_errors(const MappedNetwork& mapped, const Hardware& hardware) {
  Hardware perfect = hardware;
  perfect.device.stuck_on_fraction = 0.0;
  perfect.device.stuck_off_fraction = 0.0;
  double total = 0.0;
  for (int chip = 0; chip < 20; ++chip) {
    const ChipKey key{RandomStream(5), chip};
    const LayerProducts faulty = program_chip(mapped, hardware, key);
    const LayerProducts whole = program_chip(mapped, perfect, key);
    for (std::size_t n = 0; n < faulty.size(); ++n)
      for (std::size_t b = 0; faulty[n] && b < faulty[n]->blocks.size(); ++b)
        total += (faulty[n]->blocks[b].gain - whole[n]->blocks[b].gain).squaredNorm();
  }
  return total;
}

TEST(MappedChip, GainsFromKnowingStuckCells) {
  const QuantizedNetwork network = signed_conv_network();
  Hardware hardware = ideal_hardware(32, 16);
  hardware.device.stuck_on_fraction = 0.01;
  hardware.device.stuck_off_fraction = 0.01;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  Hardware aware = hardware;
  aware.fault_aware = true;

  // 18 rows of 32 lines, two of five weights zero: most faults find a row that wants them or none.
  EXPECT_LT(squared_errors(mapped, aware), 0.25 * squared_errors(mapped, hardware));
}

TEST(MappedChip, LeavesRowsWhereTheyAreWithoutFaults) {
  const QuantizedNetwork network = signed_conv_network();
  Hardware hardware = faulty_hardware(8, 2);
  hardware.device.stuck_on_fraction = 0.0;
  hardware.device.stuck_off_fraction = 0.0;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  Hardware aware = hardware;
  aware.fault_aware = true;
  const ChipKey key{RandomStream(5), 1};

  const LayerProducts expected = program_chip(mapped, hardware, key);
  const LayerProducts products = program_chip(mapped, aware, key);

  for (std::size_t b = 0; b < expected[1]->blocks.size(); ++b)
    EXPECT_EQ(products[1]->blocks[b].gain, expected[1]->blocks[b].gain);
}

TEST(MappedChip, ReadsSelectedRowsAsTheirOwnCircuit) {
  Hardware hardware = faulty_hardware(8, 2);
  hardware.array.topology = crossbar::Topology::RowSelect;
  hardware.array.rows_active = 3;
  const QuantizedNetwork network = signed_conv_network();
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

  EXPECT_LE(compare(mapped, hardware).num_different, 3);
}

TEST(MappedChip, ReadsBlocksThatShareArraysLikeTheReferenceRead) {
  const QuantizedNetwork network = signed_conv_network();
  for (const crossbar::Topology topology :
       {crossbar::Topology::Passive, crossbar::Topology::RowSelect}) {
    Hardware hardware = faulty_hardware(8, 2);
    hardware.array.rows = 40;
    hardware.array.cols = 8;
    hardware.array.rows_active = 6;
    hardware.array.topology = topology;
    hardware.device.mismatch_sigma = 0.3;
    const MappedNetwork mapped{network, on_one_diagonal(simple_placement(network, hardware.array))};
    ASSERT_EQ(mapped.placement.blocks.size(), 2u);  // one a group of the convolution
    ASSERT_NO_THROW(mapping::validate(mapped.placement, network));

    const Comparison result = compare(mapped, hardware);

    EXPECT_LE(result.num_different, 3) << "of " << result.num_values;  // as above
    EXPECT_GT(result.num_unlike_ideal, result.num_values / 2) << "the faults had no effect";
  }
}

TEST(MappedChip, SeesTheLeakageOfTheBlocksItSharesArraysWith) {
  const QuantizedNetwork network = signed_conv_network();
  Hardware hardware = ideal_hardware(40, 8);
  hardware.array.rows_active = 20;
  const mapping::Placement apart = simple_placement(network, hardware.array);
  const mapping::Placement together = on_one_diagonal(apart);
  const auto gain = [&](const mapping::Placement& placement, std::size_t block) {
    return program_chip({network, placement}, hardware, {RandomStream(1), 0})[1]
        ->blocks[block]
        .gain;
  };

  // Without wires the other rows' cells carry nothing, and ideal devices are the same everywhere.
  EXPECT_TRUE(gain(apart, 0).isApprox(gain(together, 0), 1e-6f));
  EXPECT_TRUE(gain(apart, 1).isApprox(gain(together, 1), 1e-6f));
  hardware.array.row_ohm = hardware.array.col_ohm = 50.0;
  hardware.array.driver_ohm = hardware.array.sense_ohm = 2000.0;
  // With wires the other block's cells move the potentials of lines that both blocks cross, which
  // themselves are lines at nearly 0 V: small, and there.
  EXPECT_TRUE(gain(apart, 0).isApprox(gain(together, 0), 1e-2f));
  EXPECT_FALSE(gain(apart, 0).isApprox(gain(together, 0), 1e-5f));
}

TEST(MappedChip, IsTheSameForTheSameKeyOnly) {
  const QuantizedNetwork network = signed_conv_network();
  const Hardware hardware = faulty_hardware(8, 2);
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const auto gain = [&](int chip) {
    return program_chip(mapped, hardware, {RandomStream(1), chip})[1]->blocks[0].gain;
  };

  EXPECT_TRUE(gain(0) == gain(0));
  EXPECT_FALSE(gain(0) == gain(1));
}

TEST(MappedChip, HasOneDeviceSampleWhateverTheOrderOfProgramming) {
  const QuantizedNetwork network = signed_conv_network();
  const Hardware hardware = faulty_hardware(8, 2);
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const ForEach backwards = [](int count, const std::function<void(int)>& work) {
    for (int i = count - 1; i >= 0; --i) work(i);
  };

  const LayerProducts forward_order = program_chip(mapped, hardware, {RandomStream(1), 0});
  const LayerProducts other_order = program_chip(mapped, hardware, {RandomStream(1), 0}, backwards);

  for (std::size_t b = 0; b < forward_order[1]->blocks.size(); ++b)
    EXPECT_TRUE(forward_order[1]->blocks[b].gain == other_order[1]->blocks[b].gain);
}

TEST(MappedChip, HoldsTheSignedSliceLevelsWhenDevicesAndWiresAreIdeal) {
  // Codes 6 = 2 + 4 * 1 and -13 = -(1 + 4 * 3) in slices of two bits.
  const QuantizedNetwork network = linear_network(1, 2, {6, -13});
  const Hardware hardware = ideal_hardware(2, 2);
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

  const LayerProducts products = program_chip(mapped, hardware, {RandomStream(1), 0});

  const GainMatrix& gain = products[1]->blocks.at(0).gain;
  ASSERT_EQ(gain.rows(), 4);
  const float expected[] = {2.0F, -1.0F, 1.0F, -3.0F};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(gain(i, 0), expected[i], 1e-6F);
}

TEST(ConverterBits, SpanTheLargestSumOrDropItsLowestBits) {
  // Slices of 2 bits, all cells at level 3, one of four negative: sums of up to 3 * 3 = 9 need
  // 4 bits, with digits of 2 bits 5. Signed inputs could add up all four: 3 * 4 * 3 needs 6.
  const QuantizedNetwork network = linear_network(4, 1, {15, 15, -15, 15});
  Hardware hardware = ideal_hardware(4, 1);
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

  const ConverterBits lossless = converter_bits(mapped, 1, hardware);
  EXPECT_EQ(lossless.lossless_bits, 4);
  EXPECT_EQ(lossless.adc_bits, 4);
  EXPECT_EQ(lossless.dropped_bits, 0);

  hardware.dac.bits = 2;
  hardware.adc.bits = 3;
  const ConverterBits coarse = converter_bits(mapped, 1, hardware);
  EXPECT_EQ(coarse.lossless_bits, 5);
  EXPECT_EQ(coarse.adc_bits, 3);
  EXPECT_EQ(coarse.dropped_bits, 2);

  MappedNetwork with_signs = mapped;
  with_signs.network.nodes[0].output.is_signed = true;
  EXPECT_EQ(converter_bits(with_signs, 1, hardware).lossless_bits, 6);

  hardware.adc.bits = 8;
  EXPECT_EQ(converter_bits(mapped, 1, hardware).adc_bits, 8);
  EXPECT_EQ(converter_bits(mapped, 1, hardware).dropped_bits, 0);

  hardware.adc.bits.reset();
  hardware.array.rows_active = 1;
  EXPECT_EQ(converter_bits(mapped, 1, hardware).lossless_bits, 4);  // one row: 3 * 3 = 9
}

TEST(MappedChip, RefusesAPlacementOnOtherArrays) {
  const QuantizedNetwork network = linear_network(1, 1, {3});
  const MappedNetwork mapped{network, simple_placement(network, ideal_hardware(4, 4).array)};

  EXPECT_THROW((void)program_chip(mapped, ideal_hardware(8, 4), {RandomStream(1), 0}),
               std::logic_error);
}

Hardware drifting_hardware() {
  Hardware hardware = faulty_hardware(8, 2);
  hardware.device = {};
  hardware.array.row_ohm = hardware.array.col_ohm = 0.0;
  hardware.device.drift.emplace();
  hardware.device.drift->nu_mean = {0.1};
  hardware.device.drift->nu_sigma = {0.0};
  return hardware;
}

TEST(MappedChip, LosesConductanceWithItsAgeUnlessTheConvertersFollow) {
  const Hardware hardware = drifting_hardware();
  const QuantizedNetwork network = signed_conv_network();
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const auto gain = [&](const std::optional<ChipAge>& age) {
    return program_chip(mapped, hardware, {RandomStream(1), 0}, in_sequence, age)[1]
        ->blocks[0]
        .gain;
  };
  const GainMatrix fresh = gain(std::nullopt);

  const GainMatrix old = gain(ChipAge{{1e5, 300.0}, false});
  EXPECT_TRUE(old.isApprox(fresh * static_cast<float>(std::pow(1e5, -0.1)), 1e-5F));
  EXPECT_TRUE(gain(ChipAge{{1e5, 300.0}, true}).isApprox(fresh, 1e-5F));
}

TEST(MappedChip, NoiseIsFreshInEachReadAndTheSameInAnyBatch) {
  Hardware hardware = drifting_hardware();
  hardware.device.drift.reset();
  hardware.device.read_noise.emplace();
  hardware.device.read_noise->fraction = 0.3;
  const QuantizedNetwork network = signed_conv_network();
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const LayerProducts products = program_chip(mapped, hardware, {RandomStream(1), 0});
  CodeBatch images = random_input(network, 6, RandomStream(2));
  std::copy_n(images.codes.begin(), images.shape.size(),
              images.codes.begin() + images.shape.size());  // the second is the first again
  const auto run = [&](const CodeBatch& batch, std::int64_t first_image, std::uint64_t seed) {
    return run_network(network, products, batch, Reading{first_image, RandomStream(seed)}).back();
  };

  const CodeBatch all = run(images, 0, 5);

  for (int i = 0; i < images.num_images; ++i) {
    const CodeBatch one{1, images.shape, image_of(images, i)};
    EXPECT_EQ(run(one, i, 5).codes, image_of(all, i)) << i;
  }
  EXPECT_NE(image_of(all, 0), image_of(all, 1));
  EXPECT_NE(run(images, 0, 6).codes, all.codes);
}

TEST(MappedChip, NoiseHasTheSpreadThatThePairsHave) {
  // One weight of level 3 read by one bit: 20 steps of noise to a level, so codes show it.
  Hardware hardware = drifting_hardware();
  hardware.device.drift.reset();
  hardware.device.read_noise.emplace();
  hardware.device.read_noise->model = crossbar::SpreadModel::FractionOfRange;
  hardware.device.read_noise->fraction = 4.0;
  hardware.adc.bits = 12;
  const QuantizedNetwork network = linear_network(1, 1, {3});
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const LayerProducts products = program_chip(mapped, hardware, {RandomStream(1), 0});
  constexpr int kReads = 20000;
  CodeBatch ones = make_code_batch(kReads, network.network.input);
  std::fill(ones.codes.begin(), ones.codes.end(), 1);

  const CodeBatch read = run_network(network, products, ones, Reading{0, RandomStream(5)}).back();

  // Range = 3 levels; both cells of both slices have noise of 4 ranges = 12 levels, and the second
  // slice counts for 4. Rounding adds 1/12 of a step squared to each.
  const double expected = (1.0 + 16.0) * (2.0 * 12.0 * 12.0 + 1.0 / 12.0);
  double mean = 0.0;
  double square = 0.0;
  for (const std::int32_t code : read.codes) {
    mean += static_cast<double>(code) / kReads;
    square += static_cast<double>(code) * code / kReads;
  }
  EXPECT_NEAR(mean, 3.0, 4.0 * std::sqrt(expected / kReads));
  EXPECT_NEAR((square - mean * mean) / expected, 1.0, 4.0 * std::sqrt(2.0 / kReads));
}

}  // namespace
}  // namespace ohmweave::inference
