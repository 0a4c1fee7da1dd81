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
/// R1 = 32 * dense / sum(nnz_l * bits_l + book_l), bits_l = what the codes of layer l need:
/// - with a level scale, ceil(log2(2 m)) for levels +-1 .. +-m, m its largest |code| (zeros are the
///   mask's; m = 1: 1 bit, m = 15: 5), 0 for a layer of zeros; its weights are multiples of it;
/// - with a codebook of k values, ceil(log2 k) (k = 1: 0 bits), and book_l = 32 k bits for the
///   values themselves (0 for all other layers). Source: ye_arxiv_2018;
/// - 32 for free weights.
/// R2 adds gap indices of the best width per layer with filler zeros; R3 adds log2 C(n_l, nnz_l);
/// both keep book_l. R4 = 4 * dense / file bytes; `file_bytes`: size of the .owz file.
/// Throws DataError when `compressed` is not valid.
[[nodiscard]] Json compression_summary(const NetworkModel& compressed, std::int64_t file_bytes);

/// The same without "storage" and without the layers' "bits": what is left of weights that nobody
/// quantized for a file.
[[nodiscard]] Json weight_summary(const NetworkModel& compressed);

}  // namespace ohmweave
