// SPDX-License-Identifier: Apache-2.0
// Chips as built: gates as inputs, transistors, lines used at both ends, nonlinear cells,
// converters and drivers that are not ideal; each against a slow twin or a closed form.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "crossbar/cell_curve.h"
#include "crossbar/converter.h"
#include "crossbar/device.h"
#include "crossbar/gate_column.h"
#include "crossbar/nonlinear.h"
#include "crossbar/pair.h"
#include "inference/executor.h"
#include "inference/mapped_chip.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

/// A layer of 12 inputs and 4 outputs on one pair of 16 x 6 arrays with one slice of 4 bits.
QuantizedNetwork one_layer() {
  std::vector<std::int32_t> codes;
  for (std::uint64_t i = 0; i < 48; ++i)
    codes.push_back(static_cast<std::int32_t>(RandomStream(3).below(31, i)) - 15);
  return linear_network(12, 4, codes);
}

Hardware one_slice_hardware() {
  Hardware hardware = faulty_hardware(16, 6);
  hardware.array.bits_per_cell = 4;
  hardware.array.rows_active = 5;
  hardware.adc.bits = 10;
  return hardware;
}

crossbar::Matrix cells_of(const MappedNetwork& mapped, const Hardware& hardware, const ChipKey& key,
                          int array) {
  return crossbar::program_siemens(mapping::cell_levels(mapped.placement, mapped.network, array),
                                   hardware.array.rows, hardware.array.cols, hardware.device, 4,
                                   crossbar::array_stream(key.run, key.index, array));
}

/// The column currents of an array of gates, each solved with its inactive cells open.
std::vector<double> gate_read(const crossbar::Matrix& siemens, const std::vector<int>& active,
                              const crossbar::ArrayOptions& array) {
  std::vector<double> amps;
  for (Eigen::Index c = 0; c < siemens.cols(); ++c) {
    crossbar::Vector cells(siemens.rows());
    for (Eigen::Index r = 0; r < siemens.rows(); ++r) {
      const double g = siemens(r, c);
      cells(r) =
          active[static_cast<std::size_t>(r)] != 0 ? g / (1.0 + g * array.transistor_ohm) : 0.0;
    }
    amps.push_back(crossbar::gate_column_current(
        cells, {array.col_ohm, *array.source_line_ohm, array.driver_ohm, array.sense_ohm,
                array.read_voltage_v}));
  }
  return amps;
}

TEST(BuiltChip, ReadsCodesAsTheMeasuredLevelsOfItsCells) {
  Hardware hardware = ideal_hardware(16, 6);
  hardware.array.bits_per_cell = 4;
  hardware.dac.bits = 8;
  std::vector<double> siemens(16);
  for (int level = 0; level < 16; ++level) siemens[level] = 1e-6 * (level * level + 3 * level + 1);
  hardware.device.level_means = {{siemens}};
  QuantizedNetwork network = one_layer();
  QuantizedWeights& weights = *network.nodes.back().weights;
  const std::vector<double> values = code_values(hardware.device, hardware.array.cells());
  ASSERT_NEAR(values[5], 40.0 / 18.0, 1e-12);  // 25 + 15 of a step of 270 / 15
  weights.code_values = values;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const CodeBatch input = random_input(network, 20, RandomStream(9));

  const CodeBatch read =
      run_network(network, program_chip(mapped, hardware, {RandomStream(8), 1}), input).back();

  const CodeBatch ideal = run_network(network, exact_products(network), input).back();
  weights.code_values.clear();
  const CodeBatch even = run_network(network, exact_products(network), input).back();
  weights.code_values = values;
  int num_uneven = 0;
  for (int image = 0; image < input.num_images; ++image) {
    const std::vector<std::int64_t> expected =
        run_integer_reference(network, image_of(input, image)).back();
    for (std::size_t c = 0; c < expected.size(); ++c) {
      EXPECT_EQ(image_of(read, image)[c], expected[c]) << image << ", " << c;
      EXPECT_EQ(image_of(ideal, image)[c], expected[c]) << image << ", " << c;
      if (std::abs(image_of(even, image)[c] - expected[c]) > 1) ++num_uneven;
    }
  }
  EXPECT_GT(num_uneven, 40);
}

