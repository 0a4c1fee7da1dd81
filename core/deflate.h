// SPDX-License-Identifier: Apache-2.0
// Raw deflate streams (no zlib header) and CRC-32, as strings. Source: rfc_1951.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ohmweave {

/// Best compression; `dictionary` is text that both sides know and matches may point into.
[[nodiscard]] std::string deflate_raw(std::string_view bytes, std::string_view dictionary = {});
/// The inverse; throws DataError "<where>: ..." when the stream is damaged, ends early, or does
/// not give exactly `num_bytes`.
[[nodiscard]] std::string inflate_raw(std::string_view bytes, std::uint64_t num_bytes,
                                      const std::string& where, std::string_view dictionary = {});
[[nodiscard]] std::uint32_t crc32_of(std::string_view bytes);

}  // namespace ohmweave
