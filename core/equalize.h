// SPDX-License-Identifier: Apache-2.0
// Cross-layer equalization: the scale of a unit is moved between the weights that make it and the
// weights that read it, so that one quantization step suits all weights of a layer.
// Source: nagel_iccv_2019, section 4.1; here with the rms of the non-zero weights for their range.
#pragma once

#include "core/network.h"
#include "core/tensor.h"

namespace ohmweave {

/// Parameters that compute what `parameters` compute, up to float rounding, with the weights of
/// each layer as even as rescaling of units can make them. A unit (output channel) of a Conv2d or
/// Linear node is rescaled when one other Conv2d (grouped or not) or Linear node reads it, through
/// nothing but ReLU, pooling, Flatten and Dropout that nothing else reads: its weights and bias
/// times s > 0, the weights that read it by 1/s. With r the rms of a unit's non-zero weights over
/// the geometric mean of that of the layer's units: s = sqrt(r of its readers / r of its own).
/// Layers with a batch norm or an Add in between, and units without a non-zero weight on one side,
/// stay as they are. Throws std::logic_error when a parameter is missing or has another size.
[[nodiscard]] Parameters equalize_layers(const Network& network, const Parameters& parameters);

}  // namespace ohmweave
