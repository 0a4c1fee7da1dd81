// SPDX-License-Identifier: Apache-2.0
// The parameters of a network as the arithmetic-coded part of an .owz file (docs/owz.md).
#pragma once

#include "core/network_model.h"
#include "core/range_coder.h"

namespace ohmweave {

/// An encoder writes model.parameters and model.level_scales; a decoder fills them from
/// model.network. Throws DataError when a weight is off its grid.
void code_parameters(BitCoder& coder, NetworkModel& model);

}  // namespace ohmweave
