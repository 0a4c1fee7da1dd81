// SPDX-License-Identifier: Apache-2.0
// Which parameters a network graph calls for, in node order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/network.h"

namespace ohmweave {

struct ParameterShape {
  int node = 0;      // index of the node that owns it
  std::string name;  // "<node>.weight", ...
  std::vector<std::int64_t> shape;
};

/// Throws DataError when the graph is not sound.
[[nodiscard]] std::vector<ParameterShape> parameter_shapes(const Network& network);

}  // namespace ohmweave
