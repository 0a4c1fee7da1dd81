// SPDX-License-Identifier: Apache-2.0
// A plain float tensor, for the code that has no torch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ohmweave {

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // row-major, as many as the product of `shape`
};

[[nodiscard]] std::int64_t num_elements(const std::vector<std::int64_t>& shape);

/// Parameters by name: "<node>.weight", "<node>.bias", and for batch norm also
/// "<node>.running_mean", "<node>.running_var". Convolution weights are
/// out x in/groups x kernel x kernel, linear weights out x in.
using Parameters = std::map<std::string, Tensor>;

}  // namespace ohmweave
