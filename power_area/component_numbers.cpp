// SPDX-License-Identifier: Apache-2.0
#include "power_area/component_numbers.h"

#include <cmath>
#include <map>
#include <sstream>
#include <utility>

#include "core/error.h"

namespace ohmweave::power_area {

namespace {

using Groups = std::vector<std::vector<std::string>>;

/// A dimension with its units (SI first) and the values that its numbers may take unless they have
/// a range of their own. A cost of 0 is one that is neglected; what others are divided by is not 0.
struct DimensionKind {
  Dimension dimension;
  std::string text;
  std::vector<std::pair<std::string, double>> units;  // with the factor to SI
  SiRange allowed;
};

const std::vector<DimensionKind>& dimension_kinds() {
  static const std::vector<DimensionKind> kinds = {
      {Dimension::Area, "an area", {{"m2", 1.0}, {"mm2", 1e-6}, {"um2", 1e-12}}, {0.0, 1.0}},
      {Dimension::CellArea, "an area in squared features", {{"F2", 1.0}}, {0.0, 1e6, true}},
      {Dimension::Power,
       "a power",
       {{"W", 1.0}, {"mW", 1e-3}, {"uW", 1e-6}, {"nW", 1e-9}},
       {0.0, 1e4}},
      {Dimension::Energy,
       "an energy",
       {{"J", 1.0}, {"nJ", 1e-9}, {"pJ", 1e-12}, {"fJ", 1e-15}},
       {0.0, 1.0}},
      {Dimension::Time, "a time", {{"s", 1.0}, {"us", 1e-6}, {"ns", 1e-9}}, {1e-12, 1e-2}},
      {Dimension::Rate, "a rate", {{"Hz", 1.0}, {"MHz", 1e6}, {"GHz", 1e9}}, {1e3, 1e12}},
      {Dimension::ByteRate, "a rate of bytes", {{"B/s", 1.0}, {"GB/s", 1e9}}, {1.0, 1e15}},
      {Dimension::Length, "a length", {{"m", 1.0}, {"um", 1e-6}, {"nm", 1e-9}}, {1e-9, 1e-4}},
      {Dimension::Voltage, "a voltage", {{"V", 1.0}}, {0.0, 100.0, true}},
      {Dimension::Capacitance, "a capacitance", {{"F", 1.0}, {"fF", 1e-15}}, {0.0, 1e-9}},
      {Dimension::LineCapacitance,
       "a capacitance per length",
       {{"F/m", 1.0}, {"fF/um", 1e-9}},
       {0.0, 1e-6}},
      {Dimension::Bytes, "an amount of bytes", {{"B", 1.0}}, {0.125, 1e12}},  // one bit at least
      {Dimension::Count, "a count", {{"1", 1.0}}, {1.0, 1e9}},
      {Dimension::Bits, "a number of bits", {{"1", 1.0}}, {1.0, 4096.0}},
      {Dimension::Share, "a share", {{"1", 1.0}}, {0.0, 1.0, false, true}},
      {Dimension::Ratio, "a ratio", {{"1", 1.0}}, {0.0, 100.0}}};
  return kinds;
}

const DimensionKind& kind_of(Dimension dimension) {
  for (const DimensionKind& kind : dimension_kinds())
    if (kind.dimension == dimension) return kind;
  OHMWEAVE_REQUIRE(false, "a dimension that is not in the table");
  return dimension_kinds().front();
}

/// A component that is described directly by <stem>_area, _leakage and _energy of an action, or by
/// its _power at its published rate in place of the last two.
struct Stem {
  std::string name;
  std::string what;
  std::string action;
  std::string other_energy;       // number that is taken where there is no <stem>_energy; or empty
  bool is_by_read_cycle = false;  // its power is of one action a read cycle
};

const std::vector<Stem>& stems() {
  static const std::vector<Stem> table = {
      {"row_driver", "one row's driver of one bit", "drive", "", true},
      {"line_driver", "one row's word-line driver beside its DAC", "drive", "", true},
      {"sample_hold", "one column's sample-and-hold", "hold", "", true},
      {"multiplexer", "one column's switch to a shared converter", "conversion", "", true},
      {"shift_add", "a shift-and-add", "addition", ""},
      {"accumulator", "an adder of partial sums", "addition", "shift_add_energy"},
      {"input_register", "the published input register", "bit", "", true},
      {"output_register", "the published output register", "byte", "", true},
      {"tile_output_register", "the published tile output register", "byte", "", true},
      {"edram", "the published eDRAM buffer", "byte", "edram_access_energy"},
      {"sram", "the published SRAM buffer", "byte", "sram_access_energy"},
      {"tile_bus", "the published bus of a tile", "byte", "", true},
      {"router", "the published router", "flit", "router_flit_energy"},
      {"max_pool", "a pooling unit", "value", ""},
      {"requantizer", "an activation and requantizing unit", "value", ""},
      {"chip_link", "all published off-chip links", "byte", ""}};
  return table;
}

std::vector<std::string> energies_of(const Stem& stem) {
  std::vector<std::string> keys = {stem.name + "_energy"};
  if (!stem.other_energy.empty()) keys.push_back(stem.other_energy);
  return keys;
}

/// The numbers of rate that energies go before: what one read cycle stands for.
Groups energies_by_read_cycle() {
  Groups groups;
  for (const Stem& stem : stems())
    if (stem.is_by_read_cycle) groups.push_back({stem.name + "_energy"});
  return groups;
}

/// What the common share of leakage is not needed for.
Groups all_split_powers() {
  Groups groups = {{"adc_leakage_share"}};
  for (const Stem& stem : stems()) {
    groups.push_back(energies_of(stem));
    groups.push_back({stem.name + "_leakage"});
  }
  return groups;
}

/// The table while it is written.
class Table {
 public:
  Table& add(const std::string& name, Dimension dimension, const std::string& summary) {
    keys_.push_back({name, summary, dimension, kind_of(dimension).allowed, "", {}, ""});
    return *this;
  }
  Table& within(SiRange allowed) {
    keys_.back().allowed = allowed;
    return *this;
  }
  Table& after(Groups groups) {
    keys_.back().goes_after = std::move(groups);
    return *this;
  }
  Table& beside(const std::string& partner) {
    keys_.back().partner = partner;
    return *this;
  }
  void instead(const std::string& taken) { keys_.back().taken_instead = taken; }
  [[nodiscard]] std::vector<NumberKey> take() { return std::move(keys_); }