TEST(BuiltChip, SolvesEveryReadOfGateInputs) {
  Hardware hardware = one_slice_hardware();
  hardware.array.topology = crossbar::Topology::GateInput;
  hardware.array.col_ohm = 20.0;
  hardware.array.source_line_ohm = 35.0;
  hardware.array.transistor_ohm = 2e3;
  hardware.array.driver_ohm = 100.0;
  hardware.array.sense_ohm = 50.0;
  const QuantizedNetwork network = one_layer();
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const ChipKey key{RandomStream(8), 1};
  CodeBatch input = random_input(network, 20, RandomStream(9));
  for (std::size_t i = 0; i < input.codes.size(); i += 3) input.codes[i] *= -1;

  const CodeBatch read = run_network(network, program_chip(mapped, hardware, key), input).back();

  const ConverterBits bits = converter_bits(mapped, 1, hardware);
  const crossbar::Matrix positive = cells_of(mapped, hardware, key, 0);
  const crossbar::Matrix negative = cells_of(mapped, hardware, key, 1);
  const double unit_a =
      crossbar::unit_siemens(hardware.array, hardware.device, 4) * hardware.array.read_voltage_v;
  int num_unlike_ideal = 0;
  const CodeBatch exact = run_network(network, exact_products(network), input).back();
  for (int image = 0; image < input.num_images; ++image) {
    const std::vector<std::int32_t> x = image_of(input, image);
    std::vector<std::int64_t> sums(4, 0);
    for (int digit = 0; digit < 8; ++digit) {
      for (int first = 0; first < 12; first += 5) {
        for (const int sign : {1, -1}) {
          std::vector<int> active(16, 0);
          for (int r = first; r < std::min(12, first + 5); ++r)
            active[r] = x[r] * sign > 0 ? (std::abs(x[r]) >> digit) & 1 : 0;
          const std::vector<double> plus = gate_read(positive, active, hardware.array);
          const std::vector<double> minus = gate_read(negative, active, hardware.array);
          for (int c = 0; c < 4; ++c)
            sums[c] += sign *
                       std::llround(std::nearbyint(
                           std::ldexp((plus[c] - minus[c]) / unit_a, -bits.dropped_bits))) *
                       (std::int64_t{1} << (digit + bits.dropped_bits));
        }
      }
    }
    const std::vector<std::int32_t> codes = image_of(read, image);
    for (int c = 0; c < 4; ++c) {
      EXPECT_EQ(codes[c], sums[c]) << image << ", " << c;
      num_unlike_ideal += sums[c] != image_of(exact, image)[c] ? 1 : 0;
    }
  }
  EXPECT_GT(num_unlike_ideal, 40) << "the wires had no effect";
}

TEST(BuiltChip, ReadsGatesAlikeInAnyBatch) {
  const QuantizedNetwork network = signed_conv_network();
  Hardware hardware = ideal_hardware(40, 6);
  hardware.array.topology = crossbar::Topology::GateInput;
  hardware.array.col_ohm = 20.0;
  hardware.array.rows_active = 12;
  hardware.device.read_noise.emplace();
  hardware.device.read_noise->fraction = 0.05;
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const LayerProducts products = program_chip(mapped, hardware, {RandomStream(5), 1});
  CodeBatch input = random_input(network, 40, RandomStream(9));  // more windows than go together
  for (std::size_t i = 0; i < input.codes.size(); i += 3) input.codes[i] *= -1;
  const Shape output = infer_shapes(network.network)[1];
  ASSERT_GT(input.num_images * output.height * output.width, kCircuitWindows);

  const CodeBatch together = run_network(network, products, input, {0, RandomStream(3)}).back();

  for (const int image : {0, 17, 39}) {
    CodeBatch one = make_code_batch(1, network.network.input);
    one.codes = image_of(input, image);
    EXPECT_EQ(run_network(network, products, one, {image, RandomStream(3)}).back().codes,
              image_of(together, image));
  }
}

TEST(BuiltChip, PutsTransistorsInSeriesWithTheCells) {
  Hardware hardware = ideal_hardware(16, 6);
  hardware.array.bits_per_cell = 4;
  hardware.array.topology = crossbar::Topology::RowSelect;
  hardware.array.transistor_ohm = 5e3;
  const QuantizedNetwork network = linear_network(1, 1, {15});
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

  const float gain = program_chip(mapped, hardware, {RandomStream(1), 0})[1]->blocks[0].gain(0, 0);

  const auto read = [&](double g) { return g / (1.0 + g * 5e3); };
  const double step = (hardware.device.g_max_siemens - hardware.device.g_min_siemens) / 15.0;
  EXPECT_NEAR(gain,
              (read(hardware.device.g_max_siemens) - read(hardware.device.g_min_siemens)) / step,
              1e-5);
}

