// SPDX-License-Identifier: Apache-2.0
// Images through the simulated pipeline of a chip against the same images through the evaluation
// of the same chip: converter codes and logits are equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "core/error.h"
#include "crossbar/pair.h"
#include "inference/executor.h"
#include "inference/reference_chip.h"
#include "mapping/map_network.h"
#include "power_area/functional_chip.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

constexpr int kChip = 0;  // the sample that the estimate stage simulates

/// A network on arrays, ready for both ways to run it.
struct Chip {
  Hardware hardware;
  MappedNetwork mapped;
  power_area::Circuits circuits;
  std::vector<power_area::LayerPlan> plans;
  power_area::ChipPipeline pipeline;
};

Chip make_chip(const QuantizedNetwork& network, const Hardware& hardware,
               const mapping::Placement& placement) {
  Chip chip;
  chip.hardware = hardware;
  chip.mapped = {network, placement};
  chip.circuits.device = hardware.device;
  chip.circuits.array = hardware.array;
  chip.circuits.adc = hardware.adc;
  chip.circuits.dac = hardware.dac;
  const auto library = power_area::load_component_library(
      OHMWEAVE_SOURCE_DIR "/configs/presets/components/isaac_isca_2016.json");
  const power_area::MappedNetwork mapped{network, placement, {}};
  chip.plans = power_area::plan_layers(mapped, chip.circuits, library);
  chip.pipeline = power_area::build_pipeline(mapped, chip.plans, chip.circuits);
  return chip;
}

/// The mapper's placement: several tiles on a mesh, partial sums between them.
mapping::Placement spread_placement(const QuantizedNetwork& network,
                                    const crossbar::ArrayOptions& array,
                                    mapping::Packing packing = mapping::Packing::None) {
  mapping::MappingOptions options;
  options.packing = packing;
  options.arrays_per_tile = 2 * array.num_slices();
  return mapping::map_network(network,
                              {array.rows, array.cols, array.num_slices(), array.bits_per_cell,
                               std::nullopt, array.encoding},
                              options);
}

/// Every block of `node` once more, as its copy 1, on the tiles of the first.
void duplicate(int node, mapping::Placement& placement) {
  const std::vector<mapping::Block> blocks = placement.blocks;
  for (const mapping::Block& block : blocks) {
    if (block.node != node) continue;
    mapping::Block copy = block;
    copy.copy = 1;
    copy.first_array = static_cast<int>(placement.arrays.size());
    for (int a = 0; a < 2 * placement.geometry.num_slices; ++a) {
      mapping::Array array = placement.arrays[block.first_array + a];
      array.blocks = {static_cast<int>(placement.blocks.size())};
      placement.arrays.push_back(array);
    }
    placement.blocks.push_back(std::move(copy));
  }
}

std::vector<std::vector<std::int32_t>> images_of(const CodeBatch& batch) {
  std::vector<std::vector<std::int32_t>> images;
  for (int i = 0; i < batch.num_images; ++i) images.push_back(image_of(batch, i));
  return images;
}

power_area::FunctionalImages simulate(const Chip& chip, const RandomStream& stream,
                                      const CodeBatch& input) {
  const power_area::MappedNetwork mapped{chip.mapped.network, chip.mapped.placement, {}};
  const auto readers = power_area::program_readers(mapped, chip.plans, chip.circuits, stream);
  return power_area::simulate_images(mapped, chip.plans, chip.pipeline, readers, images_of(input));
}

/// The reference: layer after layer, window after window, array after array, one read_array() for
/// each digit, row group and slice.
class SlowChip {
 public:
  SlowChip(const Chip& chip, const RandomStream& stream) : chip_(chip) {
    const mapping::Placement& placement = chip.mapped.placement;
    for (const mapping::Block& block : placement.blocks) {
      const ConverterBits bits = converter_bits(chip.mapped, block.node, chip.hardware);
      const int per_slice = placement.geometry.arrays_per_slice();
      for (int slice = 0; slice < chip.hardware.array.num_slices(); ++slice) {
        std::vector<crossbar::Matrix> arrays;
        for (int i = 0; i < per_slice; ++i)
          arrays.push_back(program(block, per_slice * slice + i, stream));
        pairs_.push_back(crossbar::make_pair_reader(arrays, chip.hardware.array,
                                                    chip.hardware.device, chip.hardware.dac,
                                                    bits.adc_bits, bits.dropped_bits));
      }
    }
  }

