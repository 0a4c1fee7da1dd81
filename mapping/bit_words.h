// SPDX-License-Identifier: Apache-2.0
// Sets as words of 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ohmweave::mapping {

[[nodiscard]] inline int count_bits(const std::vector<std::uint64_t>& bits) {
  int count = 0;
  for (const std::uint64_t word : bits) count += __builtin_popcountll(word);
  return count;
}

/// Bits of `candidate` that `known` lacks; both have as many words.
[[nodiscard]] inline int count_new_bits(const std::vector<std::uint64_t>& known,
                                        const std::vector<std::uint64_t>& candidate) {
  int count = 0;
  for (std::size_t j = 0; j < known.size(); ++j)
    count += __builtin_popcountll(candidate[j] & ~known[j]);
  return count;
}

}  // namespace ohmweave::mapping
