// SPDX-License-Identifier: Apache-2.0
// Sums over the 16 lanes of eight numbers at a time, for the AVX register types. A template, so
// that each instruction set has its own copy.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace ohmweave::nn::sparse {

template <class Lanes>
struct AvxLaneSums {
  /// result[j] = the sum of lanes[16 j] .. lanes[16 j + 15]: first i with i + 8, then neighbours.
  static void sum_eight(const float* lanes, float* result) {
    const __m256 low = _mm256_hadd_ps(_mm256_hadd_ps(folded(lanes, 0), folded(lanes, 1)),
                                      _mm256_hadd_ps(folded(lanes, 2), folded(lanes, 3)));
    const __m256 high = _mm256_hadd_ps(_mm256_hadd_ps(folded(lanes, 4), folded(lanes, 5)),
                                       _mm256_hadd_ps(folded(lanes, 6), folded(lanes, 7)));
    _mm256_storeu_ps(result, _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20),
                                           _mm256_permute2f128_ps(low, high, 0x31)));
  }

 private:
  static __m256 folded(const float* lanes, std::ptrdiff_t j) {
    return _mm256_add_ps(_mm256_loadu_ps(lanes + 16 * j), _mm256_loadu_ps(lanes + 16 * j + 8));
  }
};

}  // namespace ohmweave::nn::sparse
