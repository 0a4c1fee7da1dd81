// SPDX-License-Identifier: Apache-2.0
// Config section /chip: what surrounds the arrays. Sizes and energies are not here: they are in the
// component library that `preset` names.
#pragma once

#include <string>

#include "core/fields.h"
#include "power_area/component_options.h"

namespace ohmweave::power_area {

/// How latency, throughput and actions are found.
enum class Timing {
  Simulated,  // event by event (sim/simulate.h)
  Analytic    // by the pipeline's recurrences, without contention on the mesh (sim/analyze.h)
};

/// What sets the time until a read's currents can be sampled (settling.h).
enum class Settling {
  Wires,    // the front end and the wires, to half a step of each layer's converters
  Library,  // the library's read pulse, whatever is read
};

/// Section /chip/uncertainty: how far the library's numbers may be off (sensitivity.h). The sigmas
/// are of the logarithm and assumptions of ours: no source gives them.
struct UncertaintyOptions {
  int samples = 200;             // of the bands
  double change_fraction = 0.2;  // of the tornado
  double seen_sigma = 0.1;       // numbers read in their source, or found with its program
  double derived_sigma = 0.2;    // computed from others
  double from_memory_sigma = 0.3;
  double assumed_sigma = 0.5;
};
void declare(Fields& f, UncertaintyOptions& o);

/// Section /chip.
struct ChipOptions {
  std::string preset = "isaac_isca_2016";  // a file of configs/presets/components
  ComponentOptions components;             // numbers that replace the library's
  std::optional<double> node_nm;           // move all numbers there; empty: as the library has them
  std::string adc_model = "table";         // of cost/adc.h
  std::string buffer = "edram";            // memory of the tiles' buffers: edram or sram
  int off_chip_links = 0;                  // 0: the image port's pins are not in the bill
  Settling settling = Settling::Wires;
  bool zero_skipping = false;     // no energy for what is zero (docs/chip.md, 2)
  bool paper_accounting = false;  // one more view of the reduction (docs/chip.md, 4)
  UncertaintyOptions uncertainty;
  double clock_hz = 1e9;      // digital clock. Source: ankit_asplos_2019
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
