// SPDX-License-Identifier: Apache-2.0
#include "power_area/efficiency.h"

#include <map>

#include "power_area/published_chips.h"

namespace ohmweave::power_area {

namespace {

constexpr double kOperationsPerMac = 2.0;

struct Work {
  double macs = 0.0;
  double bit_products = 0.0;  // MACs x weight bits x input bits
};

Work work_of(const SimulatedChip& chip) {
  Work work;
  for (const LayerPlan& plan : chip.plans) {
    const auto macs = static_cast<double>(plan.mapped_macs);
    work.macs += macs;
    work.bit_products += macs * (chip.circuits.array.weight_bits + 1) * plan.input_bits;
  }
  return work;
}

Json causes_json(const Bill& bill, double leakage_j, double macs) {
  std::vector<std::string> order;
  std::map<std::string, double> joules;
  const auto add = [&](const std::string& cause, double energy_j) {
    if (joules.count(cause) == 0) order.push_back(cause);
    joules[cause] += energy_j;
  };
  for (const Part& part : bill.ledger.parts())
    if (part.group != PartGroup::WhiteSpace) add(cause_of(part), part.cost.dynamic_j);
  add("leakage", leakage_j);
  double total_j = 0.0;
  for (const auto& [cause, energy_j] : joules) total_j += energy_j;
  Json causes = Json::array();
  for (const std::string& cause : order)
    causes.push_back({{"name", cause},
                      {"energy_per_mac_j", joules.at(cause) / macs},
                      {"energy_fraction", joules.at(cause) / total_j}});
  return causes;
}

/// "between A and B", "under A" or "over B" of the published chips.
std::string place_of(double joules_per_bit_product) {
  const std::vector<PublishedChip>& chips = published_chips();
  if (joules_per_bit_product < chips.front().joules_per_bit_product())
    return "under " + chips.front().name;
  for (std::size_t i = 1; i < chips.size(); ++i)
    if (joules_per_bit_product < chips[i].joules_per_bit_product())
      return "between " + chips[i - 1].name + " and " + chips[i].name;
  return "over " + chips.back().name;
}

Json published_json(double joules_per_bit_product) {
  Json list = Json::array();
  for (const PublishedChip& chip : published_chips())
    list.push_back({{"name", chip.name},
                    {"what", chip.what},
                    {"node_nm", chip.node_nm},
                    {"weight_bits", chip.weight_bits},
                    {"input_bits", chip.input_bits},
                    {"energy_per_mac_j", chip.joules_per_mac},
                    {"energy_per_bit_product_j", chip.joules_per_bit_product()},
                    {"energy_ratio", joules_per_bit_product / chip.joules_per_bit_product()},
                    {"source", chip.source},
                    {"status", chip.status}});
  return list;
}

}  // namespace

std::string cause_of(const Part& part) {
  static const std::map<std::string, std::string> causes = {
      {"crossbar_cells", "cells"},      {"row_driver", "row drivers"},
      {"line_driver", "row drivers"},   {"sample_hold", "sampling"},
      {"multiplexer", "sampling"},      {"shift_add", "adders"},
      {"accumulator", "adders"},        {"input_register", "registers"},
      {"output_register", "registers"}, {"tile_output_register", "registers"},
      {"edram_buffer", "buffers"},      {"sram_buffer", "buffers"},
      {"tile_bus", "bus and mesh"},     {"router", "bus and mesh"},
      {"pooling_unit", "vector units"}, {"requantizer", "vector units"},
      {"control", "clock and control"}, {"off_chip_link", "off-chip links"}};
  if (part.name.rfind("adc", 0) == 0) return "converters";
  const auto found = causes.find(part.name);
  return found == causes.end() ? part.name : found->second;
}

Json efficiency_json(const SimulatedChip& chip, const Bill& bill, double throughput_hz) {
  const Work work = work_of(chip);
  const Cost total = bill.ledger.total();
  const double leakage_j = total.leakage_w / throughput_hz;
  const double energy_j = total.dynamic_j + leakage_j;
  const double ops_per_s = kOperationsPerMac * work.macs * throughput_hz;
  const double per_mac_j = energy_j / work.macs;
  const double per_bit_product_j = energy_j / work.bit_products;
  return {{"operations_per_mac", kOperationsPerMac},
          {"macs_per_inference", static_cast<std::int64_t>(work.macs)},
          {"energy_per_mac_j", per_mac_j},
          {"energy_per_bit_product_j", per_bit_product_j},
          {"ops_per_second", ops_per_s},
          {"ops_per_second_per_m2", ops_per_s / bill.floorplan.area_m2()},
          {"ops_per_joule", kOperationsPerMac * work.macs / energy_j},
          {"causes", causes_json(bill, leakage_j, work.macs)},
          {"place", place_of(per_bit_product_j)},
          {"published", published_json(per_bit_product_j)}};
}

}  // namespace ohmweave::power_area
