// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/error.h"
#include "power_area/chip_time.h"
#include "power_area/efficiency.h"
#include "power_area/tile_costs.h"

namespace ohmweave::power_area {

namespace {

std::string layer_name(const SimulatedChip& chip, int layer) {
  return layer == kNoLayer ? "(no layer)" : chip.plans[layer].name;
}

Json unit_times(const SimulatedChip& chip, int p) {
  const auto& roles = chip.pipeline.roles;
  const auto stage = std::find_if(roles.begin(), roles.end(),
                                  [p](const StageRole& role) { return role.plan == p; });
  OHMWEAVE_REQUIRE(stage != roles.end(), "every layer is a stage");
  const NodeResult& node = chip.result.nodes[stage - roles.begin()];
  const UnitResult sum = all_units(node);
  const double whole =
      static_cast<double>(chip.result.end_cycle) * static_cast<double>(node.units.size());
  return {{"busy_fraction", static_cast<double>(sum.busy_cycles) / whole},
          {"stall_input_fraction", static_cast<double>(sum.stalls.input) / whole},
          {"stall_output_fraction", static_cast<double>(sum.stalls.output) / whole},
          {"stall_partial_sums_fraction", static_cast<double>(sum.stalls.partial) / whole}};
}

Json layer_json(const SimulatedChip& chip, const Ledger& ledger, int layer, double rate_hz) {
  const Cost cost = ledger.layer(layer);
  Json json = {{"name", layer_name(chip, layer)},
               {"area_m2", cost.area_m2},
               {"energy_j", cost.dynamic_j + cost.leakage_w / rate_hz},
               {"dynamic_energy_j", cost.dynamic_j},
               {"leakage_w", cost.leakage_w}};
  if (layer == kNoLayer) return json;
  const LayerPlan& plan = chip.plans[layer];
  std::set<int> tiles;
  std::int64_t cycles = 0;
  for (const TileShare& share : plan.shares) {
    tiles.insert(share.tile);
    cycles = std::max(cycles, share.read_cycles);
  }
  json["arrays"] = plan.num_arrays;
  json["copies"] = plan.num_copies;
  json["tiles"] = tiles.size();
  json["windows"] = plan.matrix.windows;
  json["macs"] = plan.mapped_macs;
  json["adc_bits"] = plan.adc_bits;
  json["adc_dropped_bits"] = plan.dropped_bits;
  json["digits"] = plan.num_digits;
  json["settle_s"] = plan.settle_s;
  if (chip.circuits.chip.zero_skipping) {
    json["nonzero_digit_fraction"] = nonzero_digits(chip.nonzero[layer], plan);
    json["nonzero_read_fraction"] = chip.nonzero[layer].reads;
    json["nonzero_window_fraction"] = chip.nonzero[layer].windows;
  }
  json["window_read_s"] = static_cast<double>(cycles) / chip.circuits.chip.clock_hz;
  json.update(unit_times(chip, layer));
  return json;
}

/// A tile, or with kNoTile what is on none: mesh positions without a tile, off-chip links.
Json tile_json(const SimulatedChip& chip, const Ledger& ledger, int tile,
               const std::vector<double>& arrays) {
  const double rate_hz = throughput_hz(chip);
  const Cost cost = ledger.tile(tile);
  Json json = {{"name", tile == kNoTile ? "(no tile)" : "tile " + std::to_string(tile)}};
  if (tile != kNoTile) {
    json["x"] = chip.mapped.placement.tiles[tile].x;
    json["y"] = chip.mapped.placement.tiles[tile].y;
    json["arrays"] = std::accumulate(arrays.begin(), arrays.end(), 0.0);
    json["layer"] = layer_name(
        chip, static_cast<int>(std::max_element(arrays.begin(), arrays.end()) - arrays.begin()));
  }
  json["area_m2"] = cost.area_m2;
  json["built_area_m2"] = ledger.built_area_m2(tile);
  json["energy_j"] = cost.dynamic_j + cost.leakage_w / rate_hz;
  json["leakage_w"] = cost.leakage_w;
  return json;
}

Json part_json(const Part& part, double rate_hz) {
  return {{"name", part.name},
          {"group", group_name(part.group)},
          {"count", part.cost.count},
          {"area_m2", part.cost.area_m2},
          {"energy_j", part.cost.dynamic_j + part.cost.leakage_w / rate_hz},
          {"dynamic_energy_j", part.cost.dynamic_j},
          {"leakage_w", part.cost.leakage_w},
          {"peak_power_w", part.cost.peak_w + part.cost.leakage_w},
          {"source", part.source}};
}

/// Largest relative difference between the totals and the sums over parts and over layers.
Json closure_json(const Json& json) {
  Json closure;
  for (const char* key : {"area_m2", "energy_j", "leakage_w"}) {
    const std::string name(key);
    const double total =
        json.at(name == "energy_j" ? "energy_per_inference_j" : name).get<double>();
    for (const char* view : {"parts", "layers", "tiles"}) {
      double sum = 0.0;
      for (const Json& entry : json.at(view)) sum += entry.at(name).get<double>();
      closure[std::string(view) + "_" + name + "_error_fraction"] = std::abs(sum - total) / total;
    }
  }
  return closure;
}

Json links_json(const SimulatedChip& chip) {
  std::int64_t busiest = 0;
  std::int64_t packets = 0;
  std::int64_t waited = 0;
  for (const LinkResult& link : chip.result.links) {
    busiest = std::max(busiest, link.busy_cycles);
    packets += link.packets;
    waited += link.wait_cycles;
  }
  const double clock_hz = chip.circuits.chip.clock_hz;
  return {
      {"packets_per_inference", static_cast<double>(packets) / chip.pipeline.model.num_inferences},
      {"mean_wait_s",
       packets == 0 ? 0.0
                    : static_cast<double>(waited) / (static_cast<double>(packets) * clock_hz)},
      {"busiest_link_fraction",
       static_cast<double>(busiest) / static_cast<double>(chip.result.end_cycle)}};
}

Json floorplan_json(const SimulatedChip& chip, const Floorplan& floor) {
  return {{"mesh_width", chip.pipeline.model.mesh_width},
          {"mesh_height", chip.pipeline.model.mesh_height},
          {"tiles", chip.mapped.placement.tiles.size()},
          {"arrays_per_tile", chip.circuits.arrays_per_tile},
          {"unused_array_positions", floor.num_unused_arrays},
          {"tile_area_m2", floor.pitch_area_m2},
          {"off_chip_area_m2", floor.off_chip_area_m2}};
}

}  // namespace

double throughput_hz(const SimulatedChip& chip) {
  return chip.circuits.chip.clock_hz / chip.result.period_cycles();
}

Json chip_json(const SimulatedChip& chip, const Bill& bill) {
  const double rate_hz = throughput_hz(chip);
  const Cost total = bill.ledger.total();
  const double energy_j = total.dynamic_j + total.leakage_w / rate_hz;
  const double latency_s =
      static_cast<double>(chip.result.latency_cycles()) / chip.circuits.chip.clock_hz;
  std::int64_t macs = 0;
  for (const LayerPlan& plan : chip.plans) macs += plan.mapped_macs;
  const double area_m2 = bill.floorplan.area_m2();
  const mapping::Placement& placement = chip.mapped.placement;
  const auto arrays_needed =
      std::count_if(placement.arrays.begin(), placement.arrays.end(),
                    [&](const mapping::Array& array) { return is_needed(placement, array); });
  const auto num_arrays = static_cast<std::int64_t>(placement.arrays.size());
  Json json = {{"area_m2", area_m2},
               {"energy_per_inference_j", energy_j},
               {"dynamic_energy_per_inference_j", total.dynamic_j},
               {"average_power_w", energy_j * rate_hz},
               {"peak_power_w", total.peak_w + total.leakage_w},
               {"leakage_w", total.leakage_w},
               {"latency_s", latency_s},
               {"throughput_hz", rate_hz},
               {"macs_per_inference", macs},
               {"ops_per_joule", 2.0 * static_cast<double>(macs) / energy_j},
               {"edap", energy_j * latency_s * area_m2},
               {"arrays", num_arrays},
               {"arrays_needed", arrays_needed},
               {"arrays_duplicated", num_arrays - arrays_needed},
               {"activity", chip.mapped.activity.is_null() ? "assumed" : "measured"},
               {"inferences_simulated", chip.pipeline.model.num_inferences},
               {"parts", Json::array()},
               {"layers", Json::array()},
               {"tiles", Json::array()}};
  for (const Part& part : bill.ledger.parts()) json["parts"].push_back(part_json(part, rate_hz));
  for (int p = 0; p < static_cast<int>(chip.plans.size()); ++p)
    json["layers"].push_back(layer_json(chip, bill.ledger, p, rate_hz));
  json["layers"].push_back(layer_json(chip, bill.ledger, kNoLayer, rate_hz));
  const std::vector<std::vector<double>> held = arrays_by_tile(chip);
  for (std::size_t t = 0; t < held.size(); ++t)
    json["tiles"].push_back(tile_json(chip, bill.ledger, static_cast<int>(t), held[t]));
  json["tiles"].push_back(tile_json(chip, bill.ledger, kNoTile, {}));
  json["efficiency"] = efficiency_json(chip, bill, rate_hz);
  json["closure"] = closure_json(json);
  json.update(time_json(chip, bill));
  json["mesh"] = links_json(chip);
  json["floorplan"] = floorplan_json(chip, bill.floorplan);
  return json;
}

}  // namespace ohmweave::power_area
