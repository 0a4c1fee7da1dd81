// SPDX-License-Identifier: Apache-2.0
// Moving a published number from one technology node to another:
//   areas              by the area ratios,
//   energies, powers   by the energy of a gate, E(node, V) = a V^2 + b V + c at each node's own
//                      supply voltage (a power at an unchanged rate is an energy; leakage is taken
//                      to follow it),
//   lengths            by the ratio of the nodes,
//   times, rates, counts, voltages, capacitances and cell areas in squared features: unchanged.
// Between tabulated nodes the logarithm is linear in the logarithm of the node. The rules are of
// logic: analog blocks scale less, so that what they give for converters is a lower bound.
// Source: stillmaker_integration_2017, tables of area ratios and of energy coefficients.
// Valid from 130 nm down to 7 nm.
#pragma once

#include <string>

namespace ohmweave::power_area {

constexpr const char* kScalingSource = "stillmaker_integration_2017";
constexpr double kLargestNodeNm = 130.0;
constexpr double kSmallestNodeNm = 7.0;

/// What a number of `unit` is multiplied with; 1 for `from_nm` = 0 (of no node). Throws ConfigError
/// when a node is outside the range and the unit is one that scales.
[[nodiscard]] double scaling_factor(const std::string& unit, double from_nm, double to_nm);

}  // namespace ohmweave::power_area
