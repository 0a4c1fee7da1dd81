// SPDX-License-Identifier: Apache-2.0
// Digits drawn at run time, so that a run needs no file: strokes (glyphs.h) -> jitter, elastic and
// affine distortion of their points -> a pen of varying width with soft edges -> contrast and
// noise. Image i of a part is a pure function of (seed, part, i): label i mod 10.
// Elastic distortion: a smooth random displacement field, after simard_icdar_2003.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"
#include "data/table.h"

namespace ohmweave::data {

constexpr Shape kDigitShape{1, 28, 28};
constexpr int kNumDigits = 10;

/// Changes whenever the same seed gives other images.
inline constexpr char kSyntheticDigitsVersion[] = "synthetic_digits 1";

constexpr std::size_t kDigitPixels =
    static_cast<std::size_t>(kDigitShape.height) * kDigitShape.width;

/// One image of `digit` (0 .. 9), kDigitShape, row-major.
[[nodiscard]] std::array<std::uint8_t, kDigitPixels> draw_digit(int digit,
                                                                const RandomStream& stream);

[[nodiscard]] Images load_synthetic_digits(const DataOptions& options, Part part,
                                           std::uint64_t seed);

}  // namespace ohmweave::data
