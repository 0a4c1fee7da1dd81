// SPDX-License-Identifier: Apache-2.0
#include "power_area/ledger.h"

#include <cmath>

#include "core/error.h"

namespace ohmweave::power_area {

namespace {

Cost found_in(const std::map<int, Cost>& costs, int index) {
  const auto found = costs.find(index);
  return found == costs.end() ? Cost{} : found->second;
}

}  // namespace

void Cost::add(const Cost& other) {
  count += other.count;
  actions += other.actions;
  area_m2 += other.area_m2;
  leakage_w += other.leakage_w;
  dynamic_j += other.dynamic_j;
  peak_w += other.peak_w;
}

std::string group_name(PartGroup group) {
  switch (group) {
    case PartGroup::Array:
      return "arrays";
    case PartGroup::Converter:
      return "converters";
    case PartGroup::Digital:
      return "digital";
    case PartGroup::WhiteSpace:
      return "white_space";
    case PartGroup::OffChip:
      return "off_chip";
  }
  OHMWEAVE_REQUIRE(false, "a part of no group");
  return "";
}

ControlShares control_shares(const ComponentLibrary& library) {
  if (library.leaves_out("control")) return {};
  return {library.si("control_area_share"), library.si("control_energy_share"),
          "derived: a share of area and leakage of the digital parts, " +
              library.citation("control_area_share") + "; and of their energy, " +
              library.citation("control_energy_share")};
}

double Ledger::add_instances(const Component& component, PartGroup group, Place place,
                             double count) {
  Cost cost;
  cost.count = count;
  cost.area_m2 = count * component.area_m2;
  cost.leakage_w = count * component.leakage_w;
  add({component.name, group, component.source, cost}, place);
  return group == PartGroup::Digital ? (1.0 + control_.area) * cost.area_m2 : cost.area_m2;
}

void Ledger::add_actions(const Component& component, PartGroup group, Place place,
                         double num_actions, double peak_actions_per_s) {
  Cost cost;
  cost.actions = num_actions;
  cost.dynamic_j = num_actions * component.energy_j;
  cost.peak_w = peak_actions_per_s * component.energy_j;
  add({component.name, group, component.source, cost}, place);
}

void Ledger::add(const Part& part, Place place) {
  OHMWEAVE_REQUIRE(!part.source.empty(), "part " + part.name + " has no source");
  const Cost& cost = part.cost;
  for (const double amount : {cost.area_m2, cost.leakage_w, cost.dynamic_j, cost.peak_w})
    OHMWEAVE_REQUIRE(std::isfinite(amount) && amount >= 0.0, "cost of " + part.name);
  layers_[place.layer].add(cost);
  tiles_[place.tile].add(cost);
  if (part.group != PartGroup::WhiteSpace) built_m2_[place.tile] += cost.area_m2;
  const auto [known, is_new] = part_by_name_.try_emplace(part.name, parts_.size());
  if (is_new)
    parts_.push_back(part);
  else
    parts_[known->second].cost.add(cost);
  if (part.group != PartGroup::Digital || part.name == "control" || control_.source.empty()) return;
  Cost control;
  control.area_m2 = control_.area * cost.area_m2;
  control.leakage_w = control_.area * cost.leakage_w;
  control.dynamic_j = control_.energy * cost.dynamic_j;
  control.peak_w = control_.energy * cost.peak_w;
  add({"control", PartGroup::Digital, control_.source, control}, place);
}

Cost Ledger::layer(int index) const { return found_in(layers_, index); }

Cost Ledger::tile(int index) const { return found_in(tiles_, index); }

double Ledger::built_area_m2(int tile) const {
  const auto found = built_m2_.find(tile);
  return found == built_m2_.end() ? 0.0 : found->second;
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

Cost Ledger::arrays_and_converters() const {
  Cost sum = total(PartGroup::Array);
  sum.add(total(PartGroup::Converter));
  return sum;
}

}  // namespace ohmweave::power_area