TEST(BuiltChip, LosesLessVoltageWhenLinesAreUsedAtBothEnds) {
  Hardware hardware = one_slice_hardware();
  hardware.array.rows_active.reset();
  hardware.array.row_ohm = hardware.array.col_ohm = 20.0;
  const QuantizedNetwork network = one_layer();
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const auto magnitude = [&] {
    return program_chip(mapped, hardware, {RandomStream(1), 0})[1]->blocks[0].gain.cwiseAbs().sum();
  };
  const float one_end = magnitude();
  hardware.array.drives_both_ends = true;
  const float both_driven = magnitude();
  hardware.array.senses_both_ends = true;
  const float both = magnitude();

  EXPECT_GT(both_driven, one_end * 1.001F);
  EXPECT_GT(both, both_driven * 1.001F);
}

Hardware nonlinear_hardware() {
  Hardware hardware = one_slice_hardware();
  hardware.array.rows_active.reset();
  hardware.device = {};
  hardware.device.iv.emplace();
  hardware.device.iv->sinh_per_v = 6.0;
  hardware.array.read_voltage_v = 0.3;
  return hardware;
}

TEST(BuiltChip, ReadsNonlinearCellsExactlyWithoutWires) {
  Hardware hardware = nonlinear_hardware();
  hardware.array.row_ohm = hardware.array.col_ohm = 0.0;
  hardware.dac.bits = 3;
  const QuantizedNetwork network = linear_network(1, 1, {9});
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

  const LayerProducts products = program_chip(mapped, hardware, {RandomStream(1), 0});

  const BlockProduct& block = products[1]->blocks[0];
  EXPECT_NEAR(block.gain(0, 0), 9.0F, 1e-5F);
  const auto f = [](double v) { return std::sinh(6.0 * v) / 6.0; };
  for (int digit = 0; digit < 8; ++digit)
    EXPECT_NEAR(block.drive(0, digit), 7.0 * f(0.3 * digit / 7.0) / f(0.3), 1e-6);
}

TEST(BuiltChip, StatesHowFarNonlinearCellsWithWiresAreFromTheirCircuit) {
  Hardware hardware = nonlinear_hardware();
  hardware.array.rows = hardware.array.cols = 32;
  hardware.array.row_ohm = hardware.array.col_ohm = 5.0;
  std::vector<int> levels;
  for (std::uint64_t i = 0; i < 32 * 32; ++i)
    levels.push_back(static_cast<int>(RandomStream(2).below(16, i)));
  const crossbar::Matrix siemens =
      crossbar::program_siemens(levels, 32, 32, hardware.device, 4, RandomStream(1));
  const crossbar::Wires wires{5.0, 5.0, 0.0, 0.0};
  const auto curve = crossbar::make_curve(*hardware.device.iv);
  const crossbar::Matrix effective = crossbar::effective_siemens(
      crossbar::linearized_siemens(siemens, hardware.array, hardware.device), hardware.array);
  const auto error_of = [&](const crossbar::Vector& volts) {
    const crossbar::Vector exact = crossbar::solve_nonlinear(siemens, *curve, wires, volts).amps;
    return (effective * volts - exact).cwiseAbs().maxCoeff() / exact.maxCoeff();
  };
  crossbar::Vector volts = crossbar::Vector::Constant(32, 0.3);

  EXPECT_LT(error_of(volts), 1e-9) << "with all rows at the read voltage";

  for (Eigen::Index r = 0; r < 32; r += 2) volts(r) = 0.0;
  const double half = error_of(volts);
  const crossbar::Vector linear = crossbar::effective_matrix(siemens, wires) * volts;
  const crossbar::Vector exact = crossbar::solve_nonlinear(siemens, *curve, wires, volts).amps;
  const double without =
      (linear * (std::sinh(1.8) / 1.8) - exact).cwiseAbs().maxCoeff() / exact.maxCoeff();
  EXPECT_LT(half, 0.06);  // measured: 0.054, in an array that loses a third of its currents
  EXPECT_LT(half, without) << "the linearization is worth less than none";
}

