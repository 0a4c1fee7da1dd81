// SPDX-License-Identifier: Apache-2.0
#include "mapping/column_sums.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "mapping/codes_view.h"

namespace ohmweave::mapping {
namespace {

/// Sum of one slice's levels in one column of a block over the array rows [first, end).
std::int64_t sum_of_levels(const CodesView& codes, const Block& block, int column, int shift,
                           std::int64_t mask, std::size_t first, std::size_t end) {
  std::int64_t sum = 0;
  for (std::size_t row = first; row < end; ++row) {
    const std::int64_t magnitude = std::abs(codes.at(block.group, block.rows[row], column));
    sum += (magnitude >> shift) & mask;
  }
  return sum;
}

}  // namespace

std::int64_t max_column_sum(const Placement& placement, const QuantizedNetwork& network, int node,
                            int rows_at_once) {
  OHMWEAVE_REQUIRE(rows_at_once >= 1, "rows_at_once must be at least 1");
  const CodesView codes(network, node);
  const Geometry& geometry = placement.geometry;
  const std::int64_t mask = (std::int64_t{1} << geometry.bits_per_cell) - 1;
  std::int64_t largest = 0;
  for (const Block& block : placement.blocks) {
    if (block.node != node) continue;
    for (std::size_t first = 0; first < block.rows.size(); first += rows_at_once) {
      const std::size_t end = std::min(block.rows.size(), first + rows_at_once);
      for (const int column : block.columns)
        for (int slice = 0; slice < geometry.num_slices; ++slice)
          largest =
              std::max(largest, sum_of_levels(codes, block, column, slice * geometry.bits_per_cell,
                                              mask, first, end));
    }
  }
  return largest;
}

}  // namespace ohmweave::mapping
