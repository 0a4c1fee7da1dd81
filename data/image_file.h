// SPDX-License-Identifier: Apache-2.0
// One JPEG or PNG file as bytes, told apart by its first bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/network.h"

namespace ohmweave::data {

struct DecodedImage {
  Shape shape;                       // 1 channel (grey) or 3 (red, green, blue)
  std::vector<std::uint8_t> pixels;  // channel, row, column
};

/// JPEG by libjpeg-turbo with its defaults (accurate integer transform, smooth chroma), PNG by
/// libpng. Throws DataError naming the file when it is missing, damaged, of another format, or has
/// what no byte of grey or colour stands for (alpha, 16 bits, CMYK).
[[nodiscard]] DecodedImage decode_image_file(const std::filesystem::path& path);

}  // namespace ohmweave::data
