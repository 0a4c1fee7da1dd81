// SPDX-License-Identifier: Apache-2.0
#include "inference/mapped_chip.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/error.h"
#include "crossbar/pair.h"
#include "inference/built_converters.h"
#include "inference/column_calibration.h"
#include "inference/gate_circuit.h"
#include "inference/programmed_cells.h"
#include "inference/slice_read.h"
#include "mapping/column_sums.h"

namespace ohmweave::inference {
namespace {

using mapping::Block;
using mapping::Sign;

void require_same_geometry(const mapping::Geometry& geometry, const crossbar::ArrayOptions& array) {
  OHMWEAVE_REQUIRE(geometry.rows == array.rows && geometry.cols == array.cols &&
                       geometry.num_slices == array.num_slices() &&
                       geometry.bits_per_cell == array.bits_per_cell &&
                       geometry.rows_at_once() == array.rows_at_once() &&
                       geometry.encoding == array.encoding &&
                       geometry.slice_bits == array.slice_bits,
                   "the network was placed on other arrays than these");
}

/// The layer's converters and input digits; no blocks yet.
LayerProduct empty_product(const MappedNetwork& mapped, int node, const Hardware& hardware,
                           const ConverterBits& bits) {
  const int magnitude_bits = input_format(mapped.network, node).magnitude_bits();
  LayerProduct product;
  product.num_copies = std::max(1, mapping::num_copies(mapped.placement, node));
  product.rows_at_once = hardware.array.inputs_at_once();
  product.digit_bits = hardware.dac.bits;
  product.num_digits = (magnitude_bits + hardware.dac.bits - 1) / hardware.dac.bits;
  product.has_signed_digits = input_format(mapped.network, node).is_signed;
  const WeightCells cells = hardware.array.cells();
  product.num_slices = cells.num_slices();
  for (int slice = 0; slice < cells.num_slices(); ++slice)
    product.slice_shifts.push_back(cells.slice(slice).shift);
  product.dropped_bits = bits.dropped_bits;
  product.largest_code = static_cast<std::int32_t>((std::int64_t{1} << bits.adc_bits) - 1);
  product.bias = mapped.network.nodes[node].weights->bias;
  return product;
}

BlockProduct empty_block(const MappedNetwork& mapped, const Block& block,
                         const Hardware& hardware) {
  const Node& layer = mapped.network.network.nodes[block.node];
  const int group_columns = layer.out_channels / layer.groups;
  const WeightCells cells = mapped.placement.geometry.cells();
  BlockProduct result;
  result.copy = block.copy;
  result.group = block.group;
  result.rows = block.rows;
  for (const int column : block.columns)
    result.outputs.push_back(block.group * group_columns + column);
  if (cells.kind().has_unit_column) result.unit_weight = cells.offset();
  const Eigen::Index converted =
      static_cast<Eigen::Index>(block.columns.size()) * cells.num_slices() +
      (cells.kind().has_unit_column ? 1 : 0);
  const auto rows = static_cast<Eigen::Index>(block.rows.size());
  result.gain.resize(converted, hardware.is_read_by_gates() ? 0 : rows);
  if (hardware.device.read_noise) result.variance.resize(converted, rows);
  return result;
}

/// One slice of the blocks at one position: where its arrays are, and what they hold.
struct SliceSite {
  int first_array = 0;
  int slice = 0;
  std::vector<SeatedBlock> blocks;
};

/// Sets up all products but their gains, and lists the slices that fill those.
std::vector<SliceSite> lay_out(const MappedNetwork& mapped, const Hardware& hardware,
                               const ChipKey& key, LayerProducts& products) {
  const mapping::Geometry& geometry = mapped.placement.geometry;
  std::vector<ConverterBits> bits(products.size());
  for (const int node : weight_nodes(mapped.network.network)) {
    bits[node] = converter_bits(mapped, node, hardware);
    products[node] = empty_product(mapped, node, hardware, bits[node]);
  }
  std::map<int, SliceSite> sites;  // by first array
  for (const Block& block : mapped.placement.blocks) {
    LayerProduct& product = products.at(block.node).value();
    SeatedBlock seat{block.node, product.blocks.size(), block.first_row, block.first_column, {}};
    BlockProduct& added = product.blocks.emplace_back(empty_block(mapped, block, hardware));
    if (hardware.is_read_by_gates()) {
      seat.circuit = std::make_shared<GateCircuit>(
          GateBlock{hardware.array, block.first_row, static_cast<int>(block.rows.size())},
          static_cast<int>(added.gain.rows()));
      added.circuit = seat.circuit;
    }
    for (int slice = 0; slice < geometry.num_slices; ++slice) {
      const int array = block.first_array + geometry.arrays_per_slice() * slice;
      sites.try_emplace(array, SliceSite{array, slice, {}}).first->second.blocks.push_back(seat);
    }
    const BlockSite place{key.run,           key.index,
                          block.first_array, geometry.arrays_per_slice(),
                          block.first_row,   block.first_column};
    added.converters = build_converters(hardware.adc, bits[block.node].adc_bits,
                                        hardware.columns_per_adc, product, added, place);
    added.drive = build_drivers(hardware.dac, hardware.array, hardware.device,
                                static_cast<int>(block.rows.size()), place);
  }
  for (const int node : weight_nodes(mapped.network.network))
    check_accumulators(*products[node], mapped.network.network.nodes[node].name);
  std::vector<SliceSite> list;
  list.reserve(sites.size());
  for (auto& [array, site] : sites) list.push_back(std::move(site));
  return list;
}

/// The gains that ideal devices and wires would give a block.
GainMatrix ideal_gain(const MappedNetwork& mapped, const Block& block,
                      const BlockProduct& product) {
  const WeightCells cells = mapped.placement.geometry.cells();
  const std::vector<std::int32_t>& codes = mapped.network.nodes[block.node].weights->codes;
  const std::size_t matrix_rows =
      codes.size() /
      static_cast<std::size_t>(mapped.network.network.nodes[block.node].out_channels);
  const auto columns = static_cast<Eigen::Index>(product.outputs.size());
  const auto rows = static_cast<Eigen::Index>(product.rows.size());
  GainMatrix gain = GainMatrix::Ones(product.gain.rows(), rows);  // the unit column's, if any
  for (int slice = 0; slice < cells.num_slices(); ++slice)
    for (Eigen::Index c = 0; c < columns; ++c)
      for (Eigen::Index r = 0; r < rows; ++r)
        gain(slice * columns + c, r) = static_cast<float>(cells.value(
            codes[static_cast<std::size_t>(product.outputs[c]) * matrix_rows + product.rows[r]],
            slice));
  return gain;
}

/// Trims the converters of all columns.
void calibrate_columns(const MappedNetwork& mapped, const ChipKey& key, const ForEach& for_each,
                       LayerProducts& products) {
  struct Work {
    const Block* block;
    BlockProduct* product;
  };
  std::vector<Work> work;
  std::vector<std::size_t> seen(products.size(), 0);
  for (const Block& block : mapped.placement.blocks)
    work.push_back({&block, &products[block.node]->blocks[seen[block.node]++]});
  for_each(static_cast<int>(work.size()), [&](int i) {
    const RandomStream stream = key.run.child("calibration", static_cast<std::uint64_t>(key.index),
                                              static_cast<std::uint64_t>(i));
    calibrate_block(*products[work[i].block->node],
                    ideal_gain(mapped, *work[i].block, *work[i].product), stream, *work[i].product);
  });
}

}  // namespace

Hardware without_spread(Hardware hardware) {
  crossbar::DeviceOptions& device = hardware.device;
  device.kind = "ideal";
  device.mismatch_sigma = device.mismatch_correlated_fraction = 0.0;
  device.stuck_on_fraction = device.stuck_off_fraction = 0.0;
  device.programming.reset();
  device.write.reset();
  device.read_noise.reset();
  device.drift.reset();
  hardware.fault_aware = false;  // no cell is stuck
  return hardware;
}

ConverterBits converter_bits(const MappedNetwork& mapped, int node, const Hardware& hardware) {
  const mapping::ColumnSums sums =
      mapping::column_sums(mapped.placement, mapped.network, node, hardware.array.inputs_at_once());
  const CodeFormat& input = mapping::input_format(mapped.network, node);
  ConverterBits bits = crossbar::converter_bits(
      hardware.adc, {sums.largest, sums.mean_square,
                     std::min(hardware.dac.bits, input.magnitude_bits()), input.is_signed});
  if (!hardware.range_bits.empty()) {
    const int full_scale_bits = std::min(bits.lossless_bits, hardware.range_bits.at(node));
    bits.dropped_bits = std::max(0, full_scale_bits - bits.adc_bits);
  }
  return bits;
}

LayerProducts program_chip(const MappedNetwork& mapped, const Hardware& hardware,
                           const ChipKey& key, const ForEach& for_each,
                           const std::optional<ChipAge>& age) {
  require_same_geometry(mapped.placement.geometry, hardware.array);
  LayerProducts products(mapped.network.nodes.size());
  const std::vector<SliceSite> sites = lay_out(mapped, hardware, key, products);
  const std::map<int, Lines> assigned = assigned_lines(mapped, hardware, key, for_each);
  for_each(static_cast<int>(sites.size()), [&](int i) {
    const SliceSite& site = sites[i];
    const int position =
        site.first_array - mapped.placement.geometry.arrays_per_slice() * site.slice;
    const Lines lines = hardware.fault_aware ? assigned.at(position) : Lines();
    const SliceCells cells = slice_cells(mapped, hardware, key, age, site.first_array, lines);
    const SliceCircuits circuits{hardware.array, hardware.device, site.slice,
                                 hardware.matrices.get()};
    SliceMatrices matrices = slice_matrices(cells, circuits);
    for (crossbar::Matrix& matrix : matrices.effective) matrix = in_order_of_rows(matrix, lines);
    for (crossbar::Matrix& matrix : matrices.variance) matrix = in_order_of_rows(matrix, lines);
    for (const SeatedBlock& seat : site.blocks)
      fill_slice(cells, matrices, circuits, seat, products[seat.node]->blocks[seat.block]);
  });
  if (hardware.calibrates_columns) calibrate_columns(mapped, key, for_each, products);
  return products;
}

}  // namespace ohmweave::inference
