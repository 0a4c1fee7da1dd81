// SPDX-License-Identifier: Apache-2.0
#include "inference/built_converters.h"

#include <map>
#include <utility>

#include "crossbar/pair.h"

namespace ohmweave::inference {

std::shared_ptr<const BlockConverters> build_converters(const crossbar::AdcOptions& adc,
                                                        int magnitude_bits, int columns_per_adc,
                                                        const LayerProduct& product,
                                                        const BlockProduct& block,
                                                        const BlockSite& site) {
  if (!adc.has_spread()) return nullptr;
  auto result = std::make_shared<BlockConverters>();
  std::map<std::pair<int, int>, int> known;  // by array and converter of it
  const int num_outputs = static_cast<int>(block.outputs.size());
  for (int row = 0; row < static_cast<int>(block.gain.rows()); ++row) {
    // The unit column comes after the outputs, in the arrays of slice 0.
    const bool is_unit = row == product.num_slices * num_outputs;
    const int array = site.first_array + (is_unit ? 0 : row / num_outputs * site.arrays_per_slice);
    const int column = site.first_column + (is_unit ? num_outputs : row % num_outputs);
    const std::pair<int, int> place{array, column / columns_per_adc};
    const auto [found, is_new] =
        known.try_emplace(place, static_cast<int>(result->converters.size()));
    if (is_new)
      result->converters.emplace_back(
          adc, magnitude_bits,
          crossbar::converter_stream(site.run, site.chip, place.first, place.second));
    result->of_column.push_back(found->second);
  }
  return result;
}

GainMatrix build_drivers(const crossbar::DacOptions& dac, const crossbar::ArrayOptions& array,
                         const crossbar::DeviceOptions& device, int num_rows,
                         const BlockSite& site) {
  // A digit of one bit is 0 or full scale, which is what a nonlinear cell's levels hold for.
  if (!dac.has_spread() && (!device.iv || dac.bits == 1)) return {};
  GainMatrix result(num_rows, Eigen::Index{1} << dac.bits);
  for (int row = 0; row < num_rows; ++row) {
    const std::vector<double> digits = crossbar::effective_digits(
        crossbar::driver_levels(dac, crossbar::driver_stream(site.run, site.chip, site.first_array,
                                                             site.first_row + row)),
        array, device);
    for (std::size_t digit = 0; digit < digits.size(); ++digit)
      result(row, static_cast<Eigen::Index>(digit)) = static_cast<float>(digits[digit]);
  }
  return result;
}

}  // namespace ohmweave::inference
