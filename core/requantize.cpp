// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/quantized_network.h"

namespace ohmweave {

std::int64_t CodeFormat::high() const {
  return (std::int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
}

std::int64_t CodeFormat::low() const { return is_signed ? -high() : 0; }

Requantizer make_requantizer(double factor, std::int64_t low, std::int64_t high) {
  OHMWEAVE_REQUIRE(low <= high, "nothing to clamp to");
  if (!(factor > 0.0 && factor < kLargestRequantizerFactor)) {
    throw DataError("requantization by a factor of " + std::to_string(factor) +
                    ": must be in (0, 2^30)");
  }
  int exponent = 0;
  const double fraction = std::frexp(factor, &exponent);  // factor = fraction * 2^exponent
  std::int64_t multiplier = std::llround(std::ldexp(fraction, 31));
  if (multiplier == std::int64_t{1} << 31) {  // the fraction rounded up to 1
    multiplier /= 2;
    ++exponent;
  }
  const int shift = 31 - exponent;
  if (shift < 1) {
    throw DataError("requantization by a factor of " + std::to_string(factor) +
                    ": must be in (0, 2^30)");
  }
  if (shift > 62) return {0, 1, low, high};  // |acc| < 2^31 times less than 2^-32 rounds to 0
  return {static_cast<std::int32_t>(multiplier), shift, low, high};
}

std::int64_t requantize(std::int64_t accumulator, const Requantizer& requantizer) {
  OHMWEAVE_REQUIRE(accumulator < kAccumulatorLimit && accumulator > -kAccumulatorLimit,
                   "an accumulator of " + std::to_string(accumulator) + " has more than 31 bits");
  const std::int64_t half = std::int64_t{1} << (requantizer.shift - 1);
  const std::int64_t rounded = (accumulator * requantizer.multiplier + half) >> requantizer.shift;
  return std::min(std::max(rounded, requantizer.low), requantizer.high);
}

std::int64_t requantize_sum(const std::vector<std::int64_t>& codes,
                            const std::vector<Requantizer>& requantizers) {
  OHMWEAVE_REQUIRE(!codes.empty() && codes.size() == requantizers.size(), "one factor an addend");
  const Requantizer& first = requantizers.front();
  std::int64_t sum = std::int64_t{1} << (first.shift - 1);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    OHMWEAVE_REQUIRE(requantizers[i].shift == first.shift, "addends share one shift");
    sum += codes[i] * requantizers[i].multiplier;
  }
  return std::min(std::max(sum >> first.shift, first.low), first.high);
}

}  // namespace ohmweave
