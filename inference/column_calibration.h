// SPDX-License-Identifier: Apache-2.0
// Trims of converters by test reads, as a chip can make them before it is used: known digits are
// applied, and the gain and offset of each column that fit its codes best to what ideal devices and
// wires would give (crossbar::calibrate_columns) set the step and the offset of its converter.
#pragma once

#include "core/random.h"
#include "inference/layer_product.h"

namespace ohmweave::inference {

/// Sets block.trims. expected: converted columns x rows, the gains of ideal devices and wires.
/// Digits come from `stream`, in reads that drive from none to all of
/// the rows; read noise is averaged out in such reads and left out here.
void calibrate_block(const LayerProduct& product, const GainMatrix& expected,
                     const RandomStream& stream, BlockProduct& block);

}  // namespace ohmweave::inference
