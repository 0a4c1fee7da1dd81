// SPDX-License-Identifier: Apache-2.0
// The functional mode of the estimate stage: images through the simulated chip, held to what
// evaluation's reference mode says about the same images on the same chip.
#pragma once

#include <string>

#include "power_area/chip_bill.h"

namespace ohmweave::power_area {

/// Runs /chip/functional_images images. `reference`: evaluate/reference.json (images, logits and
/// codes of at least as many); null: nothing was evaluated, so images are drawn from `stream` and
/// compared with nothing. Returns {images, input: "evaluated" | "drawn", logits, codes_per_image,
/// code_digests, equals_evaluation}, the last with a reference only. Throws DataError naming the
/// image and layer whose codes differ, or what is wrong with the reference; ConfigError for chips
/// whose reads are never the same.
[[nodiscard]] Json functional_json(const SimulatedChip& chip, const Json& reference,
                                   const RandomStream& stream);

}  // namespace ohmweave::power_area
