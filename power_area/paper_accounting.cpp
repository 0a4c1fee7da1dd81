// SPDX-License-Identifier: Apache-2.0
#include "power_area/paper_accounting.h"

#include "core/error.h"
#include "crossbar/device.h"
#include "crossbar/pair.h"
#include "power_area/cost/adc.h"

namespace ohmweave::power_area {

Circuits paper_circuits(const Circuits& circuits, const ComponentLibrary& library) {
  Circuits paper = circuits;
  paper.array.encoding = Encoding::OneSidedPair;
  paper.array.slice_bits.clear();
  paper.array.bits_per_cell = kPaperCellBits;
  paper.array.weight_bits = kPaperWeightBits;
  paper.chip.paper_accounting = false;
  const std::int64_t full_column =
      static_cast<std::int64_t>(circuits.array.rows_at_once()) * ((1 << kPaperCellBits) - 1);
  paper.adc.bits = crossbar::lossless_adc_bits(full_column, circuits.dac.bits);
  const int needed = *paper.adc.bits + 1;
  if (most_adc_bits(library, paper.chip.adc_model) < needed) paper.chip.adc_model = "survey";
  if (most_adc_bits(library, paper.chip.adc_model) < needed)
    throw ConfigError({"/chip/paper_accounting: needs converters of " + std::to_string(needed) +
                       " bits (sign included), which no converter model of '" + library.name() +
                       "' covers: lower /array/rows_active or /dac/bits"});
  return paper;
}

std::string paper_accounting_problem(const Circuits& circuits, const ComponentLibrary& library) {
  const std::string levels = crossbar::level_problem(circuits.device, kPaperCellBits);
  if (!levels.empty())
    return "/chip/paper_accounting: its baseline has cells of " + std::to_string(kPaperCellBits) +
           " bits; " + levels;
  try {
    (void)paper_circuits(circuits, library);
  } catch (const ConfigError& error) {
    return error.problems().front();
  }
  return "";
}

}  // namespace ohmweave::power_area
