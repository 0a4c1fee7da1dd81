// SPDX-License-Identifier: Apache-2.0
// Compression figures of a network against its dense form, by the four storage rules.
// weight_ratio = dense weights / non-zero weights; biases and batch norm never count.
#pragma once

#include <cstdint>
#include <string>

#include "core/network_model.h"

namespace ohmweave {

/// The "compression" object of result.json:
/// {dense_weights, nonzero_weights, weight_ratio, mac_ratio, scopes: {conv, linear},
///  storage: {weights_only_ratio (R1), relative_index_ratio (R2), entropy_index_ratio (R3),
///            file_bytes, file_ratio (R4)}, layers: [{name, dense_weights, nonzero_weights,
///            weight_ratio, bits, rows, columns, rows_alive, columns_alive}]}
/// R1 = 32 * dense / sum(nnz_l * bits_l); R2 adds gap indices of the best width per layer with
/// filler zeros; R3 adds log2 C(n_l, nnz_l); R4 = 4 * dense / file bytes.
/// `weight_bits`: magnitude bits; a signed code takes weight_bits + 1 (free layers: 32).
[[nodiscard]] Json compression_summary(const NetworkModel& compressed, int weight_bits,
                                       std::int64_t file_bytes);

}  // namespace ohmweave
