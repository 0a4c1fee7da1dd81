// SPDX-License-Identifier: Apache-2.0
// One progressive step: regrowth, ADMM or cuts towards the constraints, masked mapping, training
// under the mask, as often as `cycles` says, and (if asked for) quantizing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "train/choice.h"
#include "train/compress_state.h"
#include "train/options.h"
#include "train/phase.h"

namespace ohmweave::train {

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
  FisherOptions fisher;
  nn::TensorMap first_weights = {};  // those that the step starts with, which kernels vote with
};

[[nodiscard]] CompressState run_step(CompressState state, const CompressStep& step,
                                     const StepContext& context);

/// The sets that the options name, each with the weights it holds for, inside `masks`; `pointer`
/// names the list in error texts. Where kernels vote for their patterns they do it with
/// `first_weights`, so that a step's sets stay what they are while it trains; empty: with the
/// weights of `module`. Throws ConfigError for a pattern without a match and for counts that exceed
/// a tensor.
[[nodiscard]] Constraints resolve_constraints(const std::vector<admm::ConstraintOptions>& options,
                                              const nn::GraphModule& module, const Masks& masks,
                                              const LevelGrid& grid, const std::string& pointer,
                                              const nn::TensorMap& first_weights = {});

/// Training with a cosine learning rate, named `name` within the step; ends with the epoch of least
/// validation loss.
[[nodiscard]] PhasePlan retrain_plan(const RetrainOptions& options, const std::string& name,
                                     const StepContext& context);

/// What a phase of ADMM ends with.
struct AdmmOutcome {
  nn::TensorMap metrics;  // by weight name, whole tensors; empty = Euclidean
  Traces traces;
};

/// ADMM towards `constraints`, weights outside `masks` held at 0; ends with the last epoch's
/// weights, not yet projected.
[[nodiscard]] AdmmOutcome run_admm_phase(nn::GraphModule& module, const Constraints& constraints,
                                         const Masks& masks, const admm::AdmmOptions& options,
                                         const StepContext& context);

}  // namespace ohmweave::train
