// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/published.h"

namespace ohmweave::power_area {

Component from_published(const ComponentLibrary& library, const Published& how) {
  const std::string area = how.stem + "_area";
  const std::string power = how.stem + "_power";
  const std::string leakage = how.stem + "_leakage";
  const std::string own_energy = how.stem + "_energy";
  const std::string& energy =
      library.contains(own_energy) || how.energy_key.empty() ? own_energy : how.energy_key;
  Component c;
  c.name = how.name;
  c.action = how.action;
  c.area_m2 = how.scale * library.si(area);
  c.node_nm = library.record(area).node_nm;
  const bool is_power_read = !library.contains(energy) || !library.contains(leakage);
  c.source = library.citation(is_power_read && library.contains(power) ? power : area);
  if (!how.rule.empty()) c.source += "; derived: " + how.rule;
  if (library.contains(energy)) {
    c.energy_j = how.energy_scale * library.si(energy);
    c.source += "; energy " + library.citation(energy);
  } else {
    c.energy_j =
        how.energy_scale * (1.0 - leakage_share(library)) * library.si(power) / how.actions_per_s();
  }
  if (library.contains(leakage)) {
    c.leakage_w = how.scale * library.si(leakage);
    c.source += "; leakage " + library.citation(leakage);
  } else {
    c.leakage_w = how.scale * leakage_share(library) * library.si(power);
    c.source += "; leakage derived: share of the power by " + library.citation("leakage_share");
  }
  return c;
}

}  // namespace ohmweave::power_area
