// SPDX-License-Identifier: Apache-2.0
// Every cost of a chip, entered once under a part and a layer, so that both views add up to the
// same total.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "power_area/cost/component.h"

namespace ohmweave::power_area {

struct Cost {
  double count = 0.0;  // instances
  double area_m2 = 0.0;
  double leakage_w = 0.0;
  double dynamic_j = 0.0;  // per inference
  double peak_w = 0.0;     // dynamic power with every unit busy
  void add(const Cost& other);
};

/// Which parts the source papers count when they speak of arrays and converters alone.
enum class PartGroup { ArrayAndConverter, Other };

struct Part {
  std::string name;
  PartGroup group = PartGroup::Other;
  std::string source;
  Cost cost;
};

constexpr int kNoLayer = -1;  // cost that belongs to no layer: white space, empty routers

class Ledger {
 public:
  /// Enters `count` instances of a component: their area and leakage.
  void add_instances(const Component& component, PartGroup group, int layer, double count);
  /// Enters `num_actions` per inference, and dynamic power with the component always busy.
  void add_actions(const Component& component, PartGroup group, int layer, double num_actions,
                   double peak_actions_per_s);
  void add(const std::string& part, PartGroup group, const std::string& source, int layer,
           const Cost& cost);

  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  [[nodiscard]] Cost layer(int index) const;
  [[nodiscard]] Cost total() const;
  [[nodiscard]] Cost total(PartGroup group) const;

 private:
  std::vector<Part> parts_;
  std::map<int, Cost> layers_;
};

}  // namespace ohmweave::power_area
