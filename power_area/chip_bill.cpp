// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_bill.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "power_area/tile_costs.h"

namespace ohmweave::power_area {

namespace {

constexpr double kBitsPerByte = 8.0;

/// The components of arrays with converters and registers of some width.
struct ArrayParts {
  Component cells, driver, hold, converter, shift_add, input_register, output_register, bus;
  std::optional<Component> line_driver, multiplexer;  // where the library has them
};

ArrayParts array_parts(const SimulatedChip& chip, const ComponentLibrary& library,
                       std::pair<int, int> widths) {
  const auto [adc_bits, input_bits] = widths;
  const crossbar::ArrayOptions& array = chip.circuits.array;
  const int accumulator_bits = chip.circuits.chip.accumulator_bits;
  Size size;
  size.rows = array.rows;
  size.cols = array.cols;
  size.has_transistor = array.topology != crossbar::Topology::Passive;
  size.adc_model = chip.circuits.chip.adc_model;
  const auto make = [&](const char* name, int bits, double bytes) {
    size.bits = bits;
    size.bytes = bytes;
    return make_component(name, library, size);
  };
  ArrayParts parts{
      make("crossbar_cells", 1, 1.0),
      make("row_driver", chip.circuits.dac.bits, 1.0),
      make("sample_hold", 1, 1.0),
      make("adc", adc_bits + 1, 1.0),
      make("shift_add", accumulator_bits, 1.0),
      make("input_register", 1,
           static_cast<double>(array.num_inputs()) * input_bits / kBitsPerByte),
      make("output_register", 1, static_cast<double>(array.cols) * accumulator_bits / kBitsPerByte),
      make("tile_bus", 1, 1.0),
      {},
      {}};
  if (!library.leaves_out("line_driver")) parts.line_driver = make("line_driver", 1, 1.0);
  if (!library.leaves_out("multiplexer")) parts.multiplexer = make("multiplexer", 1, 1.0);
  parts.converter.name += "_" + std::to_string(adc_bits + 1) + "b";
  return parts;
}

/// Physical arrays on each tile.
std::vector<int> arrays_on_tiles(const mapping::Placement& placement) {
  std::vector<int> held(placement.tiles.size(), 0);
  for (const mapping::Array& array : placement.arrays) ++held[array.tile];
  return held;
}

/// Enters all that one chip costs; components are made once for arrays of the same widths.
class Biller {
 public:
  Biller(const SimulatedChip& chip, const ComponentLibrary& library)
      : chip_(chip), library_(library), num_tiles_(chip.mapped.placement.tiles.size()) {
    bill_.ledger = Ledger(control_shares(library));
  }

  Bill build() {
    const std::vector<double> tiles_m2 = add_tile_instances(chip_, library_, bill_.ledger);
    const std::vector<double> arrays_m2 = add_all_arrays();
    bill_.floorplan.off_chip_area_m2 = add_off_chip_links(chip_, library_, bill_.ledger);
    bill_.floorplan.built_area_m2 = bill_.ledger.total().area_m2;
    plan_floor(tiles_m2, arrays_m2);
    add_array_actions();
    add_tile_actions(chip_, library_, bill_.ledger);
    return std::move(bill_);
  }

 private:
  const ArrayParts& parts_of(int adc_bits, int input_bits) {
    const std::pair<int, int> widths{adc_bits, input_bits};
    const auto known = parts_.find(widths);
    if (known != parts_.end()) return known->second;
    return parts_.emplace(widths, array_parts(chip_, library_, widths)).first->second;
  }

  /// Enters the arrays of all layers; returns what they take of each tile, with their share of
  /// everything.
  std::vector<double> add_all_arrays() {
    std::vector<double> area_m2(num_tiles_, 0.0);
    for (std::size_t p = 0; p < chip_.plans.size(); ++p)
      for (const TileShare& share : chip_.plans[p].shares)
        for (const ArrayShare& arrays : share.arrays)
          area_m2[share.tile] += add_arrays({static_cast<int>(p), share.tile}, arrays);
    return area_m2;
  }

  double add_arrays(Place place, const ArrayShare& share) {
    const ArrayParts& parts = parts_of(share.adc_bits, share.input_bits);
    const crossbar::ArrayOptions& array = chip_.circuits.array;
    const int per_adc = chip_.circuits.chip.columns_per_adc;
    // Converters and what follows them serve a slice's pair, or its one array.
    const double slices_per_array = 1.0 / chip_.mapped.placement.geometry.arrays_per_slice();
    const int adcs_per_slice = (array.cols + per_adc - 1) / per_adc;
    const double adcs_per_array = adcs_per_slice * slices_per_array;
    double area_m2 = 0.0;
    const auto add = [&](const Component& component, PartGroup group, double per_array) {
      area_m2 += bill_.ledger.add_instances(component, group, place, share.num_arrays * per_array);
    };
    add(parts.cells, PartGroup::Array, 1.0);
    const int drivers = array.num_inputs() * array.drivers_per_input();
    add(parts.driver, PartGroup::Array, drivers);
    if (parts.line_driver) add(*parts.line_driver, PartGroup::Array, drivers);
    add(parts.hold, PartGroup::Array, array.cols);
    if (parts.multiplexer) add(*parts.multiplexer, PartGroup::Array, array.cols);
    add(parts.converter, PartGroup::Converter, adcs_per_array);
    add(parts.shift_add, PartGroup::Digital, adcs_per_array);
    add(parts.input_register, PartGroup::Digital, 1.0);
    add(parts.output_register, PartGroup::Digital, slices_per_array);
    add(parts.bus, PartGroup::Digital, 1.0);
    return area_m2;
  }

