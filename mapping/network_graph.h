// SPDX-License-Identifier: Apache-2.0
// Questions about a network as a directed graph (Boost.Graph inside).
#pragma once

#include <vector>

#include "core/network.h"

namespace ohmweave::mapping {

/// The Conv2d and Linear nodes in a topological order in which each branch of a fork is run
/// through before the next begins: neighbours in the network come near each other in the list.
[[nodiscard]] std::vector<int> layer_order(const Network& network);

}  // namespace ohmweave::mapping
