// SPDX-License-Identifier: Apache-2.0
#include "inference/effective_weights.h"

#include <cmath>
#include <utility>
#include <vector>

#include "core/error.h"
#include "crossbar/device.h"
#include "crossbar/read_gradient.h"
#include "inference/programmed_cells.h"

namespace ohmweave::inference {
namespace {

using crossbar::Matrix;
using mapping::Block;

/// Matrix rows of a weight node.
Eigen::Index matrix_rows(const QuantizedNetwork& network, int node) {
  return static_cast<Eigen::Index>(network.nodes[node].weights->codes.size()) /
         network.network.nodes[node].out_channels;
}

LayerWeights zeros(const QuantizedNetwork& network) {
  LayerWeights weights;
  for (const int node : weight_nodes(network.network))
    weights[node] =
        GainMatrix::Zero(network.network.nodes[node].out_channels, matrix_rows(network, node));
  return weights;
}

int first_output(const QuantizedNetwork& network, const Block& block) {
  const Node& layer = network.network.nodes[block.node];
  return block.group * (layer.out_channels / layer.groups);
}

/// Adds what the slices of a block's product say of its weights.
void add_block(const LayerProduct& layer, const BlockProduct& block, GainMatrix& weights) {
  const auto columns = static_cast<Eigen::Index>(block.outputs.size());
  for (Eigen::Index c = 0; c < columns; ++c) {
    for (std::size_t r = 0; r < block.rows.size(); ++r) {
      const auto row = static_cast<Eigen::Index>(r);
      double weight = block.unit_weight > 0 ? -static_cast<double>(block.unit_weight) *
                                                  block.gain(block.gain.rows() - 1, row)
                                            : 0.0;
      for (int slice = 0; slice < layer.num_slices; ++slice)
        weight += std::ldexp(block.gain(slice * columns + c, row), layer.shift(slice));
      weights(block.outputs[c], block.rows[r]) = static_cast<float>(weight);
    }
  }
}

/// One slice of the first copies' blocks at one position.
struct Site {
  int position = 0;  // its first array
  int slice = 0;
  std::vector<const Block*> blocks;
};

std::vector<Site> sites_of(const mapping::Placement& placement) {
  std::map<int, std::vector<const Block*>> by_position;
  for (const Block& block : placement.blocks)
    if (block.copy == 0) by_position[block.first_array].push_back(&block);
  std::vector<Site> sites;
  for (const auto& [position, blocks] : by_position)
    for (int slice = 0; slice < placement.geometry.num_slices; ++slice)
      sites.push_back({position, slice, blocks});
  return sites;
}

/// Derivatives of one slice's part of the loss.
class SliceGradient {
 public:
  SliceGradient(const MappedNetwork& mapped, const Hardware& hardware, const ChipKey& key,
                const Site& site, Lines lines)
      : mapped_(mapped),
        hardware_(hardware),
        key_(key),
        site_(site),
        lines_(std::move(lines)),
        code_cells_(mapped.placement.geometry.cells()),
        bits_(code_cells_.slice(site.slice)),
        first_array_(site.position + mapped.placement.geometry.arrays_per_slice() * site.slice) {
    for (int slice = 0; slice < code_cells_.num_slices(); ++slice)
      squares_ += std::exp2(2 * code_cells_.slice(slice).shift);
  }

  void add_to(const LayerWeights& d_loss_d_weight, LayerWeights& gradient) const {
    const SliceCells cells =
        slice_cells(mapped_, hardware_, key_, std::nullopt, first_array_, lines_);
    const std::vector<Matrix> d_effective = derivatives_by_array(d_loss_d_weight, cells);
    for (std::size_t array = 0; array < cells.siemens.size(); ++array) {
      const Matrix& siemens = cells.siemens[array];
      const Matrix d_siemens =
          crossbar::read_gradient(siemens, hardware_.array, hardware_.device,
                                  in_order_of_lines(d_effective[array], lines_));
      for (const Block* block : site_.blocks)
        add_block(*block, static_cast<int>(array), siemens, d_siemens, gradient.at(block->node));
    }
  }

 private:
  /// Of the loss by what each array is read as: columns x inputs, in the order of the rows.
  [[nodiscard]] std::vector<Matrix> derivatives_by_array(const LayerWeights& d_loss_d_weight,
                                                         const SliceCells& cells) const {
    const crossbar::ArrayOptions& array = hardware_.array;
    const double unit_siemens =
        crossbar::unit_siemens(array, hardware_.device, bits_.bits) / cells.compensation;
    std::vector<Matrix> result(cells.siemens.size(), Matrix::Zero(array.cols, array.num_inputs()));
    for (const Block* block : site_.blocks) {
      const GainMatrix& by_weight = d_loss_d_weight.at(block->node);
      const int output = first_output(mapped_.network, *block);
      for (std::size_t r = 0; r < block->rows.size(); ++r)
        for (std::size_t c = 0; c < block->columns.size(); ++c)
          add_weight(by_weight(output + block->columns[c], block->rows[r]) / unit_siemens, *block,
                     static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(r), result);
    }
    return result;
  }

