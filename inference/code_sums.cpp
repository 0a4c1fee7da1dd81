// SPDX-License-Identifier: Apache-2.0
#include "inference/code_sums.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace ohmweave::inference {

// Clamping first is the same as clamping the rounded value, since the limits are integers.
void add_codes(const float* units, int count, const Conversion& conversion,
               std::int32_t* accumulators) {
  for (int i = 0; i < count; ++i) {
    float value = units[i] * conversion.units_to_code;
    value = value > conversion.largest_code ? conversion.largest_code : value;
    value = value < -conversion.largest_code ? -conversion.largest_code : value;
    accumulators[i] += conversion.weight * static_cast<std::int32_t>(std::rint(value));
  }
}

void add_built_codes(const ConvertedColumns& read, const BlockConverters& built,
                     const Conversion& conversion, std::int32_t* accumulators) {
  for (int column = 0; column < read.columns; ++column) {
    const crossbar::Converter& converter = built.converters[built.of_column[read.first + column]];
    const std::ptrdiff_t begin = static_cast<std::ptrdiff_t>(column) * read.windows;
    for (std::ptrdiff_t i = begin; i < begin + read.windows; ++i)
      accumulators[i] +=
          conversion.weight * converter.code(read.units[i] * conversion.units_to_code);
  }
}

// Halves go to even.
void add_integer_codes(const std::int16_t* sums, int count, const IntegerConversion& conversion,
                       std::int32_t* accumulators) {
  const int dropped_bits = conversion.dropped_bits;
  const int half = dropped_bits == 0 ? 0 : (1 << (dropped_bits - 1)) - 1;
  const int odd = dropped_bits == 0 ? 0 : 1;
  for (int i = 0; i < count; ++i) {
    const int sum = sums[i];
    const int code = (sum + half + ((sum >> dropped_bits) & odd)) >> dropped_bits;
    accumulators[i] +=
        std::clamp(code, -conversion.largest_code, conversion.largest_code) * conversion.weight;
  }
}

}  // namespace ohmweave::inference
