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
  /// Of a MAC of one bit by one bit: what chips of different widths have in common.
  [[nodiscard]] double joules_per_bit_product() const {
    return joules_per_mac / (weight_bits * input_bits);
  }
};

/// By rising energy of a product of bits.
[[nodiscard]] const std::vector<PublishedChip>& published_chips();

}  // namespace ohmweave::power_area
