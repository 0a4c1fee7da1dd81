// SPDX-License-Identifier: Apache-2.0
// The safetensors format: 8-byte little-endian header length, JSON header, raw tensors.
// Reading refuses what is truncated, overlapping, of another type than asked, or not little-endian
// sized; it never executes anything. Source: huggingface_safetensors (format description).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace ohmweave {

/// A tensor of any supported type, bytes as stored.
struct RawTensor {
  std::string dtype;  // "F32", "F64", "I64", "I32", "U8", "BOOL"
  std::vector<std::int64_t> shape;
  std::string bytes;
};
using RawTensors = std::map<std::string, RawTensor>;

[[nodiscard]] std::size_t dtype_size(const std::string& dtype);  // bytes; 0 if unsupported
[[nodiscard]] std::string encode_safetensors(const RawTensors& tensors,
                                             const std::map<std::string, std::string>& metadata);
/// `where` names the source in error texts. Throws DataError.
[[nodiscard]] RawTensors decode_safetensors(const std::string& bytes, const std::string& where);

void write_safetensors(const std::filesystem::path& path, const Parameters& parameters);
/// All tensors must be F32; throws DataError otherwise.
[[nodiscard]] Parameters read_safetensors(const std::filesystem::path& path);

}  // namespace ohmweave
