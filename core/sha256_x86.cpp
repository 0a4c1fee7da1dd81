// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"
#include "core/sha256_blocks.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

namespace ohmweave {
namespace {

constexpr unsigned kShaBit = 1U << 29U;    // of EBX, leaf 7
constexpr unsigned kSse41Bit = 1U << 19U;  // of ECX, leaf 1

#define OHMWEAVE_SHA __attribute__((target("sha,sse4.1")))

OHMWEAVE_SHA __m128i load(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

/// Words t .. t+3 of the message schedule from the sixteen before them: m[0] holds the oldest four.
OHMWEAVE_SHA __m128i next_words(__m128i oldest, __m128i old, __m128i recent, __m128i latest) {
  const __m128i seven_back = _mm_alignr_epi8(latest, recent, 4);
  return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(oldest, old), seven_back), latest);
}

}  // namespace

bool has_sha_instructions() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kSse41Bit) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kShaBit) != 0;
}

OHMWEAVE_SHA Sha256State hash_blocks_x86(Sha256State state, const unsigned char* bytes,
                                         std::size_t num_blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  // The instructions want the words as (a, b, e, f) and (c, d, g, h), highest first.
  const __m128i dcba = _mm_shuffle_epi32(load(state.data()), 0xB1);      // c d a b
  const __m128i hgfe = _mm_shuffle_epi32(load(state.data() + 4), 0x1B);  // e f g h
  __m128i abef = _mm_alignr_epi8(dcba, hgfe, 8);
  __m128i cdgh = _mm_blend_epi16(hgfe, dcba, 0xF0);
  for (; num_blocks > 0; --num_blocks, bytes += kSha256BlockBytes) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i words[4];
    for (std::ptrdiff_t t = 0; t < 16; ++t) {  // four rounds each
      __m128i& now = words[t & 3];
      now = t < 4 ? _mm_shuffle_epi8(load(bytes + 16 * t), swap)
                  : next_words(now, words[(t + 1) & 3], words[(t + 2) & 3], words[(t + 3) & 3]);
      const __m128i keyed = _mm_add_epi32(now, load(kSha256RoundConstants.data() + 4 * t));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0E));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data()), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
  return state;
}

}  // namespace ohmweave

#else

namespace ohmweave {

bool has_sha_instructions() { return false; }

Sha256State hash_blocks_x86(Sha256State state, const unsigned char*, std::size_t) {
  OHMWEAVE_REQUIRE(false, "this processor has no such instructions");
  return state;
}

}  // namespace ohmweave

#endif
