// SPDX-License-Identifier: Apache-2.0
// A layer read array by array, digit by digit: the slow twin of the batched products.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "crossbar/device.h"
#include "crossbar/pair.h"
#include "inference/executor.h"
#include "inference/mapped_chip.h"
#include "mapping/line_assignment.h"
#include "small_networks.h"

namespace ohmweave::inference {

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

inline Comparison compare(const MappedNetwork& mapped, const Hardware& hardware) {
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

/// Puts all blocks along the diagonal of one position, each at the beginning of a row group.
inline mapping::Placement on_one_diagonal(mapping::Placement placement) {
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

}  // namespace ohmweave::inference
