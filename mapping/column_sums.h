// SPDX-License-Identifier: Apache-2.0
// The largest sum of levels that one converter of a layer can meet: what its resolution follows
// from (crossbar::lossless_adc_bits).
#pragma once

#include <cstdint>

#include "mapping/placement.h"

namespace ohmweave::mapping {

/// Largest sum of |levels| over the rows read at once, over all columns, slices, row groups and
/// blocks of weight node `node`. Row groups are `rows_at_once` (>= 1) consecutive array rows. A
/// pair's column counts its positive and negative cells together: a digit may have either sign, so
/// all of them can pull the difference the same way. 0 when the node has no blocks.
[[nodiscard]] std::int64_t max_column_sum(const Placement& placement,
                                          const QuantizedNetwork& network, int node,
                                          int rows_at_once);

}  // namespace ohmweave::mapping
