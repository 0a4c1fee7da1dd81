// SPDX-License-Identifier: Apache-2.0
#include "inference/mapped_chip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>

#include "core/error.h"
#include "crossbar/device.h"
#include "crossbar/pair.h"
#include "inference/executor.h"
#include "mapping/line_assignment.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

/// The slow twin: one window of one layer, array by array, digit by digit, with read_array().
class SlowLayer {
 public:
  SlowLayer(const MappedNetwork& mapped, const Hardware& hardware, const ChipKey& key, int node)
      : mapped_(mapped), hardware_(hardware), node_(node) {
    bits_ = converter_bits(mapped, node, hardware);
    for (const mapping::Block& block : mapped.placement.blocks) {
      lines_.push_back(lines_of(block, key));
      const int per_slice = mapped.placement.geometry.arrays_per_slice();
      for (int slice = 0; slice < hardware.array.num_slices(); ++slice) {
        std::vector<crossbar::Matrix> arrays;
        for (int i = 0; i < per_slice; ++i)
          arrays.push_back(program(block.first_array + per_slice * slice + i, key));
        pairs_.push_back(crossbar::make_pair_reader(arrays, hardware.array, hardware.device,
                                                    hardware.dac, bits_.adc_bits,
                                                    bits_.dropped_bits));
      }
    }
  }

  /// Accumulators of group `group` for the window's inputs, added to `sums` (by output feature).
  void read(const std::vector<std::int64_t>& window, int group, std::vector<std::int64_t>& sums) {
    for (std::size_t b = 0; b < mapped_.placement.blocks.size(); ++b) {
      const mapping::Block& block = mapped_.placement.blocks[b];
      if (block.node != node_ || block.group != group) continue;
      for (int slice = 0; slice < hardware_.array.num_slices(); ++slice)
        read_pair(b, pairs_[b * hardware_.array.num_slices() + slice], slice, window, sums);
    }
  }

 private:
  /// The line that each row of the block's arrays drives.
  std::vector<int> lines_of(const mapping::Block& block, const ChipKey& key) const {
    std::vector<int> lines(hardware_.array.num_inputs());
    std::iota(lines.begin(), lines.end(), 0);
    if (!hardware_.fault_aware) return lines;
    const int bits = hardware_.array.bits_per_cell;
    return mapping::assign_lines(
        mapped_.placement, mapped_.network, block.first_array, [&](int array, int cell) {
          return crossbar::stuck_level(hardware_.device, bits,
                                       crossbar::array_stream(key.run, key.index, array), cell);
        });
  }

  crossbar::Matrix program(int array, const ChipKey& key) const {
    const std::vector<int> by_row = mapping::cell_levels(mapped_.placement, mapped_.network, array);
    std::vector<int> levels(by_row.size());
    const int per_input = hardware_.array.rows_per_input();
    for (int row = 0; row < hardware_.array.rows; ++row)
      for (int c = 0; c < hardware_.array.cols; ++c) {
        const int line = lines_.back()[row / per_input] * per_input + row % per_input;
        levels[line * hardware_.array.cols + c] = by_row[row * hardware_.array.cols + c];
      }
    return crossbar::program_siemens(levels, hardware_.array.rows, hardware_.array.cols,
                                     hardware_.device, hardware_.array.bits_per_cell,
                                     crossbar::array_stream(key.run, key.index, array));
  }

