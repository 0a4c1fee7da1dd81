// SPDX-License-Identifier: Apache-2.0
#include "inference/programmed_cells.h"

#include <utility>

#include "core/error.h"
#include "crossbar/drift.h"
#include "crossbar/pair.h"
#include "mapping/line_assignment.h"

namespace ohmweave::inference {
namespace {

Lines lines_of(const MappedNetwork& mapped, const Hardware& hardware, const ChipKey& key,
               int first_array) {
  return mapping::assign_lines(
      mapped.placement, mapped.network, first_array,
      crossbar::stuck_levels(hardware.device, hardware.array.bits_per_cell, key.run, key.index));
}

/// Conductances of an array: all its cells, those that hold no weight too.
crossbar::Matrix program_array(const MappedNetwork& mapped, const Hardware& hardware,
                               const ChipKey& key, int array, const Lines& lines) {
  const std::vector<int> levels = mapping::levels_on_lines(
      mapping::cell_levels(mapped.placement, mapped.network, array), lines);
  const int slice = mapped.placement.arrays[array].slice;
  return crossbar::program_siemens(levels, hardware.array.rows, hardware.array.cols,
                                   hardware.device, hardware.array.cell_bits(slice),
                                   crossbar::array_stream(key.run, key.index, array));
}

}  // namespace

std::map<int, Lines> assigned_lines(const MappedNetwork& mapped, const Hardware& hardware,
                                    const ChipKey& key, const ForEach& for_each) {
  if (!hardware.fault_aware) return {};
  OHMWEAVE_REQUIRE(!hardware.is_read_by_gates(), "rows of gates stay on their lines");
  std::map<int, Lines> lines;
  for (const mapping::Block& block : mapped.placement.blocks) lines[block.first_array];
  std::vector<std::pair<const int, Lines>*> work;
  work.reserve(lines.size());
  for (auto& entry : lines) work.push_back(&entry);
  for_each(static_cast<int>(work.size()),
           [&](int i) { work[i]->second = lines_of(mapped, hardware, key, work[i]->first); });
  return lines;
}

SliceCells slice_cells(const MappedNetwork& mapped, const Hardware& hardware, const ChipKey& key,
                       const std::optional<ChipAge>& age, int first_array, const Lines& lines) {
  SliceCells fresh;
  SliceCells old;
  for (int i = 0; i < mapped.placement.geometry.arrays_per_slice(); ++i) {
    fresh.siemens.push_back(program_array(mapped, hardware, key, first_array + i, lines));
    if (age)
      old.siemens.push_back(
          crossbar::drifted_siemens(hardware.device, fresh.siemens.back(), age->when,
                                    crossbar::array_stream(key.run, key.index, first_array + i)));
  }
  if (!age) return fresh;
  if (age->is_compensated)
    old.compensation = crossbar::compensation(fresh.siemens, old.siemens, hardware.array);
  return old;
}

crossbar::Matrix in_order_of_rows(const crossbar::Matrix& by_line, const Lines& lines) {
  if (lines.empty() || by_line.size() == 0) return by_line;
  crossbar::Matrix by_row(by_line.rows(), by_line.cols());
  for (std::size_t row = 0; row < lines.size(); ++row)
    by_row.col(static_cast<Eigen::Index>(row)) = by_line.col(lines[row]);
  return by_row;
}

crossbar::Matrix in_order_of_lines(const crossbar::Matrix& by_row, const Lines& lines) {
  if (lines.empty()) return by_row;
  crossbar::Matrix by_line(by_row.rows(), by_row.cols());
  for (std::size_t row = 0; row < lines.size(); ++row)
    by_line.col(lines[row]) = by_row.col(static_cast<Eigen::Index>(row));
  return by_line;
}

}  // namespace ohmweave::inference
