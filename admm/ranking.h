// SPDX-License-Identifier: Apache-2.0
// Exact selection of the largest, with a rule for ties; and the plain view of a tensor that the
// projections work on.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ohmweave::admm {

/// For each score, 1 if it is among the `count` largest, else 0. Among equal scores the lower
/// index comes first, so exactly min(count, size) are chosen. Scores must not be NaN.
[[nodiscard]] std::vector<char> choose_largest(const std::vector<double>& scores,
                                               std::int64_t count);

/// `v` with all but the `count` entries of largest magnitude zeroed, ties as above; v: plain
/// float32 without NaN. What choose_largest does with the squares of `v`, in less time and memory.
[[nodiscard]] torch::Tensor keep_largest_magnitudes(const torch::Tensor& v, std::int64_t count);

/// `v` detached, on the CPU, contiguous float32.
[[nodiscard]] torch::Tensor plain_values(const torch::Tensor& v);

/// Throws NumericError naming `what` when an entry is NaN or infinite; plain: on the CPU,
/// contiguous.
void require_finite(const torch::Tensor& plain, const std::string& what);

/// plain_values(v). Throws NumericError naming `what` when an entry is NaN or infinite.
[[nodiscard]] torch::Tensor checked_values(const torch::Tensor& v, const std::string& what);

/// metric_i * v_i^2 of plain float32 tensors: what zeroing entry i costs. Undefined metric: 1.
[[nodiscard]] std::vector<double> weighted_squares(const torch::Tensor& v,
                                                   const torch::Tensor& metric);

/// `v` with the entries zeroed whose `kept` is 0; v: plain float32.
[[nodiscard]] torch::Tensor zeroed_unless(const torch::Tensor& v, const std::vector<char>& kept);

}  // namespace ohmweave::admm
