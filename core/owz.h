// SPDX-License-Identifier: Apache-2.0
// .owz: a compressed network in one small checksummed file (docs/owz.md has the byte layout).
// Per weight layer: mask coded on the grid of alive rows and columns, entropy-coded level codes and
// one scale, or codebook and indices; biases as float32; the graph. Decoding gives the encoded
// tensors bit for bit.
#pragma once

#include <filesystem>
#include <string>

#include "core/network_model.h"

namespace ohmweave {

/// Bytes of the archive. Layers with a level scale store integer codes (weight = code * scale in
/// float32); layers with a codebook store it (at most 65,536 values) and an index a weight; free
/// layers store float32 values of the non-zero weights. Throws DataError when a weight is off its
/// grid or codebook, or the codebook is too long.
[[nodiscard]] std::string encode_owz(const NetworkModel& model);
/// Throws DataError naming `where` when magic, version, lengths or checksum are wrong.
[[nodiscard]] NetworkModel decode_owz(const std::string& bytes, const std::string& where);

}  // namespace ohmweave
