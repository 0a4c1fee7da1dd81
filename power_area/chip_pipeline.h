// SPDX-License-Identifier: Apache-2.0
// From a mapped network to the pipeline that the simulation runs: one node for the image port, one
// for each Conv2d, Linear, pooling and Add, one for the chip's output. ReLU and flattening happen
// on the way and take no node of their own.
#pragma once

#include <vector>

#include "power_area/layer_plan.h"
#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

/// What a pipeline node is, beside its timing.
struct StageRole {
  int network_node = 0;
  int plan = -1;  // index of its layer plan; -1: not a weight layer
  int owner = 0;  // plan of the weight layer whose home tile does the work (and bears the cost)
  std::int64_t values_in = 0;   // read per output row by pooling or Add; 0 for weight layers
  std::int64_t values_out = 0;  // finished values per output row
  int output_bits = 0;          // of one of them
};

struct ChipPipeline {
  PipelineModel model;           // its tiles: the placement's, then the port at (0, 0)
  std::vector<StageRole> roles;  // one a node of `model`
};

[[nodiscard]] ChipPipeline build_pipeline(const MappedNetwork& mapped,
                                          const std::vector<LayerPlan>& plans,
                                          const Circuits& circuits);

}  // namespace ohmweave::power_area
