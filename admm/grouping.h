// SPDX-License-Identifier: Apache-2.0
// A weight tensor parted into groups that are kept or emptied as a whole. Read as the matrix of a
// convolution (GEMM view: filters x window inputs), the groups are
//   filter     one output's weights,                  channel  all kernels of one input channel,
//   shape      one window input of every filter,      weight   a single entry,
// and the pieces of rows, columns and arrays of a crossbar (array_groups.h). In a grouped
// convolution each group has its own window inputs and channels.
// Source: wen_neurips_2016 (filters, channels, shapes).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ohmweave::admm {

struct Grouping {
  std::string unit;                    // "filter", "array_row", ...
  std::vector<std::int32_t> of_entry;  // the group of each tensor entry, row-major
  std::int64_t count = 0;              // groups count from 0
};

/// Tensors of shape out x in/groups (x kernel x kernel).
[[nodiscard]] Grouping filter_groups(const std::vector<std::int64_t>& shape);
[[nodiscard]] Grouping channel_groups(const std::vector<std::int64_t>& shape, int groups);
[[nodiscard]] Grouping shape_groups(const std::vector<std::int64_t>& shape, int groups);
[[nodiscard]] Grouping single_weights(const std::vector<std::int64_t>& shape);

}  // namespace ohmweave::admm
