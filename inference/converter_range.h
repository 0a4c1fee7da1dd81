// SPDX-License-Identifier: Apache-2.0
// Full scales of converters from data: how large the values are that the converters of each layer
// meet when some images run through the network on devices that reach their levels.
#pragma once

#include <vector>

#include "inference/code_batch.h"
#include "inference/mapped_chip.h"

namespace ohmweave::inference {

/// Values that the converters of one layer met, by size: counts[n] of them were of n bits (0, 1, 2
/// or 3, 4 to 7, ... in magnitude, in units).
using BitCounts = std::vector<std::int64_t>;

/// What the values are counted on.
enum class RangeChip {
  Ideal,  // devices and wires without any fault
  Wired,  // devices that reach their levels, wires as they are: for networks trained for them
};

/// Of every weight layer, by node (empty for other nodes).
[[nodiscard]] std::vector<BitCounts> count_converter_bits(const MappedNetwork& mapped,
                                                          const Hardware& hardware,
                                                          const CodeBatch& images,
                                                          RangeChip chip = RangeChip::Ideal,
                                                          const ForEach& for_each = in_sequence);

/// The least bits that hold a share of at least `fraction` (0 to 1) of the values.
[[nodiscard]] int bits_that_hold(const BitCounts& counts, double fraction);

/// What hardware.adc.range asks for: the bits of full scale of each layer's converters, by node;
/// empty for AdcRange::WorstCase. Full scales are powers of two, so that codes are whole numbers of
/// units. They are at most those of the worst case, and at least those of the converter.
[[nodiscard]] std::vector<int> calibrated_range_bits(const MappedNetwork& mapped,
                                                     const Hardware& hardware,
                                                     const CodeBatch& images,
                                                     RangeChip chip = RangeChip::Ideal,
                                                     const ForEach& for_each = in_sequence);

}  // namespace ohmweave::inference