  void add_array_actions() {
    for (std::size_t s = 0; s < chip_.pipeline.roles.size(); ++s) {
      const int p = chip_.pipeline.roles[s].plan;
      if (p < 0) continue;
      const PipelineNode& stage = chip_.pipeline.model.nodes[s];
      for (std::size_t u = 0; u < chip_.plans[p].shares.size(); ++u) {
        const double windows = static_cast<double>(chip_.result.nodes[s].units[u].windows) /
                               chip_.pipeline.model.num_inferences;
        const double windows_per_s =
            chip_.circuits.chip.clock_hz / static_cast<double>(stage.units[u].cycles_per_window);
        add_share_actions(p, u, windows, windows_per_s);
      }
    }
  }

  void add_share_actions(int p, std::size_t u, double windows, double windows_per_s) {
    const ArrayParts& parts = parts_of(chip_.plans[p].adc_bits, chip_.plans[p].input_bits);
    const TileShare& share = chip_.plans[p].shares[u];
    const WindowActions& window = share.window;
    const NonzeroShares& nonzero = chip_.nonzero[p];
    const Place place{p, share.tile};
    const auto charge = [&](const Component& component, PartGroup group, double per_window) {
      bill_.ledger.add_actions(component, group, place, windows * per_window,
                               windows_per_s * per_window);
    };
    Cost cells;
    cells.dynamic_j = windows * chip_.share_energies_j[p][u];
    cells.peak_w = windows_per_s * chip_.share_energies_j[p][u];
    bill_.ledger.add({parts.cells.name, PartGroup::Array, parts.cells.source, cells}, place);
    const double drives = nonzero.digits[u] * static_cast<double>(window.drives);
    const double conversions = nonzero.reads * static_cast<double>(window.conversions);
    const double words = nonzero.reads * static_cast<double>(window.register_words);
    charge(parts.driver, PartGroup::Array, drives);
    if (parts.line_driver) charge(*parts.line_driver, PartGroup::Array, drives);
    charge(parts.hold, PartGroup::Array, nonzero.reads * static_cast<double>(window.holds));
    if (parts.multiplexer) charge(*parts.multiplexer, PartGroup::Array, conversions);
    charge(parts.converter, PartGroup::Converter, conversions);
    charge(parts.shift_add, PartGroup::Digital, conversions);
    charge(parts.input_register, PartGroup::Digital, static_cast<double>(window.input_bits));
    charge(parts.output_register, PartGroup::Digital,
           words * chip_.circuits.chip.accumulator_bits / kBitsPerByte);
    charge(parts.bus, PartGroup::Digital, static_cast<double>(window.bus_bits) / kBitsPerByte);
  }

  /// Finds the size of a mesh position and enters what is not built on it.
  void plan_floor(const std::vector<double>& tiles_m2, const std::vector<double>& arrays_m2) {
    Floorplan& floor = bill_.floorplan;
    const PipelineModel& mesh = chip_.pipeline.model;
    floor.num_positions = mesh.mesh_width * mesh.mesh_height;
    const std::vector<int> held = arrays_on_tiles(chip_.mapped.placement);
    std::vector<double> unused_m2;
    for (std::size_t t = 0; t < num_tiles_; ++t) {
      const int unused = chip_.circuits.arrays_per_tile - held[t];
      unused_m2.push_back(held[t] == 0 ? 0.0 : unused * arrays_m2[t] / held[t]);
      floor.num_unused_arrays += unused;
      floor.unused_positions_area_m2 += unused_m2[t];
      floor.pitch_area_m2 =
          std::max(floor.pitch_area_m2, tiles_m2[t] + arrays_m2[t] + unused_m2[t]);
    }
    for (std::size_t t = 0; t < num_tiles_; ++t) {
      const Place place{kNoLayer, static_cast<int>(t)};
      add_white_space("white_space_unused_array_positions",
                      chip_.circuits.arrays_per_tile - held[t], unused_m2[t], place);
      add_white_space("white_space_mesh", 1.0,
                      // The same sum as above: exactly 0 on the largest tile.
                      floor.pitch_area_m2 - (tiles_m2[t] + arrays_m2[t] + unused_m2[t]), place);
    }
    const int empty = floor.num_positions - static_cast<int>(num_tiles_);
    const double routers_m2 = bill_.ledger.tile(kNoTile).area_m2 - floor.off_chip_area_m2;
    add_white_space("white_space_mesh", empty, empty * floor.pitch_area_m2 - routers_m2, {});
  }

  void add_white_space(const std::string& name, double count, double area_m2, Place place) {
    Cost cost;
    cost.count = count;
    cost.area_m2 = area_m2;
    const bool is_mesh = name == "white_space_mesh";
    bill_.ledger.add({name, PartGroup::WhiteSpace,
                      is_mesh ? "derived: mesh positions, each as large as the largest tile, less "
                                "what is built or reserved on them"
                              : "derived: room for the arrays a tile does not hold, each as large "
                                "as the tile's average array; nothing is built there",
                      cost},
                     place);
  }

  const SimulatedChip& chip_;
  const ComponentLibrary& library_;
  std::size_t num_tiles_;
  std::map<std::pair<int, int>, ArrayParts> parts_;  // by converter and input bits
  Bill bill_;
};

}  // namespace

Bill bill_chip(const SimulatedChip& chip, const ComponentLibrary& library) {
  OHMWEAVE_REQUIRE(!chip.mapped.placement.tiles.empty(), "a chip without tiles");
  return Biller(chip, library).build();
}

Bill bill_chip(const SimulatedChip& chip) { return bill_chip(chip, chip.library); }

}  // namespace ohmweave::power_area
