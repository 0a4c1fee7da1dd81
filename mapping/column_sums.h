// SPDX-License-Identifier: Apache-2.0
// The sums of levels that the converters of a layer can meet: what their resolution follows from
// (crossbar::converter_bits).
#pragma once

#include <cstdint>

#include "mapping/placement.h"

namespace ohmweave::mapping {

/// How the codes that enter weight node `node` are to be read.
[[nodiscard]] const CodeFormat& input_format(const QuantizedNetwork& network, int node);

struct ColumnSums {
  std::int64_t largest = 0;
  double mean_square = 0.0;
};

/// largest: the largest magnitude that a pair's difference can reach in units of (level x digit /
/// largest digit), over all columns, slices, row groups and blocks of weight node `node`. Row
/// groups are `inputs_at_once` (>= 1) consecutive inputs of an array. Digits of unsigned inputs
/// pull the positive cells one way and the negative ones the other: the larger of both sums of
/// levels. Digits of signed inputs can pull all cells the same way: the sum of both. mean_square:
/// the mean, over the same columns, of the sum of squares of their cells' pair differences. Both 0
/// when the node has no blocks.
[[nodiscard]] ColumnSums column_sums(const Placement& placement, const QuantizedNetwork& network,
                                     int node, int inputs_at_once);

}  // namespace ohmweave::mapping
