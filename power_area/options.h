// SPDX-License-Identifier: Apache-2.0
// Config section /chip: what surrounds the arrays. Sizes and energies are not here: they are in the
// component library that `preset` names.
#pragma once

#include <string>

#include "core/fields.h"

namespace ohmweave::power_area {

/// How latency, throughput and actions are found.
enum class Timing {
  Simulated,  // event by event (sim/simulate.h)
  Analytic    // by the pipeline's recurrences, without contention on the mesh (sim/analyze.h)
};

/// Section /chip.
struct ChipOptions {
  std::string preset = "isaac_isca_2016";  // a file of configs/presets/components
  double clock_hz = 1e9;                   // digital clock. Source: ankit_asplos_2019
  int columns_per_adc = 128;  // columns of a pair that share a converter. Source: shafiee_isca_2016
  int link_bits_per_cycle = 32;   // width of one mesh link and direction. Source: shafiee_isca_2016
  int router_cycles = 4;          // time of a packet's head in one router (assumed: four stages)
  double io_bits_per_s = 51.2e9;  // 6.4 GB/s of one off-chip link. Source: shafiee_isca_2016
  int vector_lanes = 2;  // requantizers of a tile, one value a cycle. Source: shafiee_isca_2016
  int pool_lanes = 1;    // pooling units of a tile. Source: shafiee_isca_2016
  int accumulator_bits = 32;    // of a partial sum on its way between tiles
  double buffer_windows = 2.0;  // input buffer, in row windows (2: one is read, one is filled)
  Timing timing = Timing::Simulated;
  int num_inferences = 6;            // simulated back to back; the first half fills the pipeline
  int functional_images = 0;         // images carried through the simulated chip as data
  bool trace = false;                // trace.vcd, and a track a unit in timeline.json
  double assumed_bit_density = 0.5;  // share of ones in each input bit, when nothing was evaluated
};
void declare(Fields& f, ChipOptions& o);

}  // namespace ohmweave::power_area
