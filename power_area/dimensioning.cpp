// SPDX-License-Identifier: Apache-2.0
#include "power_area/dimensioning.h"

#include <algorithm>

#include "power_area/chip_bill.h"
#include "power_area/sim/analyze.h"

namespace ohmweave::power_area {

std::vector<mapping::LayerLoad> layer_loads(const MappedNetwork& mapped,
                                            const std::vector<mapping::ColumnSums>& column_sums,
                                            const Circuits& circuits,
                                            const ComponentLibrary& library) {
  const std::vector<LayerPlan> plans = plan_layers(mapped, column_sums, circuits, library);
  const ChipPipeline pipeline = build_pipeline(mapped, plans, circuits);
  std::vector<mapping::LayerLoad> loads;
  for (std::size_t s = 0; s < pipeline.roles.size(); ++s) {
    if (pipeline.roles[s].plan < 0) continue;
    const LayerPlan& plan = plans[pipeline.roles[s].plan];
    if (plan.shares.empty()) continue;
    std::int64_t cycles = 0;
    for (const PipelineUnit& unit : pipeline.model.nodes[s].units)
      cycles = std::max(cycles, unit.cycles_per_window);
    loads.push_back({plan.name, plan.matrix.windows,
                     static_cast<double>(cycles) / circuits.chip.clock_hz, plan.node});
  }
  return loads;
}

double chip_area_m2(const MappedNetwork& mapped,
                    const std::vector<mapping::ColumnSums>& column_sums, const Circuits& circuits,
                    const ComponentLibrary& library) {
  SimulatedChip chip{mapped, circuits, library, {}, {}, {}, {}, {}};
  chip.plans = plan_layers(mapped, column_sums, circuits, library);
  chip.pipeline = build_pipeline(mapped, chip.plans, circuits);
  chip.result = analyze(chip.pipeline.model);
  // Energies do not bear on the area.
  chip.nonzero.resize(chip.plans.size());
  for (const LayerPlan& plan : chip.plans)
    chip.share_energies_j.emplace_back(plan.shares.size(), 0.0);
  return bill_chip(chip).floorplan.area_m2();
}

}  // namespace ohmweave::power_area
