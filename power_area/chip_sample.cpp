// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_sample.h"

#include "crossbar/pair.h"
#include "mapping/line_assignment.h"

namespace ohmweave::power_area {

namespace {

/// The line of each row of the arrays of a position.
std::vector<int> lines_of(const MappedNetwork& mapped, int first_array, const Circuits& circuits,
                          const RandomStream& stream) {
  return mapping::assign_lines(
      mapped.placement, mapped.network, first_array,
      crossbar::stuck_levels(circuits.device, circuits.array.bits_per_cell, stream, kChipSample));
}

/// Siemens of each input: of its row's cells, or of those of both rows.
crossbar::Vector input_sums(const MappedNetwork& mapped, int array, const Circuits& circuits,
                            const RandomStream& stream, const std::vector<int>& lines) {
  const crossbar::Matrix siemens = crossbar::program_siemens(
      mapping::levels_on_lines(mapping::cell_levels(mapped.placement, mapped.network, array),
                               lines),
      circuits.array.rows, circuits.array.cols, circuits.device,
      circuits.array.cell_bits(mapped.placement.arrays[array].slice),
      crossbar::array_stream(stream, kChipSample, array));
  // Rows of an input follow each other in memory.
  return Eigen::Map<const crossbar::Matrix>(siemens.data(), circuits.array.num_inputs(),
                                            siemens.size() / circuits.array.num_inputs())
      .rowwise()
      .sum();
}

}  // namespace

ChipSample sample_chip(const MappedNetwork& mapped, const Circuits& circuits,
                       const RandomStream& stream) {
  const mapping::Placement& placement = mapped.placement;
  ChipSample sample;
  sample.column_sums = column_sums(mapped, circuits);
  sample.row_siemens.resize(placement.blocks.size());
  const int per_position = placement.geometry.arrays_per_position();
  for (int first = 0; first < static_cast<int>(placement.arrays.size()); first += per_position) {
    crossbar::Vector siemens = crossbar::Vector::Zero(circuits.array.num_inputs());
    const std::vector<int> lines =
        circuits.fault_aware ? lines_of(mapped, first, circuits, stream) : std::vector<int>();
    for (int a = 0; a < per_position; ++a)
      siemens += input_sums(mapped, first + a, circuits, stream, lines);
    for (const int b : placement.arrays[first].blocks) {
      const mapping::Block& block = placement.blocks[b];
      for (std::size_t r = 0; r < block.rows.size(); ++r) {
        const std::size_t row = block.first_row + r;
        sample.row_siemens[b].push_back(
            siemens[static_cast<Eigen::Index>(lines.empty() ? row : lines[row])]);
      }
    }
  }
  return sample;
}

}  // namespace ohmweave::power_area
