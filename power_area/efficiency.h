// SPDX-License-Identifier: Apache-2.0
// What a chip spends on a multiply-accumulate, on what, and where that lands among published chips.
#pragma once

#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

/// Causes that the parts' energy is gathered under, each part under one; the rest of the name of a
/// part says which. Leakage is a cause of its own.
[[nodiscard]] std::string cause_of(const Part& part);

/// {operations_per_mac, macs_per_inference, energy_per_mac_j, energy_per_bit_product_j,
/// ops_per_second, ops_per_second_per_m2, ops_per_joule, causes: [{name, energy_per_mac_j,
/// energy_fraction}], published: [{name, what, node_nm, weight_bits, input_bits, energy_per_mac_j,
/// energy_ratio, source, status}], place}. The causes add up to the energy of a MAC.
/// energy_per_bit_product_j: over MACs x weight bits x input bits, signs included.
[[nodiscard]] Json efficiency_json(const SimulatedChip& chip, const Bill& bill,
                                   double throughput_hz);

}  // namespace ohmweave::power_area
