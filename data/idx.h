// SPDX-License-Identifier: Apache-2.0
// The IDX format of the MNIST files: big-endian header {0, 0, type, number of dimensions}, one
// 32-bit size a dimension, then the values. Plain or gzip-compressed. Source: lecun_mnist.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ohmweave::data {

struct IdxBytes {
  std::vector<std::int64_t> sizes;   // of the dimensions, outermost first
  std::vector<std::uint8_t> values;  // row-major
};

/// Reads a file of unsigned bytes with `num_dimensions` dimensions. Throws DataError starting with
/// the path when it is missing, not IDX, damaged, or longer or shorter than its header says.
[[nodiscard]] IdxBytes read_idx(const std::filesystem::path& path, int num_dimensions);

/// The contents of a file, decompressed when it is a gzip file. Throws DataError.
[[nodiscard]] std::string read_maybe_gzip(const std::filesystem::path& path);

}  // namespace ohmweave::data
