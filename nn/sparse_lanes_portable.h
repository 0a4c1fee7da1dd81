// SPDX-License-Identifier: Apache-2.0
// One register of 4 floats in the compiler's own vector types: any processor. A multiply-add is
// rounded twice where the processor has no fused one.
#pragma once

#include <cstdint>

namespace ohmweave::nn::sparse {

struct PortableLanes {
  using Register = float __attribute__((vector_size(16)));
  using Mask = std::int32_t __attribute__((vector_size(16)));
  static constexpr int kWidth = 4;
  static constexpr int kPatch = 12;  // of 16 registers, as SSE and NEON have at least

  static Register load(const float* p) { return *reinterpret_cast<const Stored*>(p); }
  static void store(float* p, Register a) { *reinterpret_cast<Stored*>(p) = a; }
  static Register all(float x) { return Register{x, x, x, x}; }
  static Register add(Register a, Register b) { return a + b; }
  static Register subtract(Register a, Register b) { return a - b; }
  static Register multiply(Register a, Register b) { return a * b; }
  static Register divide(Register a, Register b) { return a / b; }
  static Register fma(Register a, Register b, Register c) { return a * b + c; }
  /// b where either is NaN.
  static Register max(Register a, Register b) { return select(a > b, a, b); }
  static Register min(Register a, Register b) { return select(a < b, a, b); }
  static Register floor(Register a) {
    return Register{__builtin_floorf(a[0]), __builtin_floorf(a[1]), __builtin_floorf(a[2]),
                    __builtin_floorf(a[3])};
  }
  static Mask is_greater(Register a, Register b) { return a > b; }
  static Mask is_at_least(Register a, Register b) { return a >= b; }
  static Mask is_equal(Register a, Register b) { return a == b; }
  static Mask both(Mask a, Mask b) { return a & b; }
  /// a where the mask holds, else b.
  static Register select(Mask m, Register a, Register b) {
    return reinterpret_cast<Register>((reinterpret_cast<Mask>(a) & m) |
                                      (reinterpret_cast<Mask>(b) & ~m));
  }
  /// a where the mask holds, else 0.
  static Register keep(Mask m, Register a) {
    return reinterpret_cast<Register>(reinterpret_cast<Mask>(a) & m);
  }

  static Register load_bytes(const std::uint8_t* p) {
    return Register{static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2]),
                    static_cast<float>(p[3])};
  }
  /// Whole numbers 0 .. 255.
  static void store_bytes(std::uint8_t* p, Register a) {
    for (int i = 0; i < kWidth; ++i) p[i] = static_cast<std::uint8_t>(a[i]);
  }
  /// result[j] = the sum of lanes[16 j] .. lanes[16 j + 15]: first i with i + 8, then neighbours.
  static void sum_eight(const float* lanes, float* result) {
    for (int j = 0; j < 8; ++j, lanes += 16) {
      float folded[8];
      for (int i = 0; i < 8; ++i) folded[i] = lanes[i] + lanes[i + 8];
      result[j] = ((folded[0] + folded[1]) + (folded[2] + folded[3])) +
                  ((folded[4] + folded[5]) + (folded[6] + folded[7]));
    }
  }

 private:
  using Stored = float __attribute__((vector_size(16), aligned(4), may_alias));
};

}  // namespace ohmweave::nn::sparse
