// SPDX-License-Identifier: Apache-2.0
// Every cost of a chip, entered once under a part, a layer and a tile, so that all three views add
// up to the same total.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "power_area/cost/component.h"

namespace ohmweave::power_area {

struct Cost {
  double count = 0.0;    // instances
  double actions = 0.0;  // per inference
  double area_m2 = 0.0;
  double leakage_w = 0.0;
  double dynamic_j = 0.0;  // per inference
  double peak_w = 0.0;     // dynamic power with every unit busy
  void add(const Cost& other);
};

/// Array (with its drivers, holds and switches) and Converter: what papers count that speak of
/// arrays and converters alone.
enum class PartGroup { Array, Converter, Digital, WhiteSpace, OffChip };
[[nodiscard]] std::string group_name(PartGroup group);

struct Part {
  std::string name;
  PartGroup group = PartGroup::Digital;
  std::string source;
  Cost cost;
};

constexpr int kNoLayer = -1;  // cost that belongs to no layer: white space, empty routers
constexpr int kNoTile = -1;   // and to no tile: mesh positions without one, off-chip links

/// Who bears a cost.
struct Place {
  int layer = kNoLayer;
  int tile = kNoTile;
};

/// Clock tree and control, as shares of the digital parts; 0: not in the bill.
struct ControlShares {
  double area = 0.0;  // of area and leakage
  double energy = 0.0;
  std::string source;
};
/// From the library; zeros when it leaves them out. Throws ConfigError when it has no such numbers.
[[nodiscard]] ControlShares control_shares(const ComponentLibrary& library);

class Ledger {
 public:
  Ledger() = default;
  /// Each digital part entered brings its share of "control" along, at the same place.
  explicit Ledger(ControlShares control) : control_(std::move(control)) {}

  /// Enters `count` instances of a component: their area and leakage. Returns the area entered,
  /// control included.
  double add_instances(const Component& component, PartGroup group, Place place, double count);
  /// Enters `num_actions` per inference, and dynamic power with the component always busy.
  void add_actions(const Component& component, PartGroup group, Place place, double num_actions,
                   double peak_actions_per_s);
  /// No area, leakage, energy or power may be negative: white space is what is left of a whole.
  void add(const Part& part, Place place);

  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  [[nodiscard]] Cost layer(int index) const;
  [[nodiscard]] Cost tile(int index) const;
  /// What is built on a tile: its area without white space.
  [[nodiscard]] double built_area_m2(int tile) const;
  [[nodiscard]] Cost total() const;
  [[nodiscard]] Cost total(PartGroup group) const;
  /// Of both groups.
  [[nodiscard]] Cost arrays_and_converters() const;

 private:
  ControlShares control_;
  std::vector<Part> parts_;
  std::map<std::string, std::size_t> part_by_name_;
  std::map<int, Cost> layers_;
  std::map<int, Cost> tiles_;
  std::map<int, double> built_m2_;  // by tile
};

}  // namespace ohmweave::power_area
