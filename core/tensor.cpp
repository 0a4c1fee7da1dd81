// SPDX-License-Identifier: Apache-2.0
#include "core/tensor.h"

#include "core/bytes.h"

namespace ohmweave {

std::int64_t num_elements(const std::vector<std::int64_t>& shape) {
  return static_cast<std::int64_t>(checked_num_bytes(shape.data(), shape.size(), 1, "tensor"));
}

}  // namespace ohmweave
