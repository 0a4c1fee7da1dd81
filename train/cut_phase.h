// SPDX-License-Identifier: Apache-2.0
// Gradual cuts: one exact cut before every epoch, down to a count that all weights share.
#pragma once

#include "train/choice.h"
#include "train/compress_step.h"

namespace ohmweave::train {

/// What a phase of cuts ends with.
struct CutOutcome {
  Masks masks;
  Traces traces;
};

/// Trains `module` and cuts: before epoch j of J the best n0 (n / n0)^(j / J) of the n0 weights
/// that `masks` allow stay, all of them live, n = count.keep; biases take what dead paths held.
[[nodiscard]] CutOutcome run_cut_phase(nn::GraphModule& module, const Masks& masks,
                                       const admm::SharedCount& count, const CutOptions& options,
                                       const StepContext& context);

}  // namespace ohmweave::train