 private:
  std::vector<NumberKey> keys_;
};

constexpr SiRange kPositiveArea{0.0, 1.0, true};
constexpr SiRange kConverterBits{1.0, kMostAdcBits};
constexpr SiRange kPositiveRatio{0.0, 100.0, true};

void add_arrays(Table& table) {
  table.add("feature_size", Dimension::Length, "side of the squares that cell areas are counted in")
      .after({{"cell_area"}});
  table.add("cell_crossbar", Dimension::CellArea, "area of a bare cell").after({{"cell_area"}});
  table.add("cell_1t1r", Dimension::CellArea, "area of a cell with its access transistor")
      .after({{"cell_area"}});
  table.add("cell_area", Dimension::Area, "area of a cell of any kind; goes before the two above")
      .within(kPositiveArea);
  table
      .add("array_power", Dimension::Power,
           "power of a whole 128 x 128 array at one read a read cycle")
      .instead("the cells' conductances at the read voltage of /device, and array_settle_time");
  table.add("array_area", Dimension::Area, "published area of a 128 x 128 array")
      .instead("cell_area, or cell_crossbar and cell_1t1r with feature_size");
  table
      .add("array_read_cycle", Dimension::Time,
           "time of one read of the source: one action a read cycle")
      .after(energies_by_read_cycle());
  table.add("array_settle_time", Dimension::Time, "published time of a read pulse");
  table.add("array_settle_bits", Dimension::Bits, "resolution that the read pulse is published for")
      .within(kConverterBits);
  table.add("wire_capacitance", Dimension::LineCapacitance, "capacitance of array wires");
  table.add("cell_capacitance", Dimension::Capacitance,
            "capacitance that one cell adds to its row and to its column");
}

void add_converters(Table& table) {
  table.add("adc_rate", Dimension::Rate, "conversions of a converter per second");
  table.add("adc_power", Dimension::Power, "power of the published converter")
      .instead(
          "adc_<bits>b_energy, adc_survey_energy_factor or adc_point_energy, by /chip/adc_model");
  table.add("adc_area", Dimension::Area, "area of the published converter")
      .instead("adc_<bits>b_area, adc_survey_area_factor or adc_point_area, by /chip/adc_model");
  table.add("adc_leakage_share", Dimension::Share, "share of a converter's power that is leakage");
  table.add("adc_point_bits", Dimension::Bits, "bits of the one converter of the model \"point\"")
      .within(kConverterBits);
  table.add("adc_point_energy", Dimension::Energy, "its energy of one conversion");
  table.add("adc_point_area", Dimension::Area, "its area");
  table
      .add("adc_survey_energy_factor", Dimension::Ratio,
           "factor on the energy of the model \"survey\"")
      .within(kPositiveRatio);
  table
      .add("adc_survey_area_factor", Dimension::Ratio, "factor on the area of the model \"survey\"")
      .within(kPositiveRatio);
  for (int bits = 1; bits <= kMostAdcBits; ++bits) {
    const std::string stem = "adc_" + std::to_string(bits) + "b_";
    table.add(stem + "energy", Dimension::Energy, "energy of a conversion, model \"table\"")
        .beside(stem + "area");
    table.add(stem + "area", Dimension::Area, "area of the converter, model \"table\"")
        .beside(stem + "energy");
  }
}

void add_digital(Table& table) {
  table
      .add("leakage_share", Dimension::Share,
           "share of a published power that is leakage, where it is not split")
      .after(all_split_powers());
  table.add("shift_add_bits", Dimension::Bits,
            "width that the shift-and-add's and the adder's numbers stand for");
  table.add("edram_access_energy", Dimension::Energy, "energy of 32 bytes of eDRAM read or written")
      .after({{"edram_energy"}});
  table.add("edram_bytes", Dimension::Bytes, "what the eDRAM's numbers stand for");
  table.add("sram_access_energy", Dimension::Energy, "energy of 32 bytes of SRAM read or written")
      .after({{"sram_energy"}});
  table.add("sram_bytes", Dimension::Bytes, "what the SRAM's numbers stand for");
  table
      .add("router_flit_energy", Dimension::Energy,
           "energy of 32 bytes in one router with its link")
      .after({{"router_energy"}});
  table.add("registers_bytes_input", Dimension::Bytes,
            "what the input register's numbers stand for");
  table.add("registers_bytes_output", Dimension::Bytes,
            "what the output register's numbers stand for");
  table.add("tile_output_register_bytes", Dimension::Bytes,
            "what the tile output register's numbers stand for");
  table
      .add("digital_clock", Dimension::Rate,
           "rate at which requantizers and pooling units draw their power")
      .after({{"max_pool_energy"}, {"requantizer_energy"}});
  table.add("chip_link_rate", Dimension::ByteRate, "of one off-chip link");
  table.add("links_per_chip", Dimension::Count,
            "off-chip links that the published link power and area stand for");
  table.add("control_area_share", Dimension::Ratio,
            "clock tree and control: area over that of all other digital parts");
  table.add("control_energy_share", Dimension::Ratio,
            "clock tree and control: energy over that of other digital parts");
}

void add_writing(Table& table) {
  table.add("write_voltage", Dimension::Voltage,
            "voltage of a programming pulse, where the device gives none");
  table.add("write_pulse_time", Dimension::Time,
            "length of a programming pulse, where the device gives none");
  table.add("write_pulses", Dimension::Count,
            "pulses to program a cell, where the device gives none");
  table
      .add("write_endurance", Dimension::Count,
           "programmings that a cell survives, where the device gives none")
      .within({1.0, 1e18});
}

void add_published_counts(Table& table) {
  table.add("tiles_per_chip", Dimension::Count, "of the published chip")
      .instead("the tiles of the mapped network");
  table.add("imas_per_tile", Dimension::Count, "of the published tile");
  table.add("arrays_per_ima", Dimension::Count, "of the published array unit");
  table.add("adcs_per_ima", Dimension::Count, "of the published array unit")
      .instead("/chip/columns_per_adc");
  table.add("row_drivers_per_ima", Dimension::Count, "of the published array unit")
      .after({{"input_register_energy"}, {"tile_bus_energy"}});
  table.add("shift_adds_per_ima", Dimension::Count, "of the published array unit")
      .instead("/chip/columns_per_adc, one behind each converter");
  table.add("sample_holds_per_ima", Dimension::Count, "of the published array unit")
      .instead("/array/cols, one a column");
  table.add("tiles_per_router", Dimension::Count, "tiles that share a published router");
  table.add("requantizers_per_tile", Dimension::Count, "of the published tile")
      .instead("/chip/vector_lanes");
}

void add_direct(Table& table, const Stem& stem) {
  table.add(stem.name + "_area", Dimension::Area, "area of " + stem.what);
  table.add(stem.name + "_leakage", Dimension::Power, "leakage of " + stem.what);
  table.add(stem.name + "_energy", Dimension::Energy, "energy of one " + stem.action);
  table
      .add(stem.name + "_power", Dimension::Power,
           "power of " + stem.what + " at its published rate")
      .after({energies_of(stem), {stem.name + "_leakage"}});
}

std::vector<NumberKey> make_number_keys() {
  Table table;
  add_arrays(table);
  add_converters(table);
  add_digital(table);
  add_writing(table);
  add_published_counts(table);
  for (const Stem& stem : stems()) add_direct(table, stem);
  return table.take();
}

std::string shown(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

bool contains(const SiRange& range, double si) {
  return (range.low_excluded ? si > range.low : si >= range.low) &&
         (range.high_excluded ? si < range.high : si <= range.high);
}

}  // namespace

const std::vector<NumberKey>& number_keys() {
  static const std::vector<NumberKey> keys = make_number_keys();
  return keys;
}

const NumberKey* find_number_key(const std::string& name) {
  static const std::map<std::string, const NumberKey*> by_name = [] {
    std::map<std::string, const NumberKey*> found;
    for (const NumberKey& key : number_keys()) found[key.name] = &key;
    return found;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

double unit_factor(const std::string& unit) {
  for (const DimensionKind& kind : dimension_kinds())
    for (const auto& [name, factor] : kind.units)
      if (name == unit) return factor;
  return 0.0;
}

std::string dimension_text(Dimension dimension) {
  const DimensionKind& kind = kind_of(dimension);
  std::string text = kind.text + " in ";
  for (std::size_t i = 0; i < kind.units.size(); ++i) {
    if (i > 0) text += i + 1 == kind.units.size() ? " or " : ", ";
    text += kind.units[i].first;
  }
  return text;
}

std::optional<NumberProblem> number_problem(const NumberKey& key, double value,
                                            const std::string& unit) {
  const DimensionKind& kind = kind_of(key.dimension);
  double factor = 0.0;
  for (const auto& [name, to_si] : kind.units)
    if (name == unit) factor = to_si;
  if (factor == 0.0) return NumberProblem{"unit", "must be " + dimension_text(key.dimension)};
  const SiRange& range = key.allowed;
  const bool is_whole = key.dimension != Dimension::Bits || std::floor(value) == value;
  if (contains(range, value * factor) && is_whole) return std::nullopt;
  const bool is_bits = key.dimension == Dimension::Bits;
  return NumberProblem{"value", std::string("must be ") + (is_bits ? "a whole number " : "") +
                                    "in " + (range.low_excluded ? "(" : "[") +
                                    shown(range.low / factor) + ", " + shown(range.high / factor) +
                                    (range.high_excluded ? ")" : "]") +
                                    (unit == "1" ? "" : " " + unit)};
}

}  // namespace ohmweave::power_area
