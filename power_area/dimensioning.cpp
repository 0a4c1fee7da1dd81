// SPDX-License-Identifier: Apache-2.0
#include "power_area/dimensioning.h"

#include <algorithm>

#include "power_area/chip_bill.h"
#include "power_area/chip_report.h"
#include "power_area/chip_time.h"
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

namespace {

/// A chip whose energies are not known yet.
SimulatedChip analyzed_chip(const MappedNetwork& mapped,
                            const std::vector<mapping::ColumnSums>& column_sums,
                            const Circuits& circuits, const ComponentLibrary& library) {
  SimulatedChip chip{mapped, circuits, library, {}, {}, {}, {}, {}};
  chip.plans = plan_layers(mapped, column_sums, circuits, library);
  chip.pipeline = build_pipeline(mapped, chip.plans, circuits);
  chip.result = analyze(chip.pipeline.model);
  for (const LayerPlan& plan : chip.plans) {
    chip.nonzero.push_back({std::vector<double>(plan.shares.size(), 0.0), 0.0, 0.0});
    chip.share_energies_j.emplace_back(plan.shares.size(), 0.0);
  }
  return chip;
}

}  // namespace

double chip_area_m2(const MappedNetwork& mapped,
                    const std::vector<mapping::ColumnSums>& column_sums, const Circuits& circuits,
                    const ComponentLibrary& library) {
  return bill_chip(analyzed_chip(mapped, column_sums, circuits, library)).floorplan.area_m2();
}

ChipRate chip_rate(const MappedNetwork& mapped, const std::vector<mapping::ColumnSums>& column_sums,
                   const Circuits& circuits, const ComponentLibrary& library) {
  const SimulatedChip chip = analyzed_chip(mapped, column_sums, circuits, library);
  const Bottleneck bottleneck = find_bottleneck(chip);
  ChipRate rate;
  rate.throughput_hz = throughput_hz(chip);
  rate.bottleneck = (bottleneck.is_link() ? "link " : "stage ") + bottleneck.name;
  rate.is_held_by_arrays = !bottleneck.is_link() && chip.pipeline.roles[bottleneck.stage].plan >= 0;
  return rate;
}

}  // namespace ohmweave::power_area
