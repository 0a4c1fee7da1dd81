// SPDX-License-Identifier: Apache-2.0
// What a chip adjusts to data and to itself (full scales, trims of its converters), and the memory
// that it takes to simulate.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "inference/column_calibration.h"
#include "inference/converter_range.h"
#include "inference/executor.h"
#include "inference/mapped_chip.h"
#include "inference/memory.h"
#include "mapping/column_sums.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

TEST(ConverterRange, CountsTheBitsOfEveryValueThatIsConverted) {
  // Weights 3 and -1 in one slice of 2 bits; digits of 2 bits of inputs (5, 2): 1, 2 and then 1, 0.
  const QuantizedNetwork network = linear_network(2, 1, {3, -1});
  Hardware hardware = ideal_hardware(2, 1);
  hardware.array.weight_bits = 2;
  hardware.dac.bits = 2;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  CodeBatch input = make_code_batch(1, network.network.input);
  input.codes = {5, 2};

  const std::vector<BitCounts> counts = count_converter_bits(mapped, hardware, input);

  EXPECT_TRUE(counts[0].empty());
  // 3 * 1 - 2 = 1, 3 * 1 = 3, and 0 for each of the two digits above.
  EXPECT_EQ(counts[1][0], 2);
  EXPECT_EQ(counts[1][1], 1);
  EXPECT_EQ(counts[1][2], 1);
  EXPECT_EQ(std::count(counts[1].begin() + 3, counts[1].end(), 0), 29);
  EXPECT_EQ(bits_that_hold(counts[1], 1.0), 2);
  EXPECT_EQ(bits_that_hold(counts[1], 0.75), 1);
  EXPECT_EQ(bits_that_hold(counts[1], 0.5), 0);
}

TEST(ConverterRange, OfANetworkTrainedForItsWiresIsWhatTheyLeave) {
  // One column of 3s, all rows driven: 64 * 3 units without wires, nearly all of it lost with them.
  const QuantizedNetwork network = linear_network(64, 1, std::vector<std::int32_t>(64, 3));
  Hardware hardware = faulty_hardware(64, 1);
  hardware.array.weight_bits = 2;
  hardware.array.col_ohm = 1e4;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  CodeBatch input = make_code_batch(1, network.network.input);
  std::fill(input.codes.begin(), input.codes.end(), 1);

  const auto largest = [&](RangeChip chip) {
    return bits_that_hold(count_converter_bits(mapped, hardware, input, chip)[1], 1.0);
  };

  EXPECT_EQ(largest(RangeChip::Ideal), 8);
  EXPECT_LE(largest(RangeChip::Wired), 2);
  EXPECT_GE(largest(RangeChip::Wired), 1);
}

/// Mean absolute difference of two batches.
double distance(const CodeBatch& a, const CodeBatch& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.codes.size(); ++i) sum += std::abs(a.codes[i] - b.codes[i]);
  return sum / static_cast<double>(a.codes.size());
}

/// A layer whose columns never come near the sums that they could reach.
struct SparseInputs {
  QuantizedNetwork network;
  CodeBatch input;
};

SparseInputs sparse_inputs() {
  std::vector<std::int32_t> codes;
  for (std::uint64_t i = 0; i < 64 * 4; ++i)
    codes.push_back(static_cast<std::int32_t>(RandomStream(3).below(31, i)) - 15);
  SparseInputs result{linear_network(64, 4, codes), {}};
  result.input = random_input(result.network, 30, RandomStream(4));
  for (std::size_t i = 0; i < result.input.codes.size(); ++i)
    if (RandomStream(5).below(8, i) != 0) result.input.codes[i] = 0;
  return result;
}

TEST(ConverterRange, OfDataWastesFewerBitsThanTheWorstCase) {
  const SparseInputs sparse = sparse_inputs();
  Hardware hardware = ideal_hardware(64, 8);
  hardware.array.bits_per_cell = 4;
  hardware.adc.bits = 5;
  const MappedNetwork mapped{sparse.network, simple_placement(sparse.network, hardware.array)};
  const CodeBatch exact =
      run_network(sparse.network, exact_products(sparse.network), sparse.input).back();
  const auto error_of = [&] {
    return distance(run_network(sparse.network,
                                program_chip(mapped, hardware, {RandomStream(1), 0}), sparse.input)
                        .back(),
                    exact);
  };
  const double worst_case = error_of();
  hardware.adc.range = crossbar::AdcRange::Largest;
  hardware.range_bits = calibrated_range_bits(mapped, hardware, sparse.input);
  const double largest = error_of();

  EXPECT_LT(converter_bits(mapped, 1, hardware).dropped_bits,
            converter_bits(mapped, 1, hardware).lossless_bits - 5);
  EXPECT_LT(largest, worst_case / 2.0);
  hardware.adc.range = crossbar::AdcRange::Percentile;
  hardware.adc.range_fraction = 0.5;
  EXPECT_LT(calibrated_range_bits(mapped, hardware, sparse.input)[1], hardware.range_bits[1]);
}

