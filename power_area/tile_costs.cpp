// SPDX-License-Identifier: Apache-2.0
#include "power_area/tile_costs.h"

#include <algorithm>
#include <map>
#include <string>

#include "power_area/cost/digital.h"
#include "power_area/sim/routes.h"

namespace ohmweave::power_area {

namespace {

constexpr double kBitsPerByte = 8.0;
constexpr double kRouterPorts = 5.0;
static_assert(kFlitBits == std::int64_t{8} * kFlitBytes, "what is counted is what is charged");

Component sized(const ComponentLibrary& library, const std::string& name, double bytes, int bits) {
  Size size;
  size.bytes = bytes;
  size.bits = bits;
  return make_component(name, library, size);
}

std::string buffer_name(const SimulatedChip& chip) { return chip.circuits.chip.buffer + "_buffer"; }

/// Enters `count` instances on a tile, shared by its layers by their arrays. Returns the area.
double add_shared(const Component& component, double count, int tile,
                  const std::vector<double>& arrays, Ledger& ledger) {
  double total = 0.0;
  for (const double n : arrays) total += n;
  double area_m2 = 0.0;
  for (std::size_t p = 0; p < arrays.size(); ++p)
    if (arrays[p] > 0.0)
      area_m2 += ledger.add_instances(component, PartGroup::Digital, {static_cast<int>(p), tile},
                                      count * arrays[p] / total);
  return area_m2;
}

/// Enters one memory a layer, of as many bytes: `per_byte` is one byte of it. Returns the area.
double add_memories(const Component& per_byte, const std::vector<double>& bytes, int tile,
                    Ledger& ledger) {
  double area_m2 = 0.0;
  for (std::size_t p = 0; p < bytes.size(); ++p) {
    if (bytes[p] <= 0.0) continue;
    Component memory = per_byte;
    memory.area_m2 *= bytes[p];
    memory.leakage_w *= bytes[p];
    area_m2 += ledger.add_instances(memory, PartGroup::Digital, {static_cast<int>(p), tile}, 1.0);
  }
  return area_m2;
}

double per_inference(const SimulatedChip& chip, std::int64_t count) {
  return static_cast<double>(count) / chip.pipeline.model.num_inferences;
}

/// Bits read from buffers per inference by stage `s`.
double buffer_read_bits(const SimulatedChip& chip, std::size_t s) {
  const StageRole& role = chip.pipeline.roles[s];
  const PipelineNode& stage = chip.pipeline.model.nodes[s];
  if (role.plan < 0) {
    double bits = 0.0;
    if (role.values_in > 0 && !stage.edges.empty())
      bits = static_cast<double>(role.values_in) * stage.num_rows *
             chip.pipeline.roles[stage.edges.front().producer].output_bits;
    return bits;
  }
  double bits = 0.0;
  const LayerPlan& plan = chip.plans[role.plan];
  for (std::size_t u = 0; u < plan.shares.size(); ++u)
    bits += per_inference(chip, chip.result.nodes[s].units[u].windows) *
            static_cast<double>(plan.shares[u].window.buffer_bits);
  return bits;
}

/// Sums that merge partial sums of one inference, and Add nodes' sums.
double additions(const SimulatedChip& chip, std::size_t s) {
  const StageRole& role = chip.pipeline.roles[s];
  const PipelineNode& stage = chip.pipeline.model.nodes[s];
  if (role.plan < 0) {
    const bool is_add = stage.edges.size() > 1;
    return is_add ? static_cast<double>((role.values_in - role.values_out) * stage.num_rows) : 0.0;
  }
  double sums = 0.0;
  const LayerPlan& plan = chip.plans[role.plan];
  for (std::size_t u = 0; u < plan.shares.size(); ++u) {
    const TileShare& share = plan.shares[u];
    const std::int64_t merged =
        share.window.additions + (share.tile == share.home_tile ? 0 : share.num_columns);
    sums +=
        per_inference(chip, chip.result.nodes[s].units[u].windows) * static_cast<double>(merged);
  }
  return sums;
}

}  // namespace

std::vector<std::vector<double>> arrays_by_tile(const SimulatedChip& chip) {
  std::vector<std::vector<double>> arrays(chip.mapped.placement.tiles.size(),
                                          std::vector<double>(chip.plans.size(), 0.0));
  for (std::size_t p = 0; p < chip.plans.size(); ++p)
    for (const TileShare& share : chip.plans[p].shares)
      for (const ArrayShare& held : share.arrays) arrays[share.tile][p] += held.num_arrays;
  return arrays;
}

std::vector<std::vector<double>> buffer_bytes(const SimulatedChip& chip) {
  const std::size_t tiles = chip.mapped.placement.tiles.size();
  std::vector<std::vector<double>> bytes(tiles, std::vector<double>(chip.plans.size(), 0.0));
  for (std::size_t s = 0; s < chip.pipeline.roles.size(); ++s) {
    const PipelineNode& stage = chip.pipeline.model.nodes[s];
    for (std::size_t e = 0; e < stage.edges.size(); ++e) {
      std::map<int, std::int64_t> row_bits;  // by tile; copies on one tile share the buffer
      for (const PipelineUnit& unit : stage.units) {
        std::int64_t& held = row_bits[unit.tile];
        held = std::max(held, unit.row_bits[e]);
      }
      for (const auto& [tile, bits] : row_bits)
        if (tile < static_cast<int>(tiles))  // the image port is no tile
          bytes[tile][chip.pipeline.roles[s].owner] +=
              stage.edges[e].capacity_rows * static_cast<double>(bits) / kBitsPerByte;
    }
  }
  return bytes;
}

std::vector<std::vector<double>> output_register_bytes(const SimulatedChip& chip) {
  const std::size_t tiles = chip.mapped.placement.tiles.size();
  std::vector<std::vector<double>> bytes(tiles, std::vector<double>(chip.plans.size(), 0.0));
  for (std::size_t s = 0; s < chip.pipeline.roles.size(); ++s) {
    const int home = chip.pipeline.model.nodes[s].home_tile;
    if (home >= static_cast<int>(tiles)) continue;
    const StageRole& role = chip.pipeline.roles[s];
    bytes[home][role.owner] +=
        static_cast<double>(kOutputRows * role.values_out * role.output_bits) / kBitsPerByte;
  }
  return bytes;
}

std::vector<double> add_tile_instances(const SimulatedChip& chip, const ComponentLibrary& library,
                                       Ledger& ledger) {
  const ChipOptions& options = chip.circuits.chip;
  const Component router = sized(library, "router", 1.0, 1);
  const Component requantizer = sized(library, "requantizer", 1.0, 1);
  const Component pooling = sized(library, "pooling_unit", 1.0, 1);
  const Component adder = sized(library, "accumulator", 1.0, options.accumulator_bits);
  const Component buffer = sized(library, buffer_name(chip), 1.0, 1);
  const Component output = sized(library, "tile_output_register", 1.0, 1);
  std::vector<double> areas;
  const std::vector<std::vector<double>> arrays = arrays_by_tile(chip);
  const std::vector<std::vector<double>> buffers = buffer_bytes(chip);
  const std::vector<std::vector<double>> outputs = output_register_bytes(chip);
  for (std::size_t t = 0; t < arrays.size(); ++t) {
    const int tile = static_cast<int>(t);
    double area_m2 = add_shared(router, 1.0, tile, arrays[t], ledger);
    area_m2 += add_shared(requantizer, options.vector_lanes, tile, arrays[t], ledger);
    area_m2 += add_shared(pooling, options.pool_lanes, tile, arrays[t], ledger);
    area_m2 += add_shared(adder, options.vector_lanes, tile, arrays[t], ledger);
    area_m2 += add_memories(buffer, buffers[t], tile, ledger);
    area_m2 += add_memories(output, outputs[t], tile, ledger);
    areas.push_back(area_m2);
  }
  const PipelineModel& mesh = chip.pipeline.model;
  const int empty = mesh.mesh_width * mesh.mesh_height - static_cast<int>(arrays.size());
  if (empty > 0) ledger.add_instances(router, PartGroup::Digital, {}, empty);
  return areas;
}

double add_off_chip_links(const SimulatedChip& chip, const ComponentLibrary& library,
                          Ledger& ledger) {
  const int links = chip.circuits.chip.off_chip_links;
  if (links == 0) return 0.0;
  const Component link = sized(library, "off_chip_link", 1.0, 1);
  double bits = 0.0;
  const int last = chip.pipeline.model.nodes.back().edges.front().producer;
  for (const int s : {0, last}) {  // the image port; what feeds the chip's output
    const StageRole& role = chip.pipeline.roles[s];
    bits += static_cast<double>(role.values_out * role.output_bits) *
            chip.pipeline.model.nodes[s].num_rows;
  }
  ledger.add_actions(link, PartGroup::OffChip, {}, bits / kBitsPerByte,
                     links * library.si("chip_link_rate"));
  return ledger.add_instances(link, PartGroup::OffChip, {}, links);
}

void add_tile_actions(const SimulatedChip& chip, const ComponentLibrary& library, Ledger& ledger) {
  const ChipOptions& options = chip.circuits.chip;
  const double clock_hz = options.clock_hz;
  const auto tiles = static_cast<double>(chip.mapped.placement.tiles.size());
  const double positions =
      static_cast<double>(chip.pipeline.model.mesh_width) * chip.pipeline.model.mesh_height;
  const Component router = sized(library, "router", 1.0, 1);
  const Component buffer = sized(library, buffer_name(chip), 1.0, 1);
  const Component output = sized(library, "tile_output_register", 1.0, 1);
  const Component requantizer = sized(library, "requantizer", 1.0, 1);
  const Component pooling = sized(library, "pooling_unit", 1.0, 1);
  const Component adder = sized(library, "accumulator", 1.0, options.accumulator_bits);
  const auto charge = [&ledger](const Component& component, Place place, double count) {
    ledger.add_actions(component, PartGroup::Digital, place, count, 0.0);
  };
  for (std::size_t s = 0; s < chip.pipeline.roles.size(); ++s) {
    const StageRole& role = chip.pipeline.roles[s];
    const NodeResult& counted = chip.result.nodes[s];
    const int home = chip.pipeline.model.nodes[s].home_tile;
    const Place layer{role.owner, home < static_cast<int>(tiles) ? home : kNoTile};
    const double values =
        static_cast<double>(role.values_out) * chip.pipeline.model.nodes[s].num_rows;
    const double written_bits = per_inference(chip, counted.received_bits);
    charge(router, layer, per_inference(chip, counted.flit_hops));
    charge(buffer, layer, (written_bits + buffer_read_bits(chip, s)) / kBitsPerByte);
    if (s == 0 || role.values_out == 0) continue;  // the port and the output have no vector unit
    charge(output, layer, values * role.output_bits / kBitsPerByte);
    const double nonzero = role.plan < 0 ? 1.0 : chip.nonzero[role.plan].windows;
    charge(adder, layer, nonzero * additions(chip, s));
    const bool is_pooling = role.plan < 0 && chip.pipeline.model.nodes[s].edges.size() == 1;
    if (is_pooling)
      charge(pooling, layer,
             static_cast<double>(role.values_in) * chip.pipeline.model.nodes[s].num_rows);
    else
      charge(requantizer, layer, values);
  }
  const auto peak = [&ledger](const Component& component, double actions_per_s) {
    ledger.add_actions(component, PartGroup::Digital, {}, 0.0, actions_per_s);
  };
  peak(router, positions * kRouterPorts * options.link_bits_per_cycle /
                   static_cast<double>(kFlitBits) * clock_hz);
  peak(buffer, tiles * kFlitBytes * clock_hz);
  peak(output, tiles * options.vector_lanes * clock_hz);
  peak(adder, tiles * options.vector_lanes * clock_hz);
  peak(pooling, tiles * options.pool_lanes * clock_hz);
  peak(requantizer, tiles * options.vector_lanes * clock_hz);
}

}  // namespace ohmweave::power_area