  /// Logits of image number `image`; codes go to `digests`, by block.
  std::vector<std::int32_t> run(int image, const std::vector<std::int32_t>& input,
                                std::vector<crossbar::CodeDigest>& digests) const {
    const QuantizedNetwork& network = chip_.mapped.network;
    std::vector<std::vector<std::int64_t>> maps{{input.begin(), input.end()}};
    const std::vector<Shape> shapes = infer_shapes(network.network);
    for (std::size_t n = 1; n < network.nodes.size(); ++n) {
      if (has_weights(network.network.nodes[n].op))
        maps.push_back(read_layer(static_cast<int>(n), image, maps, digests));
      else
        maps.push_back(run_alone(static_cast<int>(n), maps));
    }
    return {maps.back().begin(), maps.back().end()};
  }

 private:
  [[nodiscard]] crossbar::Matrix program(const mapping::Block& block, int index,
                                         const RandomStream& stream) const {
    const crossbar::ArrayOptions& array = chip_.hardware.array;
    const int at = block.first_array + index;
    return crossbar::program_siemens(
        mapping::cell_levels(chip_.mapped.placement, chip_.mapped.network, at), array.rows,
        array.cols, chip_.hardware.device, array.bits_per_cell,
        crossbar::array_stream(stream, kChip, at));
  }

  using Maps = std::vector<std::vector<std::int64_t>>;

  [[nodiscard]] std::vector<std::int64_t> read_layer(
      int n, int image, const Maps& maps, std::vector<crossbar::CodeDigest>& digests) const {
    const QuantizedNetwork& network = chip_.mapped.network;
    const Node& node = network.network.nodes[n];
    const std::vector<Shape> shapes = infer_shapes(network.network);
    const Shape& shape = shapes[n];
    const int places = shape.height * shape.width;
    const int copies = mapping::num_copies(chip_.mapped.placement, n);
    std::vector<std::int64_t> result(shape.size());
    for (int place = 0; place < places; ++place) {
      std::vector<std::int64_t> sums(shape.channels, 0);
      if (!network.nodes[n].weights->bias.empty()) sums = network.nodes[n].weights->bias;
      for (std::size_t b = 0; b < chip_.mapped.placement.blocks.size(); ++b) {
        const mapping::Block& block = chip_.mapped.placement.blocks[b];
        if (block.node != n || (image * places + place) % copies != block.copy) continue;
        read_block(static_cast<int>(b),
                   gather_window(node, shapes[node.inputs[0]], maps[node.inputs[0]], block.group,
                                 place / shape.width, place % shape.width),
                   sums, digests[b]);
      }
      for (int out = 0; out < shape.channels; ++out)
        result[static_cast<std::size_t>(out) * places + place] =
            network.nodes[n].requantizer ? requantize(sums[out], *network.nodes[n].requantizer)
                                         : sums[out];
    }
    return result;
  }

  void read_block(int b, const std::vector<std::int64_t>& window, std::vector<std::int64_t>& sums,
                  crossbar::CodeDigest& digest) const {
    const mapping::Block& block = chip_.mapped.placement.blocks[b];
    const crossbar::ArrayOptions& array = chip_.hardware.array;
    const Node& node = chip_.mapped.network.network.nodes[block.node];
    const int dac_bits = chip_.hardware.dac.bits;
    const int magnitude_bits = input_format(chip_.mapped.network, block.node).magnitude_bits();
    const std::size_t at_once = array.inputs_at_once();
    for (int low = 0; low < magnitude_bits; low += dac_bits)
      for (std::size_t first = 0; first < block.rows.size(); first += at_once) {
        std::vector<std::int32_t> digits(array.num_inputs(), 0);
        for (std::size_t r = first; r < std::min(block.rows.size(), first + at_once); ++r) {
          const std::int64_t x = window[block.rows[r]];
          const std::int64_t digit = (std::abs(x) >> low) % (std::int64_t{1} << dac_bits);
          digits[block.first_row + r] = static_cast<std::int32_t>(x < 0 ? -digit : digit);
        }
        for (int slice = 0; slice < array.num_slices(); ++slice) {
          const crossbar::PairReader& pair = pairs_[b * array.num_slices() + slice];
          const std::vector<std::int32_t> all = crossbar::read_array(pair, digits);
          const auto own = all.begin() + block.first_column;
          const std::vector<std::int32_t> codes(
              own, own + static_cast<std::ptrdiff_t>(block.columns.size()));
          digest.add(codes);
          const int shift = low + slice * array.bits_per_cell + pair.dropped_bits;
          for (std::size_t c = 0; c < codes.size(); ++c)
            sums[block.group * (node.out_channels / node.groups) + block.columns[c]] +=
                codes[c] * (std::int64_t{1} << shift);
        }
      }
  }

