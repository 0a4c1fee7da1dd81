// SPDX-License-Identifier: Apache-2.0
// Sparsity patterns for networks that nobody has pruned: whole columns and whole rows of arrays
// removed, so that what is left packs into fewer of them. Of a layer that keeps a share k of its
// weights, sqrt(k) of the filters stay (columns), and in each set of columns that one array holds,
// sqrt(k) of the window inputs (rows). Filters are drawn; inputs that read a removed filter of the
// layer before go first, and are drawn where there is a choice, for each set of columns anew. A
// chain of layers so becomes the same chain with channels times sqrt(k). The last layer keeps all
// its outputs, and k of its rows.
#pragma once

#include <map>
#include <string>

#include "core/dead_paths.h"
#include "core/network.h"
#include "core/random.h"

namespace ohmweave::models {

/// Share of weights removed, by weight name ("conv1.weight"); a weight that is not named keeps all.
using SparsityFractions = std::map<std::string, double>;

/// Masks of all weights. Counts are rounded, and a layer keeps a row and a column at least, so that
/// small layers keep somewhat more or less than asked. array_cols: columns of an array. Throws
/// std::logic_error for a fraction outside [0, 1) or a name that is no weight.
[[nodiscard]] WeightMasks remove_lines(const Network& network, const SparsityFractions& fractions,
                                       int array_cols, const RandomStream& stream);

}  // namespace ohmweave::models
