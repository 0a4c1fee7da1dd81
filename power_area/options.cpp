// SPDX-License-Identifier: Apache-2.0
#include "power_area/options.h"

namespace ohmweave::power_area {

void declare(Fields& f, ChipOptions& o) {
  f.text("preset", o.preset, "component library: a file of configs/presets/components");
  f.number("clock_hz", o.clock_hz, kPositive, "digital clock");
  f.integer("columns_per_adc", o.columns_per_adc, {1, 65536},
            "columns of a pair that share one converter");
  f.integer("link_bits_per_cycle", o.link_bits_per_cycle, {1, 65536},
            "bits that a mesh link moves in one cycle and direction");
  f.integer("router_cycles", o.router_cycles, {0, 1000},
            "cycles that a packet's head spends in one router");
  f.number("io_bits_per_s", o.io_bits_per_s, kPositive, "rate at which images enter the chip");
  f.integer("vector_lanes", o.vector_lanes, {1, 65536},
            "requantizers of a tile, one value a cycle each");
  f.integer("pool_lanes", o.pool_lanes, {1, 65536},
            "pooling units of a tile, one input value a cycle each");
  f.integer("accumulator_bits", o.accumulator_bits, {8, 64}, "bits of a partial sum between tiles");
  f.number("buffer_windows", o.buffer_windows, {1.0, 1000.0},
           "input buffer of a layer, in row windows");
  f.choice("timing", o.timing,
           {{Timing::Simulated, "simulated", "event by event, with contention on the mesh"},
            {Timing::Analytic, "analytic", "by recurrences, in milliseconds, without contention"}},
           "how latency, throughput and actions are found");
  f.integer("functional_images", o.functional_images, {0, 1000},
            "images that the simulated chip carries as data, with all their converter codes");
  f.boolean("trace", o.trace, "write trace.vcd, and a track a unit into timeline.json");
  f.integer("num_inferences", o.num_inferences, {4, 1000},
            "inferences simulated back to back; the first half fills the pipeline");
  f.number("assumed_bit_density", o.assumed_bit_density, kFraction,
           "share of ones in each input bit, used when no activity was measured");
}

}  // namespace ohmweave::power_area
