// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_sample.h"

#include "crossbar/pair.h"

namespace ohmweave::power_area {

namespace {

constexpr int kChipSample = 0;

crossbar::Vector row_sums(const MappedNetwork& mapped, int array, const Circuits& circuits,
                          const RandomStream& stream) {
  return crossbar::program_siemens(mapping::cell_levels(mapped.placement, mapped.network, array),
                                   circuits.array.rows, circuits.array.cols, circuits.device,
                                   circuits.array.cell_bits(mapped.placement.arrays[array].slice),
                                   crossbar::array_stream(stream, kChipSample, array))
      .rowwise()
      .sum();
}

}  // namespace

ChipSample sample_chip(const MappedNetwork& mapped, const Circuits& circuits,
                       const RandomStream& stream) {
  const mapping::Placement& placement = mapped.placement;
  ChipSample sample;
  sample.max_column_sums = max_column_sums(mapped, circuits);
  sample.row_siemens.resize(placement.blocks.size());
  const int per_position = placement.geometry.arrays_per_position();
  for (int first = 0; first < static_cast<int>(placement.arrays.size()); first += per_position) {
    crossbar::Vector siemens = crossbar::Vector::Zero(circuits.array.rows);
    for (int a = 0; a < per_position; ++a) siemens += row_sums(mapped, first + a, circuits, stream);
    for (const int b : placement.arrays[first].blocks) {
      const mapping::Block& block = placement.blocks[b];
      const double* begin = siemens.data() + block.first_row;
      sample.row_siemens[b].assign(begin, begin + block.rows.size());
    }
  }
  return sample;
}

}  // namespace ohmweave::power_area
