// SPDX-License-Identifier: Apache-2.0
// Runs the pipeline simulation. SystemC allows one simulation a process, so each run is a forked
// child whose result comes back through a pipe; a crash there is an error here.
#pragma once

#include <vector>

#include "core/fields.h"
#include "power_area/sim/arithmetic.h"
#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

/// Simulates `model.num_inferences` images entering back to back. Throws NumericError when the
/// pipeline stops before all have left (naming what each node waits for) or the child dies.
/// Call before any torch code has run in this process.
[[nodiscard]] PipelineResult simulate(const PipelineModel& model);

struct FunctionalResult {
  PipelineResult timing;          // the same as without data
  std::vector<RowCodes> outputs;  // per inference: the rows of the sink, one after the other
  Json notes;                     // the arithmetic's
};
/// The same with data: inference i carries image i of the arithmetic. A window that would read a
/// row that is not in its tile's buffer, and a buffer that overruns, are errors too.
[[nodiscard]] FunctionalResult simulate(const PipelineModel& model, Arithmetic& arithmetic);

[[nodiscard]] Json result_to_json(const PipelineResult& result);
[[nodiscard]] PipelineResult result_from_json(const Json& json);

}  // namespace ohmweave::power_area
