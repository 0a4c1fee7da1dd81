// SPDX-License-Identifier: Apache-2.0
#include "power_area/reduction.h"

#include <algorithm>

namespace ohmweave::power_area {

namespace {

Json view_json(const Cost& chip, const Cost& baseline, double rate_hz) {
  const double power_w = chip.dynamic_j * rate_hz + chip.leakage_w;
  const double baseline_power_w = baseline.dynamic_j * rate_hz + baseline.leakage_w;
  return {{"area_fraction", 1.0 - chip.area_m2 / baseline.area_m2},
          {"power_fraction", 1.0 - power_w / baseline_power_w},
          {"energy_fraction", 1.0 - (power_w / rate_hz) / (baseline_power_w / rate_hz)},
          {"dynamic_energy_fraction", 1.0 - chip.dynamic_j / baseline.dynamic_j}};
}

}  // namespace

Json reduction_json(const ComparedChip& chip, const ComparedChip& baseline,
                    const std::string& baseline_description) {
  const double rate_hz = std::min(chip.throughput_hz, baseline.throughput_hz);
  Json json = {
      {"at", "equal_throughput"}, {"throughput_hz", rate_hz}, {"baseline", baseline_description}};
  json["views"]["whole_chip"] = view_json(chip.ledger.total(), baseline.ledger.total(), rate_hz);
  json["views"]["arrays_and_converters"] =
      view_json(chip.ledger.total(PartGroup::ArrayAndConverter),
                baseline.ledger.total(PartGroup::ArrayAndConverter), rate_hz);
  json["arrays_fraction"] = 1.0 - static_cast<double>(chip.num_arrays) / baseline.num_arrays;
  return json;
}

}  // namespace ohmweave::power_area
