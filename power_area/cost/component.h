// SPDX-License-Identifier: Apache-2.0
// What one instance of a component costs, and the table of all of them.
//   energy of a component = actions counted by the simulation * energy per action
//                         + leakage * time;   area of the chip = instances * area.
#pragma once

#include <string>
#include <vector>

#include "power_area/cost/library.h"

namespace ohmweave::power_area {

/// The cost of one instance.
struct Component {
  std::string name;
  std::string action;  // what is counted: "conversion", "byte", ...
  double area_m2 = 0.0;
  double leakage_w = 0.0;
  double energy_j = 0.0;  // of one action
  double node_nm = 0.0;
  std::string source;  // of every number, with the rule where one was derived
};

/// What sets an instance's size. Each component reads what concerns it.
struct Size {
  int bits = 1;    // resolution (row driver, converter), width (adders)
  int rows = 128;  // of an array
  int cols = 128;
  double bytes = 1.0;               // of a memory
  bool has_transistor = false;      // cells with an access transistor each (1T1R) or bare (0T1R)
  std::string adc_model = "table";  // a name of adc_models()
};

/// An entry of the component table.
struct ComponentKind {
  std::string name;
  std::string summary;
  Component (*make)(const ComponentLibrary& library, const Size& size);
};

/// All components. Add one here and in a file of its own.
[[nodiscard]] const std::vector<ComponentKind>& component_table();

/// Throws ConfigError when the name is unknown, the library lacks a number or leaves the component
/// out, or the size is outside the range that the model covers (naming both).
[[nodiscard]] Component make_component(const std::string& name, const ComponentLibrary& library,
                                       const Size& size);

/// The rule for blocks whose source gives one power figure: this share of it is leakage.
[[nodiscard]] double leakage_share(const ComponentLibrary& library);

}  // namespace ohmweave::power_area