  /// A node without weights, by the executor.
  [[nodiscard]] std::vector<std::int64_t> run_alone(int n, const Maps& maps) const {
    QuantizedNetwork alone;
    const QuantizedNetwork& network = chip_.mapped.network;
    const std::vector<Shape> shapes = infer_shapes(network.network);
    const Node& node = network.network.nodes[n];
    alone.network.name = "alone";
    alone.network.input = shapes[node.inputs[0]];
    alone.network.input.channels *= static_cast<int>(node.inputs.size());
    if (node.op == Op::Add) {
      std::vector<std::int64_t> sum;
      for (std::size_t i = 0; i < maps[node.inputs[0]].size(); ++i)
        sum.push_back(requantize_sum({maps[node.inputs[0]][i], maps[node.inputs[1]][i]},
                                     network.nodes[n].addend_requantizers));
      return sum;
    }
    alone.network.nodes = {make_node("input", Op::Input, {}), node};
    alone.network.nodes[1].inputs = {0};
    alone.nodes = {network.nodes[node.inputs[0]], network.nodes[n]};
    const std::vector<std::int64_t>& map = maps[node.inputs[0]];
    return run_integer_reference(alone, {map.begin(), map.end()}).back();
  }

  const Chip& chip_;
  std::vector<crossbar::PairReader> pairs_;  // [block * slices + slice]
};

void expect_equal_codes(const Chip& chip, const CodeBatch& input) {
  const RandomStream stream(77);

  const power_area::FunctionalImages simulated = simulate(chip, stream, input);

  const SlowChip reference(chip, stream);
  ASSERT_EQ(simulated.logits.size(), static_cast<std::size_t>(input.num_images));
  for (int image = 0; image < input.num_images; ++image) {
    std::vector<crossbar::CodeDigest> digests(chip.mapped.placement.blocks.size());
    EXPECT_EQ(simulated.logits[image], reference.run(image, image_of(input, image), digests));
    for (std::size_t b = 0; b < digests.size(); ++b) {
      EXPECT_EQ(simulated.blocks[image][b].num_codes, digests[b].num_codes) << "block " << b;
      EXPECT_EQ(simulated.blocks[image][b].digest, digests[b].digest) << "block " << b;
    }
  }
}

TEST(SimulatedChip, GivesEveryCodeAndLogitOfTheReferenceReads) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));
  for (const int dac_bits : {1, 2}) {
    Hardware hardware = faulty_hardware(8, 4);
    hardware.device.mismatch_sigma = 0.3;
    hardware.array.rows_active = 6;
    hardware.dac.bits = dac_bits;
    if (dac_bits == 2) hardware.adc.bits = 4;
    const Chip chip = make_chip(network, hardware, spread_placement(network, hardware.array));
    ASSERT_GT(chip.mapped.placement.tiles.size(), 4U);

    expect_equal_codes(chip, random_input(network, 3, RandomStream(9)));
  }
}

TEST(SimulatedChip, ReadsACopyOfALayerForTheWindowsThatItWorksOn) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));
  Hardware hardware = faulty_hardware(8, 4);
  hardware.device.mismatch_sigma = 0.3;
  mapping::Placement placement = spread_placement(network, hardware.array);
  duplicate(1, placement);
  duplicate(4, placement);
  const Chip chip = make_chip(network, hardware, placement);

  expect_equal_codes(chip, random_input(network, 3, RandomStream(9)));
}

