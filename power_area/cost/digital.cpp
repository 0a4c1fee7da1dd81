// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/digital.h"

#include "power_area/cost/published.h"

namespace ohmweave::power_area {

namespace {

constexpr double kBitsPerByte = 8.0;

double reads_per_s(const ComponentLibrary& library) { return 1.0 / library.si("array_read_cycle"); }

/// Energy from the adder's own number, else the shift-and-add's.
Component adder(const ComponentLibrary& library, const Size& size, const std::string& name) {
  const double scale = size.bits / library.si("shift_add_bits");
  return from_published(
      library, {name, "addition", name, scale, scale, "linear in bits", {}, "shift_add_energy"});
}

/// A memory of size.bytes: area and leakage linear in bytes from the published capacity; energy per
/// byte from <stem>_energy, else from <stem>_access_energy for a flit.
Component memory(const ComponentLibrary& library, const Size& size, const std::string& stem) {
  const bool is_by_byte = library.contains(stem + "_energy");
  return from_published(library, {stem + "_buffer",
                                  "byte",
                                  stem,
                                  size.bytes / library.si(stem + "_bytes"),
                                  is_by_byte ? 1.0 : 1.0 / kFlitBytes,
                                  "linear in bytes; an access is of 32 bytes",
                                  {},
                                  stem + "_access_energy"});
}

/// A register of size.bytes, each written once in a published read cycle.
Component written_register(const ComponentLibrary& library, const Size& size,
                           const std::string& name, const std::string& bytes_key) {
  return from_published(
      library,
      {name, "byte", name, size.bytes / library.si(bytes_key), 1.0,
       "linear in bytes; every byte written once in a read cycle",
       [&library, bytes_key] { return library.si(bytes_key) * reads_per_s(library); }, ""});
}

}  // namespace

Component shift_add(const ComponentLibrary& library, const Size& size) {
  return adder(library, size, "shift_add");
}

Component accumulator(const ComponentLibrary& library, const Size& size) {
  return adder(library, size, "accumulator");
}

Component input_register(const ComponentLibrary& library, const Size& size) {
  return from_published(
      library,
      {"input_register", "bit", "input_register", size.bytes / library.si("registers_bytes_input"),
       1.0, "linear in bytes; one bit for every row driver in a read cycle",
       [&library] { return library.si("row_drivers_per_ima") * reads_per_s(library); }, ""});
}

Component output_register(const ComponentLibrary& library, const Size& size) {
  return written_register(library, size, "output_register", "registers_bytes_output");
}

Component tile_output_register(const ComponentLibrary& library, const Size& size) {
  return written_register(library, size, "tile_output_register", "tile_output_register_bytes");
}

Component edram_buffer(const ComponentLibrary& library, const Size& size) {
  return memory(library, size, "edram");
}

Component sram_buffer(const ComponentLibrary& library, const Size& size) {
  return memory(library, size, "sram");
}

Component tile_bus(const ComponentLibrary& library, const Size&) {
  const double arrays = library.si("imas_per_tile") * library.si("arrays_per_ima");
  const auto bytes_per_s = [&library] {
    return library.si("imas_per_tile") * library.si("row_drivers_per_ima") / kBitsPerByte *
           reads_per_s(library);
  };
  return from_published(library, {"tile_bus", "byte", "tile_bus", 1.0 / arrays, 1.0,
                                  "area and leakage shared by the arrays of a tile; one bit for "
                                  "every row driver of the tile in a read cycle",
                                  bytes_per_s, ""});
}

Component router(const ComponentLibrary& library, const Size&) {
  return from_published(library, {"router",
                                  "flit_hop",
                                  "router",
                                  1.0 / library.si("tiles_per_router"),
                                  1.0,
                                  "one tile's share",
                                  {},
                                  "router_flit_energy"});
}

Component pooling_unit(const ComponentLibrary& library, const Size&) {
  return from_published(
      library, {"pooling_unit", "value", "max_pool", 1.0, 1.0, "one value a cycle of the clock",
                [&library] { return library.si("digital_clock"); }, ""});
}

Component requantizer(const ComponentLibrary& library, const Size&) {
  return from_published(library, {"requantizer", "value", "requantizer", 1.0, 1.0,
                                  "an activation unit stands for it; one value a cycle",
                                  [&library] { return library.si("digital_clock"); }, ""});
}

Component off_chip_link(const ComponentLibrary& library, const Size&) {
  const double links = library.si("links_per_chip");
  return from_published(
      library, {"off_chip_link", "byte", "chip_link", 1.0 / links, 1.0,
                "one of the published links; a byte of every link in each period of its rate",
                [&library, links] { return links * library.si("chip_link_rate"); }, ""});
}

}  // namespace ohmweave::power_area
