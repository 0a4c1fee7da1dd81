// SPDX-License-Identifier: Apache-2.0
// One progressive step: ADMM towards the constraints, hard projection, training under the mask,
// and (if asked for) quantizing.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "admm/constraint_table.h"
#include "core/network_model.h"
#include "train/masks.h"
#include "train/options.h"
#include "train/phase.h"

namespace ohmweave::train {

/// What a step starts from and ends with.
struct CompressState {
  NetworkModel model;  // with ranges and level scales once quantized
  Masks masks;
  Traces traces;  // of this and all earlier steps
};

/// What all phases of a step share.
struct StepContext {
  const TrainingSet& set;
  Progress& progress;
  std::string name;              // "step_1"
  std::string pointer;           // of the step in the config, for error texts
  std::filesystem::path folder;  // of checkpoints
  std::string stamp;             // of all the step depends on
  int batch = 64;
  LevelGrid grid;
  RandomStream stream;
  std::optional<DistillOptions> distill;
  EngineKind engine = EngineKind::Auto;
};

[[nodiscard]] CompressState run_step(CompressState state, const CompressStep& step,
                                     const StepContext& context);

/// The sets that the options name, each with the weights it holds for, inside `masks`. Throws
/// ConfigError for a pattern without a match and for counts that exceed a tensor.
using Constraints = std::vector<admm::ResolvedConstraint>;
[[nodiscard]] Constraints resolve_constraints(const std::vector<admm::ConstraintOptions>& options,
                                              const nn::GraphModule& module, const Masks& masks,
                                              const StepContext& context);

/// Checks every pattern and count of a step without training; throws as resolve_constraints().
void check_step(const CompressStep& step, const nn::GraphModule& module,
                const StepContext& context);

/// ADMM towards `constraints`, weights outside `masks` held at 0; ends with the last epoch's
/// weights, not yet projected.
[[nodiscard]] Traces run_admm_phase(nn::GraphModule& module, const Constraints& constraints,
                                    const Masks& masks, const admm::AdmmOptions& options,
                                    const StepContext& context);

}  // namespace ohmweave::train
