// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/scaling.h"

#include <array>
#include <cmath>
#include <set>
#include <sstream>

#include "core/error.h"

namespace ohmweave::power_area {

namespace {

/// One node of the source's tables. `area`: relative to 130 nm. Supply voltages: nominal values of
/// the generation (from memory).
struct Node {
  double nm;
  double area;
  double a, b, c;
  double supply_v;
  [[nodiscard]] double energy() const { return a * supply_v * supply_v + b * supply_v + c; }
};

constexpr std::array<Node, 10> kNodes = {{{130, 1.0, 7.171, -6.709, 2.904, 1.3},
                                          {90, 0.44, 4.762, -4.781, 2.092, 1.2},
                                          {65, 0.23, 3.755, -4.398, 1.975, 1.1},
                                          {45, 0.16, 1.103, -0.362, 0.2767, 1.0},
                                          {32, 0.072, 0.9559, -0.7823, 0.471, 0.9},
                                          {20, 0.033, 0.373, -0.1582, 0.04104, 0.85},
                                          {16, 0.03, 0.2958, -0.1241, 0.03024, 0.8},
                                          {14, 0.027, 0.2363, -0.09675, 0.02239, 0.8},
                                          {10, 0.016, 0.2068, -0.09311, 0.02375, 0.75},
                                          {7, 0.0092, 0.1776, -0.09097, 0.02447, 0.7}}};

template <class Quantity>
double at_node(double nm, Quantity quantity) {
  std::size_t next = 1;
  while (next + 1 < kNodes.size() && kNodes[next].nm > nm) ++next;
  const Node& large = kNodes[next - 1];
  const Node& small = kNodes[next];
  const double share = std::log(large.nm / nm) / std::log(large.nm / small.nm);
  return std::exp((1.0 - share) * std::log(quantity(large)) + share * std::log(quantity(small)));
}

void check_range(double nm) {
  if (nm >= kSmallestNodeNm && nm <= kLargestNodeNm) return;
  std::ostringstream text;
  text << "/chip/node_nm: numbers cannot be moved to or from " << nm << " nm: the rules of "
       << kScalingSource << " cover " << kSmallestNodeNm << " to " << kLargestNodeNm << " nm";
  throw ConfigError({text.str()});
}

}  // namespace

double scaling_factor(const std::string& unit, double from_nm, double to_nm) {
  static const std::set<std::string> areas = {"m2", "mm2", "um2"};
  static const std::set<std::string> energies = {"W", "mW", "uW", "nW", "J", "nJ", "pJ", "fJ"};
  static const std::set<std::string> lengths = {"m", "um", "nm"};
  if (from_nm == 0.0 || from_nm == to_nm) return 1.0;
  const bool is_area = areas.count(unit) > 0;
  const bool is_energy = energies.count(unit) > 0;
  const bool is_length = lengths.count(unit) > 0;
  if (!is_area && !is_energy && !is_length) return 1.0;
  check_range(from_nm);
  check_range(to_nm);
  if (is_length) return to_nm / from_nm;
  const auto quantity = [is_area](const Node& node) { return is_area ? node.area : node.energy(); };
  return at_node(to_nm, quantity) / at_node(from_nm, quantity);
}

}  // namespace ohmweave::power_area