TEST(ColumnCalibration, TakesAwayGainAndOffsetOfColumns) {
  const SparseInputs sparse = sparse_inputs();
  Hardware hardware = ideal_hardware(64, 8);
  hardware.array.bits_per_cell = 4;
  hardware.array.sense_ohm = 30.0;  // every column loses current, whichever row it comes from
  hardware.adc.bits = 9;
  hardware.adc.gain_sigma = 0.05;
  hardware.adc.offset_sigma_lsb = 3.0;
  hardware.columns_per_adc = 1;
  const MappedNetwork mapped{sparse.network, simple_placement(sparse.network, hardware.array)};
  const CodeBatch exact =
      run_network(sparse.network, exact_products(sparse.network), sparse.input).back();
  const auto error_of = [&] {
    return distance(run_network(sparse.network,
                                program_chip(mapped, hardware, {RandomStream(1), 0}), sparse.input)
                        .back(),
                    exact);
  };
  const double untrimmed = error_of();
  hardware.calibrates_columns = true;

  EXPECT_LT(error_of(), untrimmed / 4.0);
}

TEST(ColumnCalibration, LeavesAnIdealChipAsItIs) {
  const SparseInputs sparse = sparse_inputs();
  Hardware hardware = ideal_hardware(64, 8);
  hardware.array.bits_per_cell = 4;
  hardware.calibrates_columns = true;
  const MappedNetwork mapped{sparse.network, simple_placement(sparse.network, hardware.array)};

  const LayerProducts products = program_chip(mapped, hardware, {RandomStream(1), 0});

  for (const ColumnTrim& trim : products[1]->blocks[0].trims) {
    EXPECT_NEAR(trim.gain, 1.0F, 1e-6F);
    EXPECT_NEAR(trim.offset, 0.0F, 1e-4F);
  }
}

TEST(MemoryEstimate, AddsItsPartsAndNamesThemWhenTheyDoNotFit) {
  const QuantizedNetwork network = linear_network(64, 4, std::vector<std::int32_t>(256, 3));
  const Hardware hardware = ideal_hardware(64, 8);
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

  const MemoryEstimate estimate = estimate_memory(mapped, hardware, {2, 10, 7});

  EXPECT_EQ(estimate.gains, 64 * 4 * 2 * 4);  // rows x columns x slices x float
  EXPECT_EQ(estimate.converters, 0);
  EXPECT_EQ(estimate.images, 64 * 4 * 7);
  EXPECT_EQ(estimate.feature_maps, 2 * (64 + 4) * 4 * 10 * 2);
  EXPECT_EQ(estimate.network, (256 + 64 + 4) * 4);
  EXPECT_EQ(estimate.total(), estimate.network + estimate.gains + estimate.working +
                                  estimate.feature_maps + estimate.images + estimate.matrices);
  EXPECT_EQ(estimate.matrices, 0);
  EXPECT_EQ(estimate.circuits, 0);
  // In reference mode as well: codes and accumulators of 64 bits.
  EXPECT_EQ(estimate_memory(mapped, hardware, {2, 10, 7, true}).feature_maps,
            estimate.feature_maps + 2 * (64 + 4) * 8 * 10 * 2);
  EXPECT_NO_THROW(check_memory(estimate, estimate.total()));
  try {
    check_memory(estimate, estimate.total() - 1);
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("\"gains_bytes\":2048"), std::string::npos)
        << error.what();
  }
}

TEST(MemoryEstimate, HasTheReadsByGatesOfTheLargestBlock) {
  const QuantizedNetwork network = linear_network(64, 4, std::vector<std::int32_t>(256, 3));
  Hardware hardware = ideal_hardware(64, 8);
  hardware.array.topology = crossbar::Topology::GateInput;
  hardware.dac.bits = 1;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const int bits = mapping::input_format(network, 1).magnitude_bits();

  // Digits and currents in float; of 32 columns of both arrays, and of ladders, in double.
  EXPECT_EQ(estimate_memory(mapped, hardware, {2, 10, 7}).circuits,
            std::int64_t{2} * 512 * bits * ((64 + 4 * 2) * 4 + (2 * 32 + 48) * 8));
}

}  // namespace
}  // namespace ohmweave::inference