  void read_pair(std::size_t b, const crossbar::PairReader& pair, int slice,
                 const std::vector<std::int64_t>& window, std::vector<std::int64_t>& sums) const {
    const mapping::Block& block = mapped_.placement.blocks[b];
    const Node& layer = mapped_.network.network.nodes[node_];
    const int group_columns = layer.out_channels / layer.groups;
    const int dac_bits = hardware_.dac.bits;
    const int magnitude_bits = input_format(mapped_.network, node_).magnitude_bits();
    const std::size_t at_once = hardware_.array.inputs_at_once();
    for (int low = 0; low < magnitude_bits; low += dac_bits) {
      for (std::size_t first = 0; first < block.rows.size(); first += at_once) {
        std::vector<std::int32_t> digits(hardware_.array.num_inputs(), 0);
        for (std::size_t r = first; r < std::min(block.rows.size(), first + at_once); ++r) {
          const std::int64_t x = window[block.rows[r]];
          const std::int64_t digit = (std::abs(x) >> low) % (std::int64_t{1} << dac_bits);
          digits[lines_[b][block.first_row + r]] =
              static_cast<std::int32_t>(x < 0 ? -digit : digit);
        }
        const std::vector<std::int32_t> codes = crossbar::read_array(pair, digits);
        const int shift = low + slice * hardware_.array.bits_per_cell + bits_.dropped_bits;
        for (std::size_t c = 0; c < block.columns.size(); ++c)
          sums[block.group * group_columns + block.columns[c]] +=
              static_cast<std::int64_t>(codes[block.first_column + c]) * (std::int64_t{1} << shift);
      }
    }
  }

  const MappedNetwork& mapped_;
  const Hardware& hardware_;
  int node_;
  ConverterBits bits_;
  std::vector<std::vector<int>> lines_;  // of each block
  std::vector<crossbar::PairReader> pairs_;
};

/// Output codes of the batched executor and of the slow twin that differ.
struct Comparison {
  int num_different = 0;
  int num_values = 0;
  std::int64_t largest_difference = 0;
  int num_unlike_ideal = 0;  // how many values the devices changed at all
};

Comparison compare(const MappedNetwork& mapped, const Hardware& hardware) {
  const ChipKey key{RandomStream(77), 3};
  CodeBatch input = random_input(mapped.network, 3, RandomStream(22));
  for (std::int32_t& code : input.codes) code -= code > 127 ? 255 : 0;
  const CodeBatch batched =
      run_network(mapped.network, program_chip(mapped, hardware, key), input).back();
  const CodeBatch ideal = run_network(mapped.network, exact_products(mapped.network), input).back();
  const Node& conv = mapped.network.network.nodes[1];
  SlowLayer slow(mapped, hardware, key, 1);
  Comparison result;
  const int places = batched.shape.height * batched.shape.width;
  for (int window = 0; window < 3 * places; ++window) {
    const std::vector<std::int32_t> image = image_of(input, window / places);
    std::vector<std::int64_t> sums = mapped.network.nodes[1].weights->bias;
    const int place = window % places;
    for (int group = 0; group < conv.groups; ++group)
      slow.read(gather_window(conv, input.shape, {image.begin(), image.end()}, group,
                              place / batched.shape.width, place % batched.shape.width),
                group, sums);
    for (std::size_t out = 0; out < sums.size(); ++out) {
      const std::size_t at = (window / places * sums.size() + out) * places + place;
      const std::int64_t difference = std::abs(sums[out] - batched.codes[at]);
      result.num_values += 1;
      result.num_different += difference != 0 ? 1 : 0;
      result.largest_difference = std::max(result.largest_difference, difference);
      result.num_unlike_ideal += batched.codes[at] != ideal.codes[at] ? 1 : 0;
    }
  }
  return result;
}

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

/// Puts all blocks along the diagonal of one position, each at the beginning of a row group.
mapping::Placement on_one_diagonal(mapping::Placement placement) {
  const int at_once = placement.geometry.inputs_at_once();
  int row = 0;
  int column = 0;
  std::vector<int> all;
  for (std::size_t b = 0; b < placement.blocks.size(); ++b) {
    mapping::Block& block = placement.blocks[b];
    block.first_array = 0;
    block.first_row = row;
    block.first_column = column;
    row += (static_cast<int>(block.rows.size()) + at_once - 1) / at_once * at_once;
    column += static_cast<int>(block.columns.size());
    all.push_back(static_cast<int>(b));
  }
  placement.arrays.resize(placement.geometry.arrays_per_position());
  for (mapping::Array& array : placement.arrays) array.blocks = all;
  return placement;
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

TEST(MappedChip, ReadsRowPairsLikeTheReferenceRead) {
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

        EXPECT_LE(result.num_different, 3) << "of " << result.num_values;  // as above
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

TEST(MappedChip, CompensatesTheDriftOfRowPairs) {
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
