// SPDX-License-Identifier: Apache-2.0
// The weights that a layer computes with once its arrays are read: what its codes become by
// devices and wires, before converters round, and its exact derivatives by the codes. Training that
// sees the chip (train/adapt_stage.cpp) runs a network of these.
//   weight(o, r) = sum over slices s of gain_s(o, r) 2^shift(s)  (less what a unit column
//   subtracts)
// in units of the codes, gain_s being BlockProduct::gain; ideal devices and wires give the codes.
#pragma once

#include <map>

#include "inference/mapped_chip.h"

namespace ohmweave::inference {

/// By weight node: outputs (of all groups) x matrix rows of the output's group.
using LayerWeights = std::map<int, GainMatrix>;

/// Of the first copy of every layer, on the chip sample `key` as programmed; 0 outside its blocks.
/// hardware.calibrates_columns and converters do not count. Not with gates as inputs
/// (std::logic_error). Throws as program_chip().
[[nodiscard]] LayerWeights effective_weights(const MappedNetwork& mapped, const Hardware& hardware,
                                             const ChipKey& key,
                                             const ForEach& for_each = in_sequence);

/// d(loss) / d(value of the code) of every weight, in units of the codes, of a loss whose
/// derivative by effective_weights() is `d_loss_d_weight`. What a weight's cells do to all other
/// weights through the wires is in it (crossbar/read_gradient.h). Codes are whole numbers; the
/// derivative is that of cells that take any conductance: one unit moves the cells of slice s by
/// 2^shift(s) / (sum over slices of 4^shift) mean steps between levels, so that ideal wires give
/// back d_loss_d_weight. 0 for weights without a block, of code 0 where each sign has a cell of its
/// own, and for stuck cells.
[[nodiscard]] LayerWeights code_gradients(const MappedNetwork& mapped, const Hardware& hardware,
                                          const ChipKey& key, const LayerWeights& d_loss_d_weight,
                                          const ForEach& for_each = in_sequence);

}  // namespace ohmweave::inference
