// SPDX-License-Identifier: Apache-2.0
// NumPy .npz archives (zip of .npy, deflated or stored), for what Python users want to open.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ohmweave {

struct NpyArray {
  std::string dtype;  // "<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "|u1", "|b1"
  std::vector<std::int64_t> shape;
  std::string bytes;  // little-endian, C order
};
using NpyArrays = std::map<std::string, NpyArray>;

[[nodiscard]] NpyArray make_npy(const std::vector<std::int32_t>& values,
                                std::vector<std::int64_t> shape);
[[nodiscard]] NpyArray make_npy(const std::vector<double>& values, std::vector<std::int64_t> shape);

/// Deterministic bytes: names in order, fixed dates.
[[nodiscard]] std::string encode_npz(const NpyArrays& arrays);
/// Throws DataError naming `where` and the member.
[[nodiscard]] NpyArrays decode_npz(const std::string& bytes, const std::string& where);

}  // namespace ohmweave
