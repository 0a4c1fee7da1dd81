// SPDX-License-Identifier: Apache-2.0
// The one training loop: epochs of keyed shuffles and copies, the loss of loss.h, Adam, a
// validation score and a checkpoint after each. What ADMM, masks and levels add to it hooks in. A
// phase that was stopped goes on from its checkpoint and ends with the same bits.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/random.h"
#include "train/checkpoint.h"
#include "train/learner.h"
#include "train/options.h"
#include "train/schedule.h"
#include "train/traces.h"

namespace ohmweave::train {

/// Which epoch's network a phase ends with.
enum class Keep { LastEpoch, LeastValidationLoss };

struct PhasePlan {
  std::string name;
  int epochs = 1;
  int batch = 64;
  LearningRate learning_rate;
  double l2 = 0.0;
  Keep keep = Keep::LeastValidationLoss;
  RandomStream stream;  // of shuffles, copies and dropout
  double ema_decay = 0.0;
  std::optional<DistillOptions> distill = std::nullopt;
  admm::OptimizerKind optimizer = admm::OptimizerKind::Adam;
  std::optional<double> original_fraction = std::nullopt;  // in place of the training set's
};

/// What a phase does besides plain training; empty functions do nothing.
struct PhaseHooks {
  std::function<void(int epoch)> before_epoch;  // epoch from 1
  std::function<void()> after_backward;         // gradients are there, weights not yet changed
  std::function<void()> after_step;             // weights have changed, masks hold
  /// `epoch` (from 1) is done, its score not yet taken. Returns what ADMM updated.
  std::function<std::vector<AdmmRow>(int epoch)> after_epoch;
  /// True: the phase ends before its last epoch. Asked after every epoch.
  std::function<bool()> is_finished;
  /// Tensors that the optimizer moves in place of the learner's of the same name; `settle` then
  /// makes the learner's (straight-through training). Null: the learner's own are moved.
  nn::TensorMap* hidden = nullptr;
  /// Makes the learner's tensors from what they are and from `extra`, after every step and wherever
  /// they are loaded (mean weights, the best epoch's, a checkpoint's). Again changes nothing.
  std::function<void()> settle;
  /// Tensors that are trained beside the learner's, under names of their own (scales of levels);
  /// after_backward sets their gradients.
  nn::TensorMap extra;
  std::function<nn::TensorMap()> state;                  // for the checkpoint
  std::function<void(const nn::TensorMap&)> load_state;  // from the checkpoint
};

/// What a phase works on.
struct PhaseInputs {
  Learner& learner;
  nn::TensorMap parameters;  // those of the learner's that are trained
  const TrainingSet& set;
  Progress& progress;
};

/// Trains `inputs.learner` in place. Throws NumericError naming phase, epoch, step and layer when
/// the loss is not finite, Interrupted (from Progress::stop_point) after a checkpoint.
[[nodiscard]] Traces run_phase(const PhaseInputs& inputs, const PhasePlan& plan,
                               const PhaseHooks& hooks, const CheckpointPlace& place);

/// A permutation of 0 .. size-1, a pure function of the stream.
[[nodiscard]] torch::Tensor keyed_permutation(std::int64_t size, const RandomStream& stream);

}  // namespace ohmweave::train
