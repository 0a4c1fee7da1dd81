// SPDX-License-Identifier: Apache-2.0
// Feature maps of some images as integers.
#pragma once

#include <cstdint>
#include <vector>

#include "core/network.h"

namespace ohmweave::inference {

/// codes: image-major, then as Shape (channel, height, width). Codes of a CodeFormat, or the
/// accumulators of a weight layer.
struct CodeBatch {
  int num_images = 0;
  Shape shape;
  std::vector<std::int32_t> codes;
};

[[nodiscard]] inline CodeBatch make_code_batch(int num_images, const Shape& shape) {
  return {num_images, shape,
          std::vector<std::int32_t>(static_cast<std::size_t>(num_images * shape.size()))};
}

}  // namespace ohmweave::inference
