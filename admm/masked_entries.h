// SPDX-License-Identifier: Apache-2.0
// The entries of a tensor that a mask lets through, for sets of levels: what the mask excludes is
// zero and takes no part in any sum.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "admm/level_search.h"

namespace ohmweave::admm {

/// A mask on the CPU, contiguous bool; an undefined one stays so and lets all through.
[[nodiscard]] torch::Tensor plain_mask(const torch::Tensor& mask);

/// Entries [begin, end) of a tensor.
struct EntryRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The values of plain float32 `v` inside the mask, with their weights in the metric.
[[nodiscard]] std::vector<WeightedValue> masked_entries(const torch::Tensor& v,
                                                        const torch::Tensor& metric,
                                                        const torch::Tensor& mask,
                                                        EntryRange range);
/// True if plain float32 `v` is zero wherever the mask is.
[[nodiscard]] bool is_zero_outside(const torch::Tensor& v, const torch::Tensor& mask);

}  // namespace ohmweave::admm
