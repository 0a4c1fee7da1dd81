// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_bill.h"

#include <algorithm>
#include <map>
#include <numeric>
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
};

ArrayParts array_parts(const SimulatedChip& chip, int adc_bits, int input_bits) {
  const crossbar::ArrayOptions& array = chip.circuits.array;
  const int accumulator_bits = chip.circuits.chip.accumulator_bits;
  Size size;
  size.rows = array.rows;
  size.cols = array.cols;
  size.has_transistor = array.topology != crossbar::Topology::Passive;
  const auto make = [&](const char* name, int bits, double bytes) {
    size.bits = bits;
    size.bytes = bytes;
    return make_component(name, chip.library, size);
  };
  ArrayParts parts{
      make("crossbar_cells", 1, 1.0),
      make("row_driver", chip.circuits.dac.bits, 1.0),
      make("sample_hold", 1, 1.0),
      make("adc", adc_bits + 1, 1.0),
      make("shift_add", accumulator_bits, 1.0),
      make("input_register", 1, static_cast<double>(array.rows) * input_bits / kBitsPerByte),
      make("output_register", 1, static_cast<double>(array.cols) * accumulator_bits / kBitsPerByte),
      make("tile_bus", 1, 1.0)};
  parts.converter.name += "_" + std::to_string(adc_bits + 1) + "b";
  return parts;
}

int adcs_per_pair(const Circuits& circuits) {
  return (circuits.array.cols + circuits.chip.columns_per_adc - 1) / circuits.chip.columns_per_adc;
}

/// Enters arrays of a layer; returns the area of one with its share of everything.
double add_array_instances(const SimulatedChip& chip, int p, const ArrayShare& share,
                           Ledger& ledger) {
  const ArrayParts parts = array_parts(chip, share.adc_bits, share.input_bits);
  const double adcs_per_array = adcs_per_pair(chip.circuits) / 2.0;
  double area_m2 = 0.0;
  const auto add = [&](const Component& component, PartGroup group, double per_array) {
    ledger.add_instances(component, group, p, share.num_arrays * per_array);
    area_m2 += per_array * component.area_m2;
  };
  add(parts.cells, PartGroup::ArrayAndConverter, 1.0);
  add(parts.driver, PartGroup::ArrayAndConverter, chip.circuits.array.rows);
  add(parts.hold, PartGroup::ArrayAndConverter, chip.circuits.array.cols);
  add(parts.converter, PartGroup::ArrayAndConverter, adcs_per_array);
  add(parts.shift_add, PartGroup::Other, adcs_per_array);
  add(parts.input_register, PartGroup::Other, 1.0);
  add(parts.output_register, PartGroup::Other, 0.5);
  add(parts.bus, PartGroup::Other, 1.0);
  return area_m2;
}

/// Enters the arrays of all layers; returns what they take of each tile.
std::vector<double> add_all_arrays(const SimulatedChip& chip, Ledger& ledger) {
  std::vector<double> area_of_tile_m2(chip.mapped.placement.tiles.size(), 0.0);
  for (std::size_t p = 0; p < chip.plans.size(); ++p) {
    std::map<std::pair<int, int>, std::vector<double>> held;  // by widths, arrays on each tile
    for (const TileShare& share : chip.plans[p].shares)
      for (const ArrayShare& arrays : share.arrays) {
        std::vector<double>& on_tile = held[{arrays.adc_bits, arrays.input_bits}];
        on_tile.resize(area_of_tile_m2.size(), 0.0);
        on_tile[share.tile] += arrays.num_arrays;
      }
    for (const auto& [widths, on_tile] : held) {
      const ArrayShare all = {widths.first, widths.second,
                              std::accumulate(on_tile.begin(), on_tile.end(), 0.0)};
      const double area_m2 = add_array_instances(chip, static_cast<int>(p), all, ledger);
      for (std::size_t t = 0; t < on_tile.size(); ++t) area_of_tile_m2[t] += on_tile[t] * area_m2;
    }
  }
  return area_of_tile_m2;
}

