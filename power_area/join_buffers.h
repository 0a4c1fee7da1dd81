// SPDX-License-Identifier: Apache-2.0
// How many rows wait where branches of a pipeline meet: the short branch delivers rows that the
// long one has not yet caught up with.
#pragma once

#include <vector>

#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

/// For each edge of `join`, the rows of its producer that a buffer must hold so that the other
/// branches are never starved: those that are there before the join can use the first of them,
/// because the other branches' windows reach further down the image, and one for each step that
/// another branch has more, in which it is still at work. `join` reads row y of each producer for
/// its row y. Producers of `join` must be in `model` already; at most all rows of the producer.
[[nodiscard]] std::vector<int> rows_to_hold(const PipelineModel& model, const PipelineNode& join);

}  // namespace ohmweave::power_area
