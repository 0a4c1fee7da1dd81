// SPDX-License-Identifier: Apache-2.0
#include "inference/mapped_chip.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/error.h"
#include "crossbar/drift.h"
#include "crossbar/pair.h"
#include "inference/built_converters.h"
#include "inference/gate_circuit.h"
#include "mapping/column_sums.h"

namespace ohmweave::inference {
namespace {

using mapping::Block;
using mapping::Sign;

void require_same_geometry(const mapping::Geometry& geometry, const crossbar::ArrayOptions& array) {
  OHMWEAVE_REQUIRE(geometry.rows == array.rows && geometry.cols == array.cols &&
                       geometry.num_slices == array.num_slices() &&
                       geometry.bits_per_cell == array.bits_per_cell &&
                       geometry.rows_at_once() == array.rows_at_once(),
                   "the network was placed on other arrays than these");
}

/// The layer's converters and input digits; no blocks yet.
LayerProduct empty_product(const MappedNetwork& mapped, int node, const Hardware& hardware,
                           const ConverterBits& bits) {
  const int magnitude_bits = input_format(mapped.network, node).magnitude_bits();
  LayerProduct product;
  product.rows_at_once = hardware.array.rows_at_once();
  product.digit_bits = hardware.dac.bits;
  product.num_digits = (magnitude_bits + hardware.dac.bits - 1) / hardware.dac.bits;
  product.slice_bits = hardware.array.bits_per_cell;
  product.num_slices = hardware.array.num_slices();
  product.dropped_bits = bits.dropped_bits;
  product.largest_code = static_cast<std::int32_t>((std::int64_t{1} << bits.adc_bits) - 1);
  product.bias = mapped.network.nodes[node].weights->bias;
  return product;
}

BlockProduct empty_block(const MappedNetwork& mapped, const Block& block) {
  const Node& layer = mapped.network.network.nodes[block.node];
  const int group_columns = layer.out_channels / layer.groups;
  BlockProduct result;
  result.group = block.group;
  result.rows = block.rows;
  for (const int column : block.columns)
    result.outputs.push_back(block.group * group_columns + column);
  result.gain.resize(
      static_cast<Eigen::Index>(block.columns.size()) * mapped.placement.geometry.num_slices,
      static_cast<Eigen::Index>(block.rows.size()));
  return result;
}

/// Conductances of an array: all its cells, those that hold no weight too.
crossbar::Matrix program_array(const MappedNetwork& mapped, const Hardware& hardware,
                               const ChipKey& key, int array) {
  const std::vector<int> levels = mapping::cell_levels(mapped.placement, mapped.network, array);
  return crossbar::program_siemens(levels, hardware.array.rows, hardware.array.cols,
                                   hardware.device, hardware.array.bits_per_cell,
                                   crossbar::array_stream(key.run, key.index, array));
}

/// A block in its array, and where its gain goes.
struct SeatedBlock {
  int node = 0;
  std::size_t block = 0;  // in the layer's product
  int first_row = 0;      // of the array
  int first_column = 0;
};

/// One slice of the blocks at one position: where its pair of arrays is, and what it holds.
struct PairSite {
  int positive_array = 0;
  int slice = 0;
  ConverterBits bits;  // of the first block: gains do not depend on them
  std::vector<SeatedBlock> blocks;
};

/// Sets up all products but their gains, and lists the pairs that fill those.
std::vector<PairSite> lay_out(const MappedNetwork& mapped, const Hardware& hardware,
                              LayerProducts& products) {
  std::vector<ConverterBits> bits(products.size());
  for (const int node : weight_nodes(mapped.network.network)) {
    bits[node] = converter_bits(mapped, node, hardware);
    products[node] = empty_product(mapped, node, hardware, bits[node]);
  }
  std::map<int, PairSite> sites;  // by positive array
  for (const Block& block : mapped.placement.blocks) {
    if (block.copy != 0) continue;
    LayerProduct& product = products.at(block.node).value();
    const SeatedBlock seat = {block.node, product.blocks.size(), block.first_row,
                              block.first_column};
    for (int slice = 0; slice < mapped.placement.geometry.num_slices; ++slice) {
      const int array = block.first_array + 2 * slice;
      PairSite& site =
          sites.try_emplace(array, PairSite{array, slice, bits[block.node], {}}).first->second;
      site.blocks.push_back(seat);
    }
    product.blocks.push_back(empty_block(mapped, block));
    if (hardware.device.read_noise) {
      const GainMatrix& gain = product.blocks.back().gain;
      product.blocks.back().variance.resize(gain.rows(), gain.cols());
    }
  }
  for (const int node : weight_nodes(mapped.network.network))
    check_accumulators(*products[node], mapped.network.network.nodes[node].name);
  std::vector<PairSite> list;
  for (auto& [array, site] : sites) list.push_back(std::move(site));
  return list;
}

crossbar::Matrix aged_array(const crossbar::Matrix& programmed, const Hardware& hardware,
                            const ChipKey& key, int array, const crossbar::DriftTime& when) {
  const std::vector<double> cells(programmed.data(), programmed.data() + programmed.size());
  const std::vector<double> aged = crossbar::drifted_siemens(
      hardware.device, cells, when, crossbar::array_stream(key.run, key.index, array));
  return Eigen::Map<const crossbar::Matrix>(aged.data(), programmed.rows(), programmed.cols());
}

/// The cells of a pair of arrays, at their age.
struct PairCells {
  crossbar::Matrix positive;
  crossbar::Matrix negative;
  double compensation = 1.0;  // of the converter's step
};

PairCells pair_cells(const MappedNetwork& mapped, const Hardware& hardware, const ChipKey& key,
                     const std::optional<ChipAge>& age, int array) {
  PairCells fresh{program_array(mapped, hardware, key, array),
                  program_array(mapped, hardware, key, array + 1)};
  if (!age) return fresh;
  PairCells old{aged_array(fresh.positive, hardware, key, array, age->when),
                aged_array(fresh.negative, hardware, key, array + 1, age->when)};
  if (age->is_compensated)
    old.compensation = crossbar::pair_compensation(fresh.positive, fresh.negative, old.positive,
                                                   old.negative, hardware.array);
  return old;
}

/// The pair as it is read, its converter's step following what its cells have lost.
crossbar::PairReader read_pair(const PairCells& cells, const Hardware& hardware,
                               const ConverterBits& bits) {
  crossbar::PairReader reader = crossbar::make_pair_reader(
      cells.positive, cells.negative, hardware.array, hardware.device, hardware.dac, bits.adc_bits,
      bits.dropped_bits);
  if (cells.compensation == 1.0) return reader;
  const auto factor = static_cast<float>(cells.compensation);
  reader.unit_gain *= factor;
  reader.unit_variance *= factor * factor;
  return reader;
}

}  // namespace

ConverterBits converter_bits(const MappedNetwork& mapped, int node, const Hardware& hardware) {
  const std::int64_t largest_sum = mapping::max_column_sum(mapped.placement, mapped.network, node,
                                                           hardware.array.rows_at_once());
  ConverterBits bits;
  const int digit_bits =
      std::min(hardware.dac.bits, mapping::input_format(mapped.network, node).magnitude_bits());
  bits.lossless_bits = crossbar::lossless_adc_bits(largest_sum, digit_bits);
  bits.adc_bits = hardware.adc.bits.value_or(bits.lossless_bits);
  bits.dropped_bits = std::max(0, bits.lossless_bits - bits.adc_bits);
  return bits;
}

LayerProducts program_chip(const MappedNetwork& mapped, const Hardware& hardware,
                           const ChipKey& key, const ForEach& for_each,
                           const std::optional<ChipAge>& age) {
  require_same_geometry(mapped.placement.geometry, hardware.array);
  LayerProducts products(mapped.network.nodes.size());
  const std::vector<PairSite> sites = lay_out(mapped, hardware, products);
  for_each(static_cast<int>(sites.size()), [&](int i) {
    const PairSite& site = sites[i];
    const crossbar::PairReader pair = read_pair(mapped, hardware, key, age, site);
    for (const SeatedBlock& seat : site.blocks) {
      BlockProduct& block = products[seat.node]->blocks[seat.block];
      const Eigen::Index columns = block.gain.rows() / mapped.placement.geometry.num_slices;
      const auto put = [&](const GainMatrix& whole, GainMatrix& target) {
        target.middleRows(site.slice * columns, columns) =
            whole.block(seat.first_column, seat.first_row, columns, target.cols());
      };
      put(pair.unit_gain, block.gain);
      if (hardware.device.read_noise) put(pair.unit_variance, block.variance);
    }
  });
  return products;
}

}  // namespace ohmweave::inference
