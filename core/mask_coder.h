// SPDX-License-Identifier: Apache-2.0
// Codes which entries of a weight matrix are not zero, on the grid of its alive rows and columns.
// The probability of each cell mixes, in the logistic domain, the densities seen so far in the
// layer, its row, its column, its input channel and its kernel. Integers only: every machine gives
// the same bits. Source: mahoney_paq_2005 (logistic mixing).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/range_coder.h"

namespace ohmweave {

/// What the source layer of an input channel says about it.
enum class ChannelHint : std::uint8_t { Dead, Alive, Unknown };

/// A weight matrix as out x in, `is_set[column * num_rows + row]`; the rows of one input channel
/// (kernel_side^2 of them) are neighbours.
struct Mask {
  std::uint32_t num_rows = 0;
  std::uint32_t num_columns = 0;
  std::uint32_t kernel_side = 1;
  std::vector<bool> is_set;
};

/// Which rows (inputs) and columns (outputs) have a set entry.
struct AliveGrid {
  std::vector<bool> rows;
  std::vector<bool> columns;
};
[[nodiscard]] AliveGrid alive_grid(const Mask& mask);

/// Writes or reads (see BitCoder) mask.is_set; `hints` has one entry per input channel.
/// Returns the alive grid.
AliveGrid code_mask(BitCoder& coder, Mask& mask, const std::vector<ChannelHint>& hints);

}  // namespace ohmweave