TEST(SimulatedChip, GivesEveryCodeAndLogitOfTheReferenceMode) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));
  Hardware hardware = faulty_hardware(8, 4);
  hardware.device.mismatch_sigma = 0.3;
  mapping::Placement placement = spread_placement(network, hardware.array);
  duplicate(1, placement);
  const Chip chip = make_chip(network, hardware, placement);
  const CodeBatch input = random_input(network, 3, RandomStream(9));

  const power_area::FunctionalImages simulated = simulate(chip, RandomStream(77), input);

  const ReferenceChip reference(chip.mapped, hardware, {RandomStream(77), kChip});
  for (int image = 0; image < input.num_images; ++image) {
    const ReferenceImage expected = reference.run(image, image_of(input, image));
    EXPECT_EQ(simulated.logits[image], expected.logits);
    for (std::size_t b = 0; b < expected.blocks.size(); ++b)
      EXPECT_EQ(simulated.blocks[image][b].digest, expected.blocks[b].digest) << "block " << b;
  }
}

TEST(SimulatedChip, ReadsBlocksThatShareArrays) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));
  for (const Encoding encoding : {Encoding::OneSidedPair, Encoding::RowPair}) {
    Hardware hardware = faulty_hardware(16 * find_encoding(encoding).rows_per_input, 16);
    hardware.device.mismatch_sigma = 0.3;
    hardware.array.encoding = encoding;
    const mapping::Placement placement =
        spread_placement(network, hardware.array, mapping::Packing::AcrossLayers);
    ASSERT_TRUE(std::any_of(placement.arrays.begin(), placement.arrays.end(),
                            [](const mapping::Array& array) { return array.blocks.size() > 1; }));
    const Chip chip = make_chip(network, hardware, placement);
    const CodeBatch input = random_input(network, 2, RandomStream(9));

    expect_equal_codes(chip, input);

    const ReferenceChip reference(chip.mapped, hardware, {RandomStream(77), kChip});
    const power_area::FunctionalImages simulated = simulate(chip, RandomStream(77), input);
    for (int image = 0; image < input.num_images; ++image)
      EXPECT_EQ(simulated.logits[image], reference.run(image, image_of(input, image)).logits);
  }
}

TEST(SimulatedChip, ClassifiesLikeTheEvaluationOfAnIdealChip) {
  const QuantizedNetwork network = lenet5_network(0.5, RandomStream(6));
  const Hardware hardware = ideal_hardware(128, 128);
  const Chip chip = make_chip(network, hardware, spread_placement(network, hardware.array));
  const CodeBatch input = random_input(network, 2, RandomStream(9));

  const power_area::FunctionalImages simulated = simulate(chip, RandomStream(1), input);

  const CodeBatch evaluated =
      run_network(network, program_chip(chip.mapped, hardware, {RandomStream(1), kChip}), input)
          .back();
  for (int image = 0; image < input.num_images; ++image)
    EXPECT_EQ(simulated.logits[image], image_of(evaluated, image));
}

TEST(SimulatedChip, CarriesDataInTheTimeOfTheTimingMode) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));
  const Hardware hardware = ideal_hardware(8, 4);
  const Chip chip = make_chip(network, hardware, spread_placement(network, hardware.array));
  power_area::PipelineModel model = chip.pipeline.model;
  model.num_inferences = 3;

  const power_area::FunctionalImages simulated =
      simulate(chip, RandomStream(1), random_input(network, 3, RandomStream(9)));

  EXPECT_EQ(power_area::result_to_json(simulated.timing),
            power_area::result_to_json(power_area::simulate(model)));
}

TEST(SimulatedChip, RefusesCircuitsThatBlockReadersDoNotStandFor) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));
  const Hardware ideal = ideal_hardware(8, 4);
  const mapping::Placement placement = spread_placement(network, ideal.array);
  Hardware noisy = ideal;
  noisy.device.read_noise.emplace();
  Hardware built = ideal;
  built.adc.gain_sigma = 0.01;
  Hardware calibrated = ideal;
  calibrated.adc.range = crossbar::AdcRange::Largest;
  for (const Hardware& hardware : {noisy, built, calibrated}) {
    const Chip chip = make_chip(network, hardware, placement);

    EXPECT_THROW((void)simulate(chip, RandomStream(1), random_input(network, 1, RandomStream(9))),
                 ConfigError);
    EXPECT_THROW(ReferenceChip(chip.mapped, hardware, {RandomStream(1), kChip}), ConfigError);
  }
}

}  // namespace
}  // namespace ohmweave::inference
