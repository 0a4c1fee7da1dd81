// SPDX-License-Identifier: Apache-2.0
// Keyed random streams: the n-th number of a stream is a pure function of (key, n), so no result
// depends on thread count or evaluation order. Generator: Philox4x32-10.
// Source: salmon_sc_2011 (checked against its published known-answer vectors).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ohmweave {

/// One Philox4x32-10 block: 128 random bits from a 128-bit counter and a 64-bit key.
[[nodiscard]] std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                      std::array<std::uint32_t, 2> key);

/// An immutable stream, indexed by a 64-bit position. Copy freely; there is no state.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed);

  /// An independent stream named by a purpose and up to two indices, e.g. child("mismatch", chip,
  /// array).
  [[nodiscard]] RandomStream child(std::string_view purpose, std::uint64_t first = 0,
                                   std::uint64_t second = 0) const;

  /// 64 random bits at `position`.
  [[nodiscard]] std::uint64_t bits(std::uint64_t position) const;
  /// Uniform in [0, 1), 53 bits.
  [[nodiscard]] double uniform(std::uint64_t position) const;
  /// Standard normal (Box-Muller on the block at `position`).
  [[nodiscard]] double normal(std::uint64_t position) const;
  /// Many standard normals in single precision, for noise: number i of the sequence that starts at
  /// `first_block` is out[i]; each block of 128 bits gives kNormalsPerBlock of them (two pairs by
  /// Box-Muller), so normals(b + n, ...) goes on where kNormalsPerBlock * n numbers from b end.
  /// Uniforms of 24 bits: magnitudes up to 5.9, each number within 1e-6 of the formula. Not the
  /// numbers of normal().
  void normals(std::uint64_t first_block, std::size_t count, float* out) const;
  static constexpr std::size_t kNormalsPerBlock = 4;
  /// Uniform in {0, ..., count-1}; count >= 1. Unbiased to 2^-64 (multiply-shift).
  [[nodiscard]] std::uint64_t below(std::uint64_t count, std::uint64_t position) const;

 private:
  RandomStream(std::array<std::uint32_t, 2> key, std::uint64_t lane) : key_(key), lane_(lane) {}
  std::array<std::uint32_t, 2> key_;
  std::uint64_t lane_;  // upper 64 bits of the counter
};

}  // namespace ohmweave
