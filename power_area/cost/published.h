// SPDX-License-Identifier: Apache-2.0
// A component from what a source says of it. Numbers <stem>_area, _leakage and _energy are taken as
// they are; where the source gives one power instead of the last two, a share of it leaks and the
// rest, over the published rate of actions, is the energy of one action.
#pragma once

#include <functional>

#include "power_area/cost/component.h"

namespace ohmweave::power_area {

struct Published {
  std::string name;
  std::string action;
  std::string stem;           // of the library's numbers
  double scale = 1.0;         // this instance's area and leakage over the published one's
  double energy_scale = 1.0;  // the energy of an action over the published one's
  std::string rule;           // how this instance follows from the published one
  std::function<double()> actions_per_s;  // of the published one; asked for if it has but a power
  std::string energy_key;                 // the number to take where there is no <stem>_energy
};

[[nodiscard]] Component from_published(const ComponentLibrary& library, const Published& how);

}  // namespace ohmweave::power_area
