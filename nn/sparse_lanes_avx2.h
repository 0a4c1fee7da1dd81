// SPDX-License-Identifier: Apache-2.0
// One register of 8 floats (AVX2 and FMA).
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "nn/sparse_lanes_avx.h"

namespace ohmweave::nn::sparse {

struct Avx2Lanes : AvxLaneSums<Avx2Lanes> {
  using Register = __m256;
  using Mask = __m256;
  static constexpr int kWidth = 8;
  static constexpr int kPatch = 12;  // registers that can hold results; 4 stay for operands

  static Register load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Register a) { _mm256_storeu_ps(p, a); }
  static Register all(float x) { return _mm256_set1_ps(x); }
  static Register add(Register a, Register b) { return _mm256_add_ps(a, b); }
  static Register subtract(Register a, Register b) { return _mm256_sub_ps(a, b); }
  static Register multiply(Register a, Register b) { return _mm256_mul_ps(a, b); }
  static Register divide(Register a, Register b) { return _mm256_div_ps(a, b); }
  /// a * b + c, rounded once.
  static Register fma(Register a, Register b, Register c) { return _mm256_fmadd_ps(a, b, c); }
  /// b where either is NaN.
  static Register max(Register a, Register b) { return _mm256_max_ps(a, b); }
  static Register min(Register a, Register b) { return _mm256_min_ps(a, b); }
  static Register floor(Register a) { return _mm256_floor_ps(a); }
  static Mask is_greater(Register a, Register b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
  static Mask is_at_least(Register a, Register b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
  static Mask is_equal(Register a, Register b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
  static Mask both(Mask a, Mask b) { return _mm256_and_ps(a, b); }
  /// a where the mask holds, else b.
  static Register select(Mask m, Register a, Register b) { return _mm256_blendv_ps(b, a, m); }
  /// a where the mask holds, else 0.
  static Register keep(Mask m, Register a) { return _mm256_and_ps(m, a); }

  static Register load_bytes(const std::uint8_t* p) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  /// Whole numbers 0 .. 255.
  static void store_bytes(std::uint8_t* p, Register a) {
    const __m256i words = _mm256_cvtps_epi32(a);
    const __m128i halves =
        _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(halves, halves));
  }
};

}  // namespace ohmweave::nn::sparse
