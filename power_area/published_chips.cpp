// SPDX-License-Identifier: Apache-2.0
#include "power_area/published_chips.h"

#include <algorithm>

namespace ohmweave::power_area {

namespace {

/// A MAC is two operations.
double joules_per_mac(double tops_per_watt) { return 2.0 / (tops_per_watt * 1e12); }

std::vector<PublishedChip> sorted_chips() {
  const std::string neurram = "wan_nature_2022, Fig. 12 as digitised in mit-emze/cimloop";
  std::vector<PublishedChip> chips = {
      {"NeuRRAM, 1-bit inputs", "silicon", 130, 4, 1, joules_per_mac(43.07875866), neurram, "seen"},
      {"NeuRRAM, 4-bit inputs", "silicon", 130, 4, 4, joules_per_mac(15.95409517), neurram, "seen"},
      {"NeuRRAM, 8-bit inputs", "silicon", 130, 4, 8, joules_per_mac(6.437388185), neurram, "seen"},
      {"Yao", "silicon", 130, 4, 8, joules_per_mac(11.014), "yao_nature_2020", "from_memory"},
      {"ISAAC", "design", 32, 16, 16, 65.81 / (41.29e12 / 2.0),
       "shafiee_isca_2016: 65.81 W at 41.29 TOPS, from its component table", "derived"},
      {"PUMA", "design", 32, 16, 16, joules_per_mac(0.837), "ankit_asplos_2019", "seen"},
      {"NeuroSim, VGG-16", "simulation", 22, 8, 8, 14.363e-6 / 313.2e6,
       "DNN_NeuroSim V1.4 (ac828e67): 14.194 uJ dynamic, 0.169 uJ leakage, 313.2 M MAC",
       "measured_here"},
      {"MNSIM, VGG-16", "simulation", 130, 9, 9, 2225.9e-6 / 313.2e6,
       "MNSIM 2.0 (ca39ccb6): 2225.9 uJ, 313.2 M MAC", "measured_here"}};
  std::sort(chips.begin(), chips.end(), [](const PublishedChip& a, const PublishedChip& b) {
    return a.joules_per_bit_product() < b.joules_per_bit_product();
  });
  return chips;
}

}  // namespace

const std::vector<PublishedChip>& published_chips() {
  static const std::vector<PublishedChip> chips = sorted_chips();
  return chips;
}

}  // namespace ohmweave::power_area
