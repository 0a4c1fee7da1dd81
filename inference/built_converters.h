// SPDX-License-Identifier: Apache-2.0
// The converters and drivers of a chip sample, where they are not ideal.
#pragma once

#include <memory>

#include "core/random.h"
#include "crossbar/options.h"
#include "inference/layer_product.h"

namespace ohmweave::inference {

/// A chip and the arrays of a block on it.
struct BlockSite {
  RandomStream run;
  int chip = 0;
  int first_array = 0;       // of slice 0
  int arrays_per_slice = 2;  // whose columns share converters
  int first_row = 0;         // of the arrays: where the block begins
  int first_column = 0;
};

/// The converters of a block's columns: those of neighbouring columns of one slice, columns_per_adc
/// of them, are one. Null where converters are ideal. Throws as crossbar::Converter.
[[nodiscard]] std::shared_ptr<const BlockConverters> build_converters(
    const crossbar::AdcOptions& adc, int magnitude_bits, int columns_per_adc,
    const LayerProduct& product, const BlockProduct& block, const BlockSite& site);

/// What the drivers of a block's rows make of every digit, and what nonlinear cells make of that
/// (BlockProduct::drive). One driver serves a row of all arrays of the block. Empty where neither
/// changes a digit.
[[nodiscard]] GainMatrix build_drivers(const crossbar::DacOptions& dac,
                                       const crossbar::ArrayOptions& array,
                                       const crossbar::DeviceOptions& device, int num_rows,
                                       const BlockSite& site);

}  // namespace ohmweave::inference
