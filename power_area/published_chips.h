// SPDX-License-Identifier: Apache-2.0
// What published chips and simulators spend on a multiply-accumulate, to see where an estimate
// lands among them.
#pragma once

#include <string>
#include <vector>

namespace ohmweave::power_area {

struct PublishedChip {
  std::string name;
  std::string what;  // silicon, design, simulation
  double node_nm = 0.0;
  int weight_bits = 0;  // with the sign
  int input_bits = 0;
  double joules_per_mac = 0.0;
  std::string source;
  std::string status;
};

/// By rising energy of a MAC.
[[nodiscard]] const std::vector<PublishedChip>& published_chips();

}  // namespace ohmweave::power_area
