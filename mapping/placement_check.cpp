// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.h"
#include "mapping/codes_view.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {
namespace {

constexpr int kUnused = -1;

[[noreturn]] void refuse(int block, const std::string& text) {
  throw DataError("placement: /blocks/" + std::to_string(block) + text);
}

void check_block(const Placement& placement, const QuantizedNetwork& network, int index) {
  const Block& block = placement.blocks[index];
  const int num_nodes = static_cast<int>(network.nodes.size());
  if (block.node >= num_nodes || !network.nodes[block.node].weights)
    refuse(index, "/node = " + std::to_string(block.node) + ": the network has no weights there");
  const CodesView codes(network, block.node);
  if (block.group >= codes.groups())
    refuse(index, "/group = " + std::to_string(block.group) + ": the layer has " +
                      std::to_string(codes.groups()));
  if (block.rows.back() >= codes.rows())
    refuse(index, "/rows: holds " + std::to_string(block.rows.back()) + ", the layer has " +
                      std::to_string(codes.rows()) + " matrix rows");
  if (block.columns.back() >= codes.columns())
    refuse(index, "/columns: holds " + std::to_string(block.columns.back()) + ", the layer has " +
                      std::to_string(codes.columns()) + " matrix columns a group");
}

/// Throws unless each block lies within its array and each line of an array is one block's.
void check_lines(const Placement& placement) {
  const Geometry& geometry = placement.geometry;
  const int per_position = geometry.arrays_per_position();
  const std::size_t positions = placement.arrays.size() / per_position;
  std::vector<int> input_holder(positions * geometry.num_inputs(), kUnused);
  std::vector<int> column_holder(positions * geometry.cols, kUnused);
  const auto take = [](std::vector<int>& holders, std::size_t begin, std::size_t count, int block,
                       const char* lines) {
    for (std::size_t i = begin; i < begin + count; ++i) {
      if (holders[i] != kUnused)
        refuse(block, std::string(": shares ") + lines + " of its array with block " +
                          std::to_string(holders[i]));
      holders[i] = block;
    }
  };
  for (int b = 0; b < static_cast<int>(placement.blocks.size()); ++b) {
    const Block& block = placement.blocks[b];
    const std::size_t width = block.columns.size() + geometry.reserved_columns();
    if (block.first_row + block.rows.size() > static_cast<std::size_t>(geometry.num_inputs()) ||
        block.first_column + width > static_cast<std::size_t>(geometry.cols))
      refuse(b, ": leaves its array of " + std::to_string(geometry.num_inputs()) +
                    (geometry.rows_per_input() == 1 ? " rows and " : " pairs of rows and ") +
                    std::to_string(geometry.cols) + " columns");
    const std::size_t position = block.first_array / per_position;
    take(input_holder, position * geometry.num_inputs() + block.first_row, block.rows.size(), b,
         "rows");
    take(column_holder, position * geometry.cols + block.first_column, width, b, "columns");
  }
}

std::string name_of(const QuantizedNetwork& network, int node) {
  return network.network.nodes[node].name;
}

/// Throws if a code of the node does not fit the cells of one weight.
void check_code_bits(const Placement& placement, const QuantizedNetwork& network, int node) {
  const std::int64_t highest = placement.geometry.cells().largest_code();
  for (const std::int32_t code : network.nodes[node].weights->codes)
    if (std::abs(static_cast<std::int64_t>(code)) > highest)
      throw DataError("placement: layer '" + name_of(network, node) + "' has weight code " +
                      std::to_string(code) + "; the cells of a weight hold magnitudes up to " +
                      std::to_string(highest));
}

/// Throws unless each non-zero weight of the node is in exactly one block of the copy.
void check_copy(const Placement& placement, const QuantizedNetwork& network, int node, int copy) {
  const CodesView codes(network, node);
  const std::size_t columns = codes.columns();
  std::vector<unsigned char> held(network.nodes[node].weights->codes.size(), 0);
  for (const Block& block : placement.blocks) {
    if (block.node != node || block.copy != copy) continue;
    for (const int column : block.columns)
      for (const int row : block.rows) {
        unsigned char& count = held[(block.group * columns + column) * codes.rows() + row];
        if (count < 2) ++count;
      }
  }
  for (std::size_t i = 0; i < held.size(); ++i) {
    const bool is_zero = network.nodes[node].weights->codes[i] == 0;
    if (held[i] == 1 || (is_zero && held[i] == 0)) continue;
    throw DataError(
        "placement: copy " + std::to_string(copy) + " of layer '" + name_of(network, node) +
        "' holds weight (output " + std::to_string(i / codes.rows()) + ", matrix row " +
        std::to_string(i % codes.rows()) + ") " + (held[i] == 0 ? "nowhere" : "more than once"));
  }
}

}  // namespace

void validate(const Placement& placement, const QuantizedNetwork& network) {
  for (int b = 0; b < static_cast<int>(placement.blocks.size()); ++b)
    check_block(placement, network, b);
  check_lines(placement);
  for (const int node : weight_nodes(network.network)) {
    check_code_bits(placement, network, node);
    const int copies = std::max(1, num_copies(placement, node));
    for (int copy = 0; copy < copies; ++copy) check_copy(placement, network, node, copy);
  }
}

}  // namespace ohmweave::mapping
