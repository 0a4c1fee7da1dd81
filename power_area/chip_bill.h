// SPDX-License-Identifier: Apache-2.0
// The bill of a simulated chip: instances times their cost, and actions counted by the simulation
// times their energy.
#pragma once

#include <vector>

#include "power_area/chip_pipeline.h"
#include "power_area/layer_plan.h"
#include "power_area/ledger.h"
#include "power_area/nonzero.h"
#include "power_area/sim/simulate.h"

namespace ohmweave::power_area {

/// A mapped network with all that was found out about it.
struct SimulatedChip {
  const MappedNetwork& mapped;
  const Circuits& circuits;
  const ComponentLibrary& library;
  std::vector<LayerPlan> plans;
  ChipPipeline pipeline;
  PipelineResult result;
  std::vector<std::vector<double>> share_energies_j;  // per plan and share: cells, one window
  std::vector<NonzeroShares> nonzero;                 // per plan
};

/// The floorplan: equal tiles on the mesh, as large as the largest needs to be, and off-chip links
/// beside the mesh.
struct Floorplan {
  double pitch_area_m2 = 0.0;  // of one mesh position
  double built_area_m2 = 0.0;
  double unused_positions_area_m2 = 0.0;  // room for arrays that tiles do not hold
  double off_chip_area_m2 = 0.0;
  int num_positions = 0;
  int num_unused_arrays = 0;
  /// num_positions * pitch + links.
  [[nodiscard]] double area_m2() const { return num_positions * pitch_area_m2 + off_chip_area_m2; }
};

struct Bill {
  Ledger ledger;  // its total area is the floorplan's
  Floorplan floorplan;
};

[[nodiscard]] Bill bill_chip(const SimulatedChip& chip);
/// The same chip, with the same actions in the same time, of components with other numbers.
[[nodiscard]] Bill bill_chip(const SimulatedChip& chip, const ComponentLibrary& library);

}  // namespace ohmweave::power_area
