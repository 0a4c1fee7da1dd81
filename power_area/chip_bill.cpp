// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_bill.h"

#include <algorithm>
#include <optional>
#include <string>

#include "core/error.h"
#include "power_area/tile_costs.h"

namespace ohmweave::power_area {

namespace {

constexpr double kBitsPerByte = 8.0;

/// The components of a layer's arrays.
struct ArrayParts {
  Component cells, driver, hold, converter, shift_add, input_register, output_register, bus;
  std::optional<Component> line_driver, multiplexer;  // where the library has them
};

ArrayParts array_parts(const SimulatedChip& chip, const ComponentLibrary& library,
                       const LayerPlan& plan) {
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
      make("adc", plan.adc_bits + 1, 1.0),
      make("shift_add", accumulator_bits, 1.0),
      make("input_register", 1, static_cast<double>(array.rows) * plan.input_bits / kBitsPerByte),
      make("output_register", 1, static_cast<double>(array.cols) * accumulator_bits / kBitsPerByte),
      make("tile_bus", 1, 1.0),
      {},
      {}};
  if (!library.leaves_out("line_driver")) parts.line_driver = make("line_driver", 1, 1.0);
  if (!library.leaves_out("multiplexer")) parts.multiplexer = make("multiplexer", 1, 1.0);
  parts.converter.name += "_" + std::to_string(plan.adc_bits + 1) + "b";
  return parts;
}

/// Enters all that one chip costs; components are made once a layer.
class Biller {
 public:
  Biller(const SimulatedChip& chip, const ComponentLibrary& library)
      : chip_(chip), library_(library), arrays_(arrays_by_tile(chip)) {
    bill_.ledger = Ledger(control_shares(library));
    for (const LayerPlan& plan : chip.plans)
      parts_.push_back(plan.num_arrays == 0 ? std::optional<ArrayParts>()
                                            : array_parts(chip, library, plan));
  }

  Bill build() {
    std::vector<double> tiles_m2 = add_tile_instances(chip_, library_, bill_.ledger);
    std::vector<double> arrays_m2;
    for (std::size_t t = 0; t < arrays_.size(); ++t)
      arrays_m2.push_back(add_arrays(static_cast<int>(t)));
    bill_.floorplan.off_chip_area_m2 = add_off_chip_links(chip_, library_, bill_.ledger);
    bill_.floorplan.built_area_m2 = bill_.ledger.total().area_m2;
    plan_floor(tiles_m2, arrays_m2);
    add_array_actions();
    add_tile_actions(chip_, library_, bill_.ledger);
    return std::move(bill_);
  }

 private:
  /// Enters the arrays on a tile; returns their area with their share of everything.
  double add_arrays(int tile) {
    double area_m2 = 0.0;
    for (std::size_t p = 0; p < chip_.plans.size(); ++p)
      if (arrays_[tile][p] > 0)
        area_m2 += add_layer_arrays({static_cast<int>(p), tile}, arrays_[tile][p]);
    return area_m2;
  }

