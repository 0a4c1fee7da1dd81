// SPDX-License-Identifier: Apache-2.0
// From arrays to tiles on the mesh, in one round or, where the chip is too small, in several.
#pragma once

#include "mapping/options.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {

/// Gives the arrays of a placement their tiles and the tiles their places. Positions are filled in
/// as of the layer of their first block, layers in the order of layer_order(). Throws ConfigError
/// at /mapping/max_tiles, saying how many tiles are needed, when there are more and /mapping/reload
/// is not set.
[[nodiscard]] Placement on_tiles(Placement placement, const QuantizedNetwork& network,
                                 const MappingOptions& options);

}  // namespace ohmweave::mapping
