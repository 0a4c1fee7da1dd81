// SPDX-License-Identifier: Apache-2.0
#include "power_area/component_options.h"

namespace ohmweave::power_area {

namespace {

/// Three numbers of a component that is described directly, by name.
void add_direct(std::vector<Word>& words, const std::string& stem, const std::string& what,
                const std::string& action) {
  words.push_back({stem + "_area", "area of " + what});
  words.push_back({stem + "_leakage", "leakage of " + what});
  words.push_back({stem + "_energy", "energy of one " + action});
  words.push_back({stem + "_power", "power of " + what + " at its published rate"});
}

std::vector<Word> make_number_words() {
  std::vector<Word> words = {
      {"feature_size", "side of the squares that cell areas are counted in"},
      {"cell_crossbar", "area of a bare cell, in squared features"},
      {"cell_1t1r", "area of a cell with its access transistor, in squared features"},
      {"cell_area", "area of a cell of any kind; goes before the two above"},
      {"array_power", "power of a whole 128 x 128 array at one read a read cycle"},
      {"array_area", "published area of a 128 x 128 array"},
      {"array_read_cycle", "time of one read of the source: one action a read cycle"},
      {"array_settle_time", "published time of a read pulse"},
      {"array_settle_bits", "resolution that the read pulse is published for"},
      {"wire_capacitance", "capacitance of array wires, per length"},
      {"cell_capacitance", "capacitance that one cell adds to its row and to its column"},
      {"adc_rate", "conversions of a converter per second"},
      {"adc_power", "power of the published converter"},
      {"adc_area", "area of the published converter"},
      {"adc_leakage_share", "share of a converter's power that is leakage"},
      {"adc_point_bits", "bits of the one converter of the model \"point\""},
      {"adc_point_energy", "its energy of one conversion"},
      {"adc_point_area", "its area"},
      {"adc_survey_energy_factor", "factor on the energy of the model \"survey\""},
      {"adc_survey_area_factor", "factor on the area of the model \"survey\""},
      {"leakage_share", "share of a published power that is leakage, where it is not split"},
      {"shift_add_bits", "width that the shift-and-add's and the adder's numbers stand for"},
      {"edram_access_energy", "energy of 32 bytes of eDRAM read or written"},
      {"edram_bytes", "bytes that the eDRAM's numbers stand for"},
      {"sram_access_energy", "energy of 32 bytes of SRAM read or written"},
      {"sram_bytes", "bytes that the SRAM's numbers stand for"},
      {"router_flit_energy", "energy of 32 bytes in one router with its link"},
      {"registers_bytes_input", "bytes that the input register's numbers stand for"},
      {"registers_bytes_output", "bytes that the output register's numbers stand for"},
      {"tile_output_register_bytes", "bytes that the tile output register's numbers stand for"},
      {"digital_clock", "rate at which requantizers and pooling units draw their power"},
      {"chip_link_rate", "bytes per second of one off-chip link"},
      {"links_per_chip", "off-chip links that the published link power and area stand for"},
      {"control_area_share", "clock tree and control: area over that of all other digital parts"},
      {"control_energy_share", "clock tree and control: energy over that of other digital parts"},
      {"write_voltage", "voltage of a programming pulse, where the device gives none"},
      {"write_pulse_time", "length of a programming pulse, where the device gives none"},
      {"write_pulses", "pulses to program a cell, where the device gives none"},
      {"write_endurance", "programmings that a cell survives, where the device gives none"},
      {"tiles_per_chip", "of the published chip"},
      {"imas_per_tile", "of the published tile"},
      {"arrays_per_ima", "of the published array unit"},
      {"adcs_per_ima", "of the published array unit"},
      {"row_drivers_per_ima", "of the published array unit"},
      {"shift_adds_per_ima", "of the published array unit"},
      {"sample_holds_per_ima", "of the published array unit"},
      {"tiles_per_router", "tiles that share a published router"},
      {"requantizers_per_tile", "of the published tile"}};
  add_direct(words, "row_driver", "one row's driver of one bit", "drive");
  add_direct(words, "line_driver", "one row's word-line driver beside its DAC", "drive");
  add_direct(words, "sample_hold", "one column's sample-and-hold", "hold");
  add_direct(words, "multiplexer", "one column's switch to a shared converter", "conversion");
  add_direct(words, "shift_add", "a shift-and-add", "addition");
  add_direct(words, "accumulator", "an adder of partial sums", "addition");
  add_direct(words, "input_register", "the published input register", "bit");
  add_direct(words, "output_register", "the published output register", "byte");
  add_direct(words, "tile_output_register", "the published tile output register", "byte");
  add_direct(words, "edram", "the published eDRAM buffer", "byte");
  add_direct(words, "sram", "the published SRAM buffer", "byte");
  add_direct(words, "tile_bus", "the published bus of a tile", "byte");
  add_direct(words, "router", "the published router", "flit");
  add_direct(words, "max_pool", "a pooling unit", "value");
  add_direct(words, "requantizer", "an activation and requantizing unit", "value");
  add_direct(words, "chip_link", "all published off-chip links", "byte");
  for (int bits = 1; bits <= kMostAdcBits; ++bits) {
    const std::string stem = "adc_" + std::to_string(bits) + "b_";
    words.push_back({stem + "energy", "energy of a conversion, model \"table\""});
    words.push_back({stem + "area", "area of the converter, model \"table\""});
  }
  return words;
}

}  // namespace

const std::vector<Word>& number_words() {
  static const std::vector<Word> words = make_number_words();
  return words;
}

const std::vector<Word>& status_words() {
  static const std::vector<Word> words = {
      {"seen", "read in the source"},
      {"measured_here", "found by running the source's program"},
      {"derived", "computed by a stated rule from other numbers"},
      {"from_memory", "recalled, not read again"},
      {"assumed", "no source"}};
  return words;
}

void declare(Fields& f, NumberOptions& o) {
  f.required().number("value", o.value, kNonNegative, "in `unit`");
  f.required().text("unit", o.unit, "m2, um2, W, mW, J, pJ, s, ns, Hz, GHz, F2, 1, ...");
  f.number("node_nm", o.node_nm, kNonNegative, "technology it stands for; 0: none");
  f.required().text("source", o.source, "who says so");
  f.word("status", o.status, status_words(), "how far it can be trusted");
  f.text("note", o.note, "what else is to be known");
}

void declare(Fields& f, ComponentOptions& o) {
  for (const Word& word : number_words()) {
    std::optional<NumberOptions> number;
    const auto known = o.numbers.find(word.name);
    if (known != o.numbers.end()) number = known->second;
    f.section(word.name, number, word.summary);
    if (number && f.is_reading()) o.numbers[word.name] = *number;
  }
}

}  // namespace ohmweave::power_area