  double add_layer_arrays(Place place, double arrays) {
    const ArrayParts& parts = *parts_[place.layer];
    const crossbar::ArrayOptions& array = chip_.circuits.array;
    const int per_adc = chip_.circuits.chip.columns_per_adc;
    const double adcs_per_array = (array.cols + per_adc - 1) / per_adc / 2.0;
    double area_m2 = 0.0;
    const auto add = [&](const Component& component, PartGroup group, double per_array) {
      area_m2 += bill_.ledger.add_instances(component, group, place, arrays * per_array);
    };
    add(parts.cells, PartGroup::ArrayAndConverter, 1.0);
    add(parts.driver, PartGroup::ArrayAndConverter, array.rows);
    if (parts.line_driver) add(*parts.line_driver, PartGroup::ArrayAndConverter, array.rows);
    add(parts.hold, PartGroup::ArrayAndConverter, array.cols);
    if (parts.multiplexer) add(*parts.multiplexer, PartGroup::ArrayAndConverter, array.cols);
    add(parts.converter, PartGroup::ArrayAndConverter, adcs_per_array);
    add(parts.shift_add, PartGroup::Digital, adcs_per_array);
    add(parts.input_register, PartGroup::Digital, 1.0);
    add(parts.output_register, PartGroup::Digital, 0.5);
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
    const ArrayParts& parts = *parts_[p];
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
    bill_.ledger.add({parts.cells.name, PartGroup::ArrayAndConverter, parts.cells.source, cells},
                     place);
    const double drives = nonzero.digits * static_cast<double>(window.drives);
    const double conversions = nonzero.reads * static_cast<double>(window.conversions);
    const double sums = nonzero.windows * static_cast<double>(window.sums);
    charge(parts.driver, PartGroup::ArrayAndConverter, drives);
    if (parts.line_driver) charge(*parts.line_driver, PartGroup::ArrayAndConverter, drives);
    charge(parts.hold, PartGroup::ArrayAndConverter,
           nonzero.reads * static_cast<double>(window.holds));
    if (parts.multiplexer) charge(*parts.multiplexer, PartGroup::ArrayAndConverter, conversions);
    charge(parts.converter, PartGroup::ArrayAndConverter, conversions);
    charge(parts.shift_add, PartGroup::Digital, conversions);
    charge(parts.input_register, PartGroup::Digital, static_cast<double>(window.input_bits));
    charge(parts.output_register, PartGroup::Digital,
           sums * chip_.circuits.chip.accumulator_bits / kBitsPerByte);
    charge(parts.bus, PartGroup::Digital, static_cast<double>(window.bus_bits) / kBitsPerByte);
  }

  /// Finds the size of a mesh position and enters what is not built on it.
  void plan_floor(const std::vector<double>& tiles_m2, const std::vector<double>& arrays_m2) {
    Floorplan& floor = bill_.floorplan;
    const PipelineModel& mesh = chip_.pipeline.model;
    floor.num_positions = mesh.mesh_width * mesh.mesh_height;
    std::vector<int> unused;
    std::vector<double> unused_m2;
    for (std::size_t t = 0; t < arrays_.size(); ++t) {
      int held = 0;
      for (const int arrays : arrays_[t]) held += arrays;
      unused.push_back(chip_.circuits.arrays_per_tile - held);
      unused_m2.push_back(held == 0 ? 0.0 : unused[t] * arrays_m2[t] / held);
      floor.num_unused_arrays += unused[t];
      floor.unused_positions_area_m2 += unused_m2[t];
      floor.pitch_area_m2 =
          std::max(floor.pitch_area_m2, tiles_m2[t] + arrays_m2[t] + unused_m2[t]);
    }
    for (std::size_t t = 0; t < arrays_.size(); ++t) {
      const Place place{kNoLayer, static_cast<int>(t)};
      const double built_m2 = tiles_m2[t] + arrays_m2[t];
      add_white_space("white_space_unused_array_positions", unused[t], unused_m2[t], place);
      add_white_space("white_space_mesh", 1.0, floor.pitch_area_m2 - built_m2 - unused_m2[t],
                      place);
    }
    const int empty = floor.num_positions - static_cast<int>(arrays_.size());
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
  std::vector<std::vector<int>> arrays_;  // [tile][plan]
  std::vector<std::optional<ArrayParts>> parts_;
  Bill bill_;
};

}  // namespace

Bill bill_chip(const SimulatedChip& chip, const ComponentLibrary& library) {
  OHMWEAVE_REQUIRE(!chip.mapped.placement.tiles.empty(), "a chip without tiles");
  return Biller(chip, library).build();
}

Bill bill_chip(const SimulatedChip& chip) { return bill_chip(chip, chip.library); }

}  // namespace ohmweave::power_area