void add_share_actions(const SimulatedChip& chip, int p, std::size_t u, double windows,
                       double windows_per_s, Ledger& ledger) {
  const LayerPlan& plan = chip.plans[p];
  const ArrayParts parts = array_parts(chip, plan.adc_bits, plan.input_bits);
  const WindowActions& window = plan.shares[u].window;
  const auto charge = [&](const Component& component, PartGroup group, double per_window) {
    ledger.add_actions(component, group, p, windows * per_window, windows_per_s * per_window);
  };
  Cost cells;
  cells.dynamic_j = windows * chip.share_energies_j[p][u];
  cells.peak_w = windows_per_s * chip.share_energies_j[p][u];
  ledger.add(parts.cells.name, PartGroup::ArrayAndConverter, parts.cells.source, p, cells);
  charge(parts.driver, PartGroup::ArrayAndConverter, static_cast<double>(window.drives));
  charge(parts.hold, PartGroup::ArrayAndConverter, static_cast<double>(window.holds));
  charge(parts.converter, PartGroup::ArrayAndConverter, static_cast<double>(window.conversions));
  charge(parts.shift_add, PartGroup::Other, static_cast<double>(window.conversions));
  charge(parts.input_register, PartGroup::Other, static_cast<double>(window.input_bits));
  charge(parts.output_register, PartGroup::Other,
         static_cast<double>(window.sums) * chip.circuits.chip.accumulator_bits / kBitsPerByte);
  charge(parts.bus, PartGroup::Other, static_cast<double>(window.bus_bits) / kBitsPerByte);
}

void add_array_actions(const SimulatedChip& chip, Ledger& ledger) {
  for (std::size_t s = 0; s < chip.pipeline.roles.size(); ++s) {
    const int p = chip.pipeline.roles[s].plan;
    if (p < 0) continue;
    const PipelineNode& stage = chip.pipeline.model.nodes[s];
    for (std::size_t u = 0; u < chip.plans[p].shares.size(); ++u) {
      const double windows = static_cast<double>(chip.result.nodes[s].units[u].windows) /
                             chip.pipeline.model.num_inferences;
      const double windows_per_s =
          chip.circuits.chip.clock_hz / static_cast<double>(stage.units[u].cycles_per_window);
      add_share_actions(chip, p, u, windows, windows_per_s, ledger);
    }
  }
}

/// Physical arrays on each tile.
std::vector<int> arrays_on_tiles(const mapping::Placement& placement) {
  std::vector<int> held(placement.tiles.size(), 0);
  for (const mapping::Array& array : placement.arrays) ++held[array.tile];
  return held;
}

Floorplan plan_floor(const SimulatedChip& chip, const std::vector<double>& tile_areas_m2,
                     const std::vector<double>& array_areas_m2, double built_area_m2) {
  Floorplan floor;
  floor.built_area_m2 = built_area_m2;
  floor.num_positions = chip.pipeline.model.mesh_width * chip.pipeline.model.mesh_height;
  const std::vector<int> held = arrays_on_tiles(chip.mapped.placement);
  for (std::size_t t = 0; t < held.size(); ++t) {
    const int unused = chip.circuits.arrays_per_tile - held[t];
    const double unused_area_m2 = held[t] == 0 ? 0.0 : unused * array_areas_m2[t] / held[t];
    floor.num_unused_arrays += unused;
    floor.unused_positions_area_m2 += unused_area_m2;
    floor.pitch_area_m2 =
        std::max(floor.pitch_area_m2, tile_areas_m2[t] + array_areas_m2[t] + unused_area_m2);
  }
  return floor;
}

void add_white_space(const Floorplan& floor, Ledger& ledger) {
  Cost unused;
  unused.count = floor.num_unused_arrays;
  unused.area_m2 = floor.unused_positions_area_m2;
  ledger.add("white_space_unused_array_positions", PartGroup::Other,
             "derived: room for the arrays a tile does not hold, each as large as the tile's "
             "average array; nothing is built there",
             kNoLayer, unused);
  Cost mesh;
  mesh.count = floor.num_positions;
  mesh.area_m2 = floor.area_m2() - floor.built_area_m2 - floor.unused_positions_area_m2;
  ledger.add("white_space_mesh", PartGroup::Other,
             "derived: mesh positions, each as large as the largest tile, less what is built or "
             "reserved on them",
             kNoLayer, mesh);
}

}  // namespace

Bill bill_chip(const SimulatedChip& chip) {
  OHMWEAVE_REQUIRE(!chip.mapped.placement.tiles.empty(), "a chip without tiles");
  Bill bill;
  const std::vector<double> array_areas_m2 = add_all_arrays(chip, bill.ledger);
  const std::vector<double> tile_areas_m2 = add_tile_instances(chip, bill.ledger);
  bill.floorplan = plan_floor(chip, tile_areas_m2, array_areas_m2, bill.ledger.total().area_m2);
  add_white_space(bill.floorplan, bill.ledger);
  add_array_actions(chip, bill.ledger);
  add_tile_actions(chip, bill.ledger);
  return bill;
}

}  // namespace ohmweave::power_area
