// SPDX-License-Identifier: Apache-2.0
// What the batched products of a chip, which sum in single precision, give otherwise than its
// reference mode (reference_chip.h).
#pragma once

#include <cstdint>

#include "core/fields.h"
#include "inference/batches.h"
#include "inference/reference_chip.h"

namespace ohmweave::inference {

/// Counts over all images. An accumulator is compared with both modes given the same inputs, those
/// that the reference mode has there; it differs where a code of its column does.
struct ModeComparison {
  std::int64_t num_images = 0;
  std::int64_t num_codes = 0;         // that the reference mode's converters gave
  std::int64_t num_accumulators = 0;  // of all layers with weights
  std::int64_t differing_accumulators = 0;
  std::int64_t differing_logits = 0;   // images any of whose logits differ, each mode by itself
  std::int64_t differing_classes = 0;  // images that the modes put in different classes
};

/// The images of `batch`, the first of which is number `first` of those that follow each other
/// through the chip. `products`: of the same chip as `reference`.
[[nodiscard]] ModeComparison compare_modes(const ReferenceChip& reference,
                                           const QuantizedNetwork& network,
                                           const LayerProducts& products, const CodeBatch& batch,
                                           std::int64_t first);

void add(ModeComparison& sum, const ModeComparison& part);

/// The object on_chip.reference of result.json: the fields by name.
[[nodiscard]] Json mode_comparison_json(const ModeComparison& comparison);

}  // namespace ohmweave::inference
