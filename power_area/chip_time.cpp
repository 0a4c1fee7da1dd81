// SPDX-License-Identifier: Apache-2.0
#include "power_area/chip_time.h"

#include <algorithm>
#include <string>

namespace ohmweave::power_area {

namespace {

/// Sums over the units of a stage.
UnitResult all_units(const NodeResult& node) {
  UnitResult sum;
  for (const UnitResult& unit : node.units) {
    sum.windows += unit.windows;
    sum.busy_cycles += unit.busy_cycles;
    sum.stalls.input += unit.stalls.input;
    sum.stalls.output += unit.stalls.output;
    sum.stalls.partial += unit.stalls.partial;
  }
  return sum;
}

Json stage_json(const SimulatedChip& chip, std::size_t s) {
  const NodeResult& node = chip.result.nodes[s];
  const UnitResult sum = all_units(node);
  const double inferences = chip.pipeline.model.num_inferences;
  const double per_unit_s =
      1.0 / (chip.circuits.chip.clock_hz * inferences * static_cast<double>(node.units.size()));
  const auto time_s = [per_unit_s](std::int64_t cycles) {
    return per_unit_s * static_cast<double>(cycles);
  };
  return {{"name", chip.pipeline.model.nodes[s].name},
          {"units", node.units.size()},
          {"windows_per_inference", static_cast<double>(sum.windows) / inferences},
          {"busy_s", time_s(sum.busy_cycles)},
          {"stall_input_s", time_s(sum.stalls.input)},
          {"stall_output_s", time_s(sum.stalls.output)},
          {"stall_partial_sums_s", time_s(sum.stalls.partial)},
          {"received_bits_per_inference", static_cast<double>(node.received_bits) / inferences},
          {"sent_bits_per_inference", static_cast<double>(node.sent_bits) / inferences},
          {"flit_hops_per_inference", static_cast<double>(node.flit_hops) / inferences}};
}

std::string link_name(const LinkResult& link) {
  const auto text = [](MeshPosition at) {
    return "(" + std::to_string(at.x) + ", " + std::to_string(at.y) + ")";
  };
  return text(link.from) + " to " + text(link.to);
}

Json bottleneck_json(const SimulatedChip& chip) {
  std::string kind = "stage";
  std::string name;
  std::int64_t busiest = -1;
  for (std::size_t s = 0; s < chip.result.nodes.size(); ++s)
    for (const UnitResult& unit : chip.result.nodes[s].units)
      if (unit.busy_cycles > busiest) {
        busiest = unit.busy_cycles;
        name = chip.pipeline.model.nodes[s].name;
      }
  for (const LinkResult& link : chip.result.links)
    if (link.busy_cycles > busiest) {
      busiest = link.busy_cycles;
      kind = "link";
      name = link_name(link);
    }
  const double cycles = static_cast<double>(busiest) / chip.pipeline.model.num_inferences;
  return {{"kind", kind},
          {"name", name},
          {"busy_s", cycles / chip.circuits.chip.clock_hz},
          {"busy_fraction", cycles / chip.result.period_cycles()}};
}

}  // namespace

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
