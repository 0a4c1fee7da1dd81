// SPDX-License-Identifier: Apache-2.0
// The frozen chip as the arithmetic of its pipeline: weight layers are read array by array
// (crossbar::read_block), all else is core's integer arithmetic. With it the simulation carries
// images, and its logits are those of the chip that was simulated.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/random.h"
#include "crossbar/block_read.h"
#include "power_area/chip_pipeline.h"
#include "power_area/sim/arithmetic.h"
#include "power_area/sim/simulate.h"

namespace ohmweave::power_area {

/// Everything the frozen chip reads with: the pairs of every block of the placement.
class ChipReaders;

/// Programs every array of the placement with the devices of chip sample 0 of `stream`, the one
/// that evaluation calls chip 0. Throws ConfigError for circuits of which
/// crossbar::block_read_problem() has something to say.
[[nodiscard]] std::shared_ptr<const ChipReaders> program_readers(
    const MappedNetwork& mapped, const std::vector<LayerPlan>& plans, const Circuits& circuits,
    const RandomStream& stream);

struct FunctionalImages {
  std::vector<std::vector<std::int32_t>> logits;  // per image: accumulators of the last node
  /// Per image and block of the placement; a block of a copy that had no window has none.
  std::vector<std::vector<crossbar::CodeDigest>> blocks;
  PipelineResult timing;  // of these images back to back
};

/// Sends the images (codes as from quantize_input()) through the pipeline.
[[nodiscard]] FunctionalImages simulate_images(
    const MappedNetwork& mapped, const std::vector<LayerPlan>& plans, const ChipPipeline& pipeline,
    const std::shared_ptr<const ChipReaders>& readers,
    const std::vector<std::vector<std::int32_t>>& images);

}  // namespace ohmweave::power_area
