// SPDX-License-Identifier: Apache-2.0
// From an integer network to a placement: partition, removal of dead rows and columns, tiles, mesh.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/options.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {

/// Maps every weight layer. copies: of each node's weights (those without weights are ignored);
/// empty: one each. The needed blocks come first, in the order of their nodes, then groups, then
/// columns, then rows; their arrays do not depend on what is duplicated. Tiles are filled layer
/// after layer: a layer fills whole tiles, and its remainder goes to the tile with the least room
/// that still holds all of it, or to a new tile. So a layer never spans more tiles than it has to,
/// and layers share a tile only through remainders. Throws ConfigError when the geometry cannot
/// hold a block (fewer arrays a tile than one block's slices and signs, fewer cell bits than weight
/// bits).
[[nodiscard]] Placement map_network(const QuantizedNetwork& network, const Geometry& geometry,
                                    const MappingOptions& options,
                                    const std::vector<std::int64_t>& copies = {});

/// Summary of what tiles send each other for one inference: {bytes_between_tiles,
/// bytes_through_port, byte_hops, byte_hops_row_major, hops_ratio}. byte_hops: sum of bytes x
/// Manhattan distance as placed; ..._row_major: were the same tiles placed in the order in which
/// they were filled; hops_ratio: the former over the latter, absent where tiles send nothing.
[[nodiscard]] Json traffic_summary(const Placement& placement, const QuantizedNetwork& network);

/// Arrays of each node (0 for nodes without weights) if its weights stood where the matrix has
/// them, no line moved (the layout `grid`): what reordering and packing are to be measured against.
[[nodiscard]] std::vector<int> arrays_in_grid(const QuantizedNetwork& network,
                                              const Geometry& geometry);

}  // namespace ohmweave::mapping
