// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_time.h"

#include <algorithm>
#include <string>

namespace ohmweave::power_area {

namespace {

/// Times of units as seconds per inference and unit.
class Times {
 public:
  Times(const SimulatedChip& chip, std::size_t num_units)
      : s_per_cycle_(1.0 / (chip.circuits.chip.clock_hz * chip.pipeline.model.num_inferences *
                            static_cast<double>(num_units))) {}

  void add(const UnitResult& unit, Json& json) const {
    json["busy_s"] = seconds(unit.busy_cycles);
    json["stall_input_s"] = seconds(unit.stalls.input);
    json["stall_output_s"] = seconds(unit.stalls.output);
    json["stall_partial_sums_s"] = seconds(unit.stalls.partial);
  }

 private:
  [[nodiscard]] double seconds(std::int64_t cycles) const {
    return s_per_cycle_ * static_cast<double>(cycles);
  }
  double s_per_cycle_;
};

Json units_json(const SimulatedChip& chip, std::size_t s) {
  Json units = Json::array();
  const PipelineNode& node = chip.pipeline.model.nodes[s];
  for (std::size_t u = 0; u < node.units.size(); ++u) {
    Json unit = {{"tile", node.units[u].tile}, {"copy", node.units[u].copy}};
    Times(chip, 1).add(chip.result.nodes[s].units[u], unit);
    units.push_back(std::move(unit));
  }
  return units;
}

/// What the arrays of a weight layer do for one inference.
Json actions_json(const SimulatedChip& chip, std::size_t s) {
  WindowActions all;
  const LayerPlan& plan = chip.plans[chip.pipeline.roles[s].plan];
  for (std::size_t u = 0; u < plan.shares.size(); ++u) {
    const WindowActions& window = plan.shares[u].window;
    const std::int64_t windows = chip.result.nodes[s].units[u].windows;
    all.drives += windows * window.drives;
    all.holds += windows * window.holds;
    all.conversions += windows * window.conversions;
    all.buffer_bits += windows * window.buffer_bits;
    all.bus_bits += windows * window.bus_bits;
    all.additions += windows * window.additions;
  }
  const auto per_inference = [&chip](std::int64_t count) {
    return static_cast<double>(count) / chip.pipeline.model.num_inferences;
  };
  return {{"row_drives", per_inference(all.drives)},
          {"column_samples", per_inference(all.holds)},
          {"conversions", per_inference(all.conversions)},
          {"buffer_read_bits", per_inference(all.buffer_bits)},
          {"bus_bits", per_inference(all.bus_bits)},
          {"additions", per_inference(all.additions)}};
}

Json stage_json(const SimulatedChip& chip, std::size_t s) {
  const NodeResult& node = chip.result.nodes[s];
  const UnitResult sum = all_units(node);
  const double inferences = chip.pipeline.model.num_inferences;
  Json json = {
      {"name", chip.pipeline.model.nodes[s].name},
      {"windows_per_inference", static_cast<double>(sum.windows) / inferences},
      {"received_bits_per_inference", static_cast<double>(node.received_bits) / inferences},
      {"sent_bits_per_inference", static_cast<double>(node.sent_bits) / inferences},
      {"flit_hops_per_inference", static_cast<double>(node.flit_hops) / inferences},
      {"units", units_json(chip, s)}};
  Times(chip, node.units.size()).add(sum, json);
  if (chip.pipeline.roles[s].plan >= 0) json["actions_per_inference"] = actions_json(chip, s);
  return json;
}

std::string link_name(const LinkResult& link) {
  const auto text = [](MeshPosition at) {
    return "(" + std::to_string(at.x) + ", " + std::to_string(at.y) + ")";
  };
  return text(link.from) + " to " + text(link.to);
}

Json bottleneck_json(const SimulatedChip& chip) {
  const Bottleneck bottleneck = find_bottleneck(chip);
  const double cycles =
      static_cast<double>(bottleneck.busy_cycles) / chip.pipeline.model.num_inferences;
  return {{"kind", bottleneck.is_link() ? "link" : "stage"},
          {"name", bottleneck.name},
          {"busy_s", cycles / chip.circuits.chip.clock_hz},
          {"busy_fraction", cycles / chip.result.period_cycles()}};
}

}  // namespace

Bottleneck find_bottleneck(const SimulatedChip& chip) {
  Bottleneck found;
  for (std::size_t s = 0; s < chip.result.nodes.size(); ++s)
    for (const UnitResult& unit : chip.result.nodes[s].units)
      if (unit.busy_cycles > found.busy_cycles)
        found = {static_cast<int>(s), chip.pipeline.model.nodes[s].name, unit.busy_cycles};
  for (const LinkResult& link : chip.result.links)
    if (link.busy_cycles > found.busy_cycles) found = {-1, link_name(link), link.busy_cycles};
  return found;
}

Json time_json(const SimulatedChip& chip, const Bill& bill) {
  Json json;
  json["timing"] = chip.circuits.chip.timing == Timing::Simulated ? "simulated" : "analytic";
  json["stages"] = Json::array();
  for (std::size_t s = 0; s < chip.result.nodes.size(); ++s)
    json["stages"].push_back(stage_json(chip, s));
  json["bottleneck"] = bottleneck_json(chip);
  const PowerTrace power = chip_power(chip, bill, kPowerBins);
  json["power_over_time"] = {{"bin_s", power.bin_s},
                             {"average_w", power.average_w},
                             {"peak_w", power.peak_w},
                             {"peak_at_s", power.peak_at_s}};
  return json;
}

PowerTrace chip_power(const SimulatedChip& chip, const Bill& bill, int num_bins) {
  const double inferences = chip.pipeline.model.num_inferences;
  SpentEnergy spent;
  const Cost total = bill.ledger.total();
  spent.leakage_w = total.leakage_w;
  spent.spread_j = total.dynamic_j * inferences;
  for (std::size_t s = 0; s < chip.result.nodes.size(); ++s) {
    const NodeResult& node = chip.result.nodes[s];
    std::vector<double>& units_j = spent.unit_j.emplace_back(node.units.size(), 0.0);
    const int layer = chip.pipeline.roles[s].plan;
    const std::int64_t busy = all_units(node).busy_cycles;
    if (layer < 0 || busy == 0) continue;
    const double layer_j = bill.ledger.layer(layer).dynamic_j * inferences;
    for (std::size_t u = 0; u < units_j.size(); ++u)
      units_j[u] =
          layer_j * static_cast<double>(node.units[u].busy_cycles) / static_cast<double>(busy);
    spent.spread_j -= layer_j;
  }
  spent.spread_j = std::max(0.0, spent.spread_j);  // rounding, where layers bear everything
  return power_over_time(chip.result, spent, chip.circuits.chip.clock_hz, num_bins);
}

}  // namespace ohmweave::power_area
