// SPDX-License-Identifier: Apache-2.0
// The effective matrix of a passive array of linear cells by nested dissection: the array is halved
// across its longer side down to small blocks (cell_block.h), and the blocks are joined two by two,
// each join eliminating the wires that cross the cut. Any of the four resistances may be 0 and any
// cell open, as in block elimination (wires.h). Cost: about 7 times as much for twice the side, and
// linear in the longer side of an oblong array.
// Source: george_sinum_1973.
#pragma once

#include "crossbar/wires.h"

namespace ohmweave::crossbar {

/// As effective_matrix() of wires.h, whose arguments have been checked. Result: cols x rows.
[[nodiscard]] Matrix dissected_matrix(const Matrix& siemens, const Wires& wires);

}  // namespace ohmweave::crossbar
