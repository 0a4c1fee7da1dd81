// SPDX-License-Identifier: Apache-2.0
// The parameters of a network as the arithmetic-coded part of an .owz file (docs/owz.md).
#pragma once

#include "core/network_model.h"
#include "core/range_coder.h"

namespace ohmweave {

/// An encoder writes the parameters, level scales and codebooks of a model that passed validate();
/// a decoder fills them from model.network (check with validate()). Throws DataError when a weight
/// is off its level grid, and on an index or length that no encoder writes.
void code_parameters(BitCoder& coder, NetworkModel& model);

}  // namespace ohmweave
