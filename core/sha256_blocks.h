// SPDX-License-Identifier: Apache-2.0
// The compression function of SHA-256 over whole blocks of 64 bytes, in plain C++ and in the
// instructions that newer x86 processors have for it (several times faster: runs hash gigabytes).
// Source: nist_fips_180_4, section 6.2.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ohmweave {

constexpr std::size_t kSha256BlockBytes = 64;
using Sha256State = std::array<std::uint32_t, 8>;  // a, b, ..., h

/// The round constants, section 4.2.2.
extern const std::array<std::uint32_t, 64> kSha256RoundConstants;

/// The state after `num_blocks` blocks from `bytes` on.
[[nodiscard]] Sha256State hash_blocks_portable(Sha256State state, const unsigned char* bytes,
                                               std::size_t num_blocks);

/// True where hash_blocks_x86() may be called.
[[nodiscard]] bool has_sha_instructions();
/// The same state.
[[nodiscard]] Sha256State hash_blocks_x86(Sha256State state, const unsigned char* bytes,
                                          std::size_t num_blocks);

}  // namespace ohmweave
