// SPDX-License-Identifier: Apache-2.0
// The fast path beside the simulation: the same pipeline by its recurrences, without a kernel.
//   start(w)  = max(finish(w-1), arrival of the rows that w reads, emission of row - 2,
//                   delivery of the window two before, over the mesh)
//   finish(w) = start(w) + cycles of a window
//   ready(y)  = last delivery of the windows of row y + emit cycles
//   emit(y)   = max(ready(y), emit(y-1), room in the buffer of every consumer)
// Every packet has its way to itself but for packets of the same sender: the packets of one row go
// off together, one row after the other, and so do a unit's partial sums. Equal to the simulation
// to the cycle, stalls included, where packets of different senders never meet on a link. Where
// they do, waiting there is missing; the rate of inferences is still held to what the busiest link
// carries. docs/chip.md has the differences that were measured.
#pragma once

#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

/// As simulate(): the same counts, the same errors for models that do not fit together and for
/// pipelines that come to a halt. The links' wait_cycles are 0.
[[nodiscard]] PipelineResult analyze(const PipelineModel& model);

}  // namespace ohmweave::power_area
