// SPDX-License-Identifier: Apache-2.0
// What training leaves behind for plots: one row an epoch, one row an ADMM update and layer.
// Without times, so that two runs can be compared byte for byte.
#pragma once

#include <string>
#include <vector>

#include "admm/admm_state.h"
#include "core/fields.h"

namespace ohmweave::train {

struct EpochRow {
  std::string phase;  // "dense", "step_1/admm", ...
  int epoch = 0;      // from 1, in its phase
  double train_loss = 0.0;
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
  double learning_rate = 0.0;  // at the epoch's start
};

struct AdmmRow {
  std::string phase;
  int iteration = 0;  // from 1, in its phase
  admm::AdmmTrace trace;
};

struct Traces {
  std::vector<EpochRow> epochs;
  std::vector<AdmmRow> updates;
};
void append(Traces& traces, const Traces& more);

/// Exact both ways: numbers keep all their digits.
[[nodiscard]] Json traces_to_json(const Traces& traces);
[[nodiscard]] Traces traces_from_json(const Json& json);

/// phase,epoch,train_loss,validation_loss,validation_accuracy,learning_rate
[[nodiscard]] std::string train_csv(const Traces& traces);
/// phase,iteration,layer,primal_residual,dual_residual,violation,rho
[[nodiscard]] std::string admm_csv(const Traces& traces);

}  // namespace ohmweave::train