  /// What a weight's derivative (by the slice's gain, were its shift 0) is by the arrays' matrices.
  void add_weight(double derivative, const Block& block, Eigen::Index column, Eigen::Index row,
                  std::vector<Matrix>& result) const {
    const double by_gain = std::ldexp(derivative, bits_.shift);
    const Eigen::Index line = block.first_row + row;
    result[0](block.first_column + column, line) += by_gain;
    if (code_cells_.kind().is_pair) {
      if (result.size() == 2) result[1](block.first_column + column, line) -= by_gain;
      return;
    }
    const auto reference = static_cast<Eigen::Index>(block.first_column + block.columns.size());
    result[0](reference, line) -= by_gain;
    if (!code_cells_.kind().has_unit_column || site_.slice != 0) return;
    const double by_unit = -static_cast<double>(code_cells_.offset()) * derivative;
    result[0](reference + 1, line) += by_unit;
    result[0](reference, line) -= by_unit;
  }

  /// Adds the derivatives by the codes that the block has in one array.
  void add_block(const Block& block, int array, const Matrix& siemens, const Matrix& d_siemens,
                 GainMatrix& gradient) const {
    const std::vector<std::int32_t>& codes = mapped_.network.nodes[block.node].weights->codes;
    const int per_input = hardware_.array.rows_per_input();
    const int output = first_output(mapped_.network, block);
    const crossbar::StuckCells stuck(
        hardware_.device, crossbar::array_stream(key_.run, key_.index, first_array_ + array));
    for (std::size_t r = 0; r < block.rows.size(); ++r) {
      const auto row = static_cast<int>(r) + block.first_row;
      const int line = lines_.empty() ? row : lines_[row];
      for (std::size_t c = 0; c < block.columns.size(); ++c) {
        const int out = output + block.columns[c];
        const int code = codes[static_cast<std::size_t>(out * gradient.cols() + block.rows[r])];
        for (int of_input = 0; of_input < per_input; ++of_input) {
          const Eigen::Index cell_row = Eigen::Index{line} * per_input + of_input;
          const auto col = static_cast<Eigen::Index>(block.first_column + c);
          if (stuck.siemens(static_cast<std::uint64_t>(cell_row * siemens.cols() + col))) continue;
          gradient(out, block.rows[r]) += static_cast<float>(
              d_siemens(cell_row, col) *
              siemens_per_code(code, array * per_input + of_input, siemens(cell_row, col)));
        }
      }
    }
  }

  /// d(siemens) / d(code) of cell `cell` of the slice: 0 the one that counts positive. A programmed
  /// cell that is off its level by a factor moves by as much more.
  [[nodiscard]] double siemens_per_code(int code, int cell, double siemens) const {
    const double levels = levels_per_code(code, cell);
    if (levels == 0.0) return 0.0;
    const int level = code_cells_.level(code, code_cells_.cells_per_slice() * site_.slice + cell);
    const double target = crossbar::level_siemens(hardware_.device, level, bits_.bits);
    return levels * crossbar::level_step_siemens(hardware_.device, bits_.bits) *
           (target > 0.0 ? siemens / target : 1.0);
  }

  [[nodiscard]] double levels_per_code(int code, int cell) const {
    const double worth = std::exp2(bits_.shift) / squares_;
    const EncodingKind& kind = code_cells_.kind();
    if (!kind.is_pair) return worth;
    const double sign = cell == 0 ? 1.0 : -1.0;
    if (kind.is_one_sided()) return sign * code > 0.0 ? sign * worth : 0.0;
    return sign * worth / 2.0;
  }

  const MappedNetwork& mapped_;
  const Hardware& hardware_;
  const ChipKey& key_;
  const Site& site_;
  Lines lines_;
  WeightCells code_cells_;
  SliceBits bits_;
  int first_array_;
  double squares_ = 0.0;  // sum over slices of 4^shift
};

}  // namespace

LayerWeights effective_weights(const MappedNetwork& mapped, const Hardware& hardware,
                               const ChipKey& key, const ForEach& for_each) {
  OHMWEAVE_REQUIRE(!hardware.is_read_by_gates(), "gate inputs have no effective matrix");
  const LayerProducts products = program_chip(mapped, hardware, key, for_each);
  LayerWeights weights = zeros(mapped.network);
  for (auto& [node, matrix] : weights)
    for (const BlockProduct& block : products[node]->blocks)
      if (block.copy == 0) add_block(*products[node], block, matrix);
  return weights;
}

LayerWeights code_gradients(const MappedNetwork& mapped, const Hardware& hardware,
                            const ChipKey& key, const LayerWeights& d_loss_d_weight,
                            const ForEach& for_each) {
  OHMWEAVE_REQUIRE(!hardware.is_read_by_gates(), "gate inputs have no effective matrix");
  const std::vector<Site> sites = sites_of(mapped.placement);
  const std::map<int, Lines> assigned = assigned_lines(mapped, hardware, key, for_each);
  // Slices of a weight add up: one sum for each, so that threads do not matter.
  std::vector<LayerWeights> parts(mapped.placement.geometry.num_slices, zeros(mapped.network));
  for_each(static_cast<int>(sites.size()), [&](int i) {
    const Site& site = sites[i];
    const auto lines = assigned.find(site.position);
    SliceGradient(mapped, hardware, key, site, lines == assigned.end() ? Lines() : lines->second)
        .add_to(d_loss_d_weight, parts[site.slice]);
  });
  LayerWeights gradient = std::move(parts.front());
  for (std::size_t slice = 1; slice < parts.size(); ++slice)
    for (auto& [node, matrix] : gradient) matrix += parts[slice].at(node);
  return gradient;
}

}  // namespace ohmweave::inference
