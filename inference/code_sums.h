// SPDX-License-Identifier: Apache-2.0
// From what columns carry to sums of their converters' codes.
#pragma once

#include <cstdint>

#include "inference/layer_product.h"

namespace ohmweave::inference {

/// How one column's current becomes its share of the accumulator.
struct Conversion {
  float units_to_code;  // 2^-dropped_bits
  float largest_code;
  std::int32_t weight;  // of one code in the accumulator
};

/// accumulators += weight * code of each of `count` values, by ideal converters.
void add_codes(const float* units, int count, const Conversion& conversion,
               std::int32_t* accumulators);

/// Some converted columns of a block: columns x windows, from row `first` of its gain on.
struct ConvertedColumns {
  const float* units;
  int first;
  int columns;
  int windows;
};
/// The same with converters as built.
void add_built_codes(const ConvertedColumns& read, const BlockConverters& built,
                     const Conversion& conversion, std::int32_t* accumulators);

/// What add_codes() does, in integers.
struct IntegerConversion {
  int dropped_bits;
  int largest_code;
  int weight;
};
void add_integer_codes(const std::int16_t* sums, int count, const IntegerConversion& conversion,
                       std::int32_t* accumulators);

}  // namespace ohmweave::inference