TEST(BuiltChip, ConvertsEveryColumnWithTheConverterItShares) {
  Hardware hardware = one_slice_hardware();
  hardware.array.row_ohm = hardware.array.col_ohm = 0.0;
  hardware.device = {};
  hardware.adc.kind = crossbar::AdcKind::Ramp;
  hardware.adc.bits = 6;
  hardware.adc.gain_sigma = 0.02;
  hardware.adc.offset_sigma_lsb = 1.5;
  hardware.adc.mismatch_sigma = 0.05;
  hardware.columns_per_adc = 3;
  const QuantizedNetwork network = one_layer();
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const ChipKey key{RandomStream(8), 1};
  const CodeBatch input = random_input(network, 10, RandomStream(9));

  const LayerProducts products = program_chip(mapped, hardware, key);
  const CodeBatch read = run_network(network, products, input).back();

  ASSERT_EQ(products[1]->blocks.size(), 1U);
  EXPECT_EQ(products[1]->blocks[0].converters->of_column, (std::vector<int>{0, 0, 0, 1}));
  const ConverterBits bits = converter_bits(mapped, 1, hardware);
  for (int image = 0; image < input.num_images; ++image) {
    const std::vector<std::int32_t> x = image_of(input, image);
    for (int c = 0; c < 4; ++c) {
      const crossbar::Converter converter(hardware.adc, 6,
                                          crossbar::converter_stream(key.run, key.index, 0, c / 3));
      std::int64_t sum = 0;
      for (int digit = 0; digit < 8; ++digit) {
        for (int first = 0; first < 12; first += 5) {
          int units = 0;
          for (int r = first; r < std::min(12, first + 5); ++r)
            units += network.nodes[1].weights->codes[c * 12 + r] * ((x[r] >> digit) & 1);
          sum += static_cast<std::int64_t>(converter.code(std::ldexp(units, -bits.dropped_bits))) *
                 (std::int64_t{1} << (digit + bits.dropped_bits));
        }
      }
      // No unit lies on an edge of a converter that spreads, so float and double agree.
      EXPECT_EQ(image_of(read, image)[c], sum) << image << ", " << c;
    }
  }
}

TEST(BuiltChip, ConvertsReadsOfZerosWhateverElseIsInTheBatch) {
  for (const auto topology : {crossbar::Topology::Passive, crossbar::Topology::GateInput}) {
    Hardware hardware = one_slice_hardware();
    hardware.array.topology = topology;
    hardware.adc.bits = 6;
    hardware.adc.offset_sigma_lsb = 3.0;
    QuantizedNetwork network = one_layer();
    network.nodes[0].output.is_signed = true;
    const LayerProducts products = program_chip(
        {network, simple_placement(network, hardware.array)}, hardware, {RandomStream(8), 1});
    CodeBatch input = random_input(network, 2, RandomStream(9));
    const std::vector<std::int32_t> image = image_of(input, 0);
    std::fill(input.codes.begin(), input.codes.begin() + static_cast<std::ptrdiff_t>(image.size()),
              0);
    input.codes.back() = -100;

    const CodeBatch both = run_network(network, products, input).back();
    const CodeBatch alone =
        run_network(network, products, {1, input.shape, image_of(input, 0)}).back();

    EXPECT_EQ(alone.codes, image_of(both, 0));
    // Gates read the digits of either sign: offsets then cancel.
    const std::vector<std::int32_t> zeros(alone.codes.size(), 0);
    EXPECT_EQ(alone.codes == zeros, topology == crossbar::Topology::GateInput);
  }
}

TEST(BuiltChip, DrivesRowsWithTheDriversTheyHave) {
  Hardware hardware = ideal_hardware(16, 6);
  hardware.array.bits_per_cell = 4;
  hardware.dac.bits = 4;
  hardware.dac.mismatch_sigma = 0.1;
  hardware.adc.bits = 14;
  const QuantizedNetwork network = linear_network(1, 1, {15});
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};
  const ChipKey key{RandomStream(8), 1};
  CodeBatch input = make_code_batch(15, network.network.input);
  for (int i = 0; i < 15; ++i) input.codes[i] = i + 1;

  const CodeBatch read = run_network(network, program_chip(mapped, hardware, key), input).back();

  const std::vector<double> levels =
      crossbar::driver_levels(hardware.dac, key.run.child("drivers", 1, 0).child("row", 0));
  for (int digit = 1; digit <= 15; ++digit)
    EXPECT_EQ(read.codes[digit - 1], std::llround(std::nearbyint(15.0 * levels[digit])));
}

}  // namespace
}  // namespace ohmweave::inference
