// SPDX-License-Identifier: Apache-2.0
#include "power_area/ledger.h"

#include <cmath>

#include "core/error.h"

namespace ohmweave::power_area {

void Cost::add(const Cost& other) {
  count += other.count;
  area_m2 += other.area_m2;
  leakage_w += other.leakage_w;
  dynamic_j += other.dynamic_j;
  peak_w += other.peak_w;
}

void Ledger::add_instances(const Component& component, PartGroup group, int layer, double count) {
  Cost cost;
  cost.count = count;
  cost.area_m2 = count * component.area_m2;
  cost.leakage_w = count * component.leakage_w;
  add(component.name, group, component.source, layer, cost);
}

void Ledger::add_actions(const Component& component, PartGroup group, int layer, double num_actions,
                         double peak_actions_per_s) {
  Cost cost;
  cost.dynamic_j = num_actions * component.energy_j;
  cost.peak_w = peak_actions_per_s * component.energy_j;
  add(component.name, group, component.source, layer, cost);
}

void Ledger::add(const std::string& part, PartGroup group, const std::string& source, int layer,
                 const Cost& cost) {
  OHMWEAVE_REQUIRE(!source.empty(), "part " + part + " has no source");
  OHMWEAVE_REQUIRE(std::isfinite(cost.area_m2) && std::isfinite(cost.leakage_w) &&
                       std::isfinite(cost.dynamic_j) && std::isfinite(cost.peak_w),
                   "cost of " + part);
  layers_[layer].add(cost);
  for (Part& known : parts_)
    if (known.name == part) {
      known.cost.add(cost);
      return;
    }
  parts_.push_back({part, group, source, cost});
}

Cost Ledger::layer(int index) const {
  const auto found = layers_.find(index);
  return found == layers_.end() ? Cost{} : found->second;
}

Cost Ledger::total() const {
  Cost sum;
  for (const Part& part : parts_) sum.add(part.cost);
  return sum;
}

Cost Ledger::total(PartGroup group) const {
  Cost sum;
  for (const Part& part : parts_)
    if (part.group == group) sum.add(part.cost);
  return sum;
}

}  // namespace ohmweave::power_area
