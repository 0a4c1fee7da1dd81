// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/digital.h"

#include "core/error.h"

namespace ohmweave::power_area {

namespace {

constexpr double kPublishedAdderBits = 16.0;
constexpr double kBitsPerByte = 8.0;

/// A component from one published power figure: `share` of it leaks, the rest is spent on
/// `actions_per_s` actions. `scale`: this instance over the published one.
struct FromPower {
  std::string name;
  std::string action;
  std::string area_key;
  std::string power_key;
  double scale = 1.0;
  double actions_per_s = 1.0;  // of the instance of the published size
  std::string rule;
};

Component from_power(const ComponentLibrary& library, const FromPower& how) {
  const double share = leakage_share(library);
  const double power_w = library.si(how.power_key);
  Component c;
  c.name = how.name;
  c.action = how.action;
  c.area_m2 = how.scale * library.si(how.area_key);
  c.leakage_w = how.scale * share * power_w;
  c.energy_j = (1.0 - share) * power_w / how.actions_per_s;
  c.node_nm = library.record(how.power_key).node_nm;
  c.source = library.citation(how.power_key) + "; derived: " + how.rule +
             "; leakage derived: share of the power by " + library.citation("leakage_share");
  return c;
}

double reads_per_s(const ComponentLibrary& library) { return 1.0 / library.si("array_read_cycle"); }

struct AdderKeys {
  const char* name;
  const char* area;
  const char* power;
};

/// Area and leakage from the adder's own numbers, energy from the shift-and-add's.
Component adder(const ComponentLibrary& library, const Size& size, const AdderKeys& keys) {
  const double scale = size.bits / kPublishedAdderBits;
  Component c =
      from_power(library, {keys.name, "addition", keys.area, keys.power, scale, 1.0,
                           "linear in bits; energy " + library.citation("shift_add_energy")});
  c.energy_j = scale * library.si("shift_add_energy");
  return c;
}

}  // namespace

Component shift_add(const ComponentLibrary& library, const Size& size) {
  return adder(library, size, {"shift_add", "shift_add_area", "shift_add_power"});
}

Component accumulator(const ComponentLibrary& library, const Size& size) {
  return adder(library, size, {"accumulator", "accumulator_area", "accumulator_power"});
}

Component input_register(const ComponentLibrary& library, const Size& size) {
  return from_power(library,
                    {"input_register", "bit", "input_register_area", "input_register_power",
                     size.bytes / library.si("registers_bytes_input"),
                     library.si("row_drivers_per_ima") * reads_per_s(library),
                     "linear in bytes; one bit for every row driver in a read cycle"});
}

Component output_register(const ComponentLibrary& library, const Size& size) {
  return from_power(library,
                    {"output_register", "byte", "output_register_area", "output_register_power",
                     size.bytes / library.si("registers_bytes_output"),
                     library.si("registers_bytes_output") * reads_per_s(library),
                     "linear in bytes; every byte written once in a read cycle"});
}

Component tile_output_register(const ComponentLibrary& library, const Size& size) {
  return from_power(
      library, {"tile_output_register", "byte", "tile_output_register_area",
                "tile_output_register_power", size.bytes / library.si("tile_output_register_bytes"),
                library.si("tile_output_register_bytes") * reads_per_s(library),
                "linear in bytes; every byte written once in a read cycle"});
}

Component edram_buffer(const ComponentLibrary& library, const Size& size) {
  Component c = from_power(
      library,
      {"edram_buffer", "byte", "edram_area", "edram_power", size.bytes / library.si("edram_bytes"),
       1.0,
       "linear in bytes; energy " + library.citation("edram_access_energy") + " over 32 bytes"});
  c.energy_j = library.si("edram_access_energy") / kFlitBytes;
  return c;
}

Component tile_bus(const ComponentLibrary& library, const Size&) {
  const double arrays = library.si("imas_per_tile") * library.si("arrays_per_ima");
  const double bits_per_read = library.si("imas_per_tile") * library.si("row_drivers_per_ima");
  return from_power(library, {"tile_bus", "byte", "tile_bus_area", "tile_bus_power", 1.0 / arrays,
                              bits_per_read / kBitsPerByte * reads_per_s(library),
                              "area and leakage shared by the arrays of a tile; one bit for every "
                              "row driver of the tile in a read cycle"});
}

Component router(const ComponentLibrary& library, const Size&) {
  Component c =
      from_power(library, {"router", "flit_hop", "router_area", "router_power",
                           1.0 / library.si("tiles_per_router"), 1.0,
                           "one tile's share; energy " + library.citation("router_flit_energy")});
  c.energy_j = library.si("router_flit_energy");
  return c;
}

Component pooling_unit(const ComponentLibrary& library, const Size&) {
  return from_power(library, {"pooling_unit", "value", "max_pool_area", "max_pool_power", 1.0,
                              library.si("digital_clock"), "one value a cycle of the clock"});
}

Component requantizer(const ComponentLibrary& library, const Size&) {
  return from_power(library, {"requantizer", "value", "requantizer_area", "requantizer_power", 1.0,
                              library.si("digital_clock"),
                              "the published sigmoid unit stands for it; one value a cycle"});
}

}  // namespace ohmweave::power_area
