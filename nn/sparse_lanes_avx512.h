// SPDX-License-Identifier: Apache-2.0
// One register of 16 floats (AVX-512 F).
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "nn/sparse_lanes_avx.h"

namespace ohmweave::nn::sparse {

struct Avx512Lanes : AvxLaneSums<Avx512Lanes> {
  using Register = __m512;
  using Mask = __mmask16;
  static constexpr int kWidth = 16;
  static constexpr int kPatch = 24;  // registers that can hold results; 8 stay for operands

  static Register load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Register a) { _mm512_storeu_ps(p, a); }
  static Register all(float x) { return _mm512_set1_ps(x); }
  static Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
  static Register subtract(Register a, Register b) { return _mm512_sub_ps(a, b); }
  static Register multiply(Register a, Register b) { return _mm512_mul_ps(a, b); }
  static Register divide(Register a, Register b) { return _mm512_div_ps(a, b); }
  /// a * b + c, rounded once.
  static Register fma(Register a, Register b, Register c) { return _mm512_fmadd_ps(a, b, c); }
  /// b where either is NaN.
  static Register max(Register a, Register b) { return _mm512_max_ps(a, b); }
  static Register min(Register a, Register b) { return _mm512_min_ps(a, b); }
  static Register floor(Register a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  }
  static Mask is_greater(Register a, Register b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
  static Mask is_at_least(Register a, Register b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
  static Mask is_equal(Register a, Register b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  static Mask both(Mask a, Mask b) { return static_cast<Mask>(a & b); }
  /// a where the mask holds, else b.
  static Register select(Mask m, Register a, Register b) { return _mm512_mask_mov_ps(b, m, a); }
  /// a where the mask holds, else 0.
  static Register keep(Mask m, Register a) { return _mm512_maskz_mov_ps(m, a); }

  static Register load_bytes(const std::uint8_t* p) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  /// Whole numbers 0 .. 255.
  static void store_bytes(std::uint8_t* p, Register a) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
  }
};

}  // namespace ohmweave::nn::sparse
