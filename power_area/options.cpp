// SPDX-License-Identifier: Apache-2.0
#include "power_area/options.h"

namespace ohmweave::power_area {

namespace {

// What built chips have: microcontrollers that doze to the fastest processors; a serial sensor to a
// stack of memories. Times in cycles then stay far below 2^63.
constexpr NumberRange kClockHz{1e5, 2e10};
constexpr NumberRange kIoBitsPerS{1e3, 1e15};

const std::vector<Word>& adc_model_words() {
  static const std::vector<Word> words = {
      {"table", "the library's converters by resolution"},
      {"survey", "fit to the best published converters, 4 to 14 bits"},
      {"point", "the library's one published converter"}};
  return words;
}

const std::vector<Word>& buffer_words() {
  static const std::vector<Word> words = {{"edram", "embedded DRAM"}, {"sram", "static RAM"}};
  return words;
}

}  // namespace

void declare(Fields& f, UncertaintyOptions& o) {
  f.integer("samples", o.samples, {2, 100000}, "draws of all numbers at once");
  f.number("change_fraction", o.change_fraction, {0.0, 0.9, true},
           "change of one number at a time, up and down");
  f.number("seen_sigma", o.seen_sigma, {0.0, 2.0}, "of the logarithm of numbers seen in a source");
  f.number("derived_sigma", o.derived_sigma, {0.0, 2.0}, "of numbers derived from others");
  f.number("from_memory_sigma", o.from_memory_sigma, {0.0, 2.0}, "of numbers from memory");
  f.number("assumed_sigma", o.assumed_sigma, {0.0, 2.0}, "of numbers without a source");
}

void declare(Fields& f, ChipOptions& o) {
  f.text("preset", o.preset, "component library: a file of configs/presets/components");
  f.section("components", o.components,
            "numbers that replace or join the library's, by name, or {\"file\": ...} with them");
  f.number("node_nm", o.node_nm, {7.0, 130.0},
           "technology that all numbers are moved to; left out: as the library has them");
  f.word("adc_model", o.adc_model, adc_model_words(), "what a converter costs");
  f.word("buffer", o.buffer, buffer_words(), "memory of the tiles' input buffers");
  f.integer("off_chip_links", o.off_chip_links, {0, 64},
            "off-chip links in the bill; 0: the image port's pins are not modelled");
  f.choice("settling", o.settling,
           {{Settling::Wires, "wires", "front end and wires, to half a converter step"},
            {Settling::Library, "library", "the library's read pulse, whatever is read"}},
           "what sets the time until a read's currents are sampled");
  f.boolean("zero_skipping", o.zero_skipping,
            "spend no energy on digits, conversions and partial sums that are zero");
  f.boolean("paper_accounting", o.paper_accounting,
            "also compare as papers on pruning do: arrays and converters alone, against the dense "
            "network at 9 bits (two 4-bit cells a sign) with worst-case converters");
  f.section("uncertainty", o.uncertainty, "how far the library's numbers may be off");
  f.number("clock_hz", o.clock_hz, kClockHz, "digital clock");
  f.integer("columns_per_adc", o.columns_per_adc, {1, 65536},
            "columns of a pair that share one converter");
  f.integer("link_bits_per_cycle", o.link_bits_per_cycle, {1, 65536},
            "bits that a mesh link moves in one cycle and direction");
  f.integer("router_cycles", o.router_cycles, {0, 1000},
            "cycles that a packet's head spends in one router");
  f.number("io_bits_per_s", o.io_bits_per_s, kIoBitsPerS, "rate at which images enter the chip");
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
