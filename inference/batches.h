// SPDX-License-Identifier: Apache-2.0
// Cutting many images into batches, and what classes they are given.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/quantized_network.h"
#include "inference/code_batch.h"
#include "inference/executor.h"
#include "inference/parallel.h"

namespace ohmweave::inference {

/// ceil(images / batch); batch >= 1.
[[nodiscard]] int count_batches(const CodeBatch& all, int batch);
/// Images index * batch .. (index + 1) * batch - 1, or fewer at the end.
[[nodiscard]] CodeBatch slice_batch(const CodeBatch& all, int index, int batch);
/// The first `num_images` (at most all) images.
[[nodiscard]] CodeBatch first_images(const CodeBatch& all, int num_images);

/// Index of each image's largest output; the lowest of equals.
[[nodiscard]] std::vector<int> classify(const CodeBatch& outputs);

/// Images whose class is their label. `labels`: one an input image. `reads`: where read noise comes
/// from, needed where a product has some; results do not depend on `batch`.
[[nodiscard]] std::int64_t count_correct(const QuantizedNetwork& network,
                                         const LayerProducts& products, const CodeBatch& input,
                                         const std::vector<int>& labels, int batch,
                                         const ForEach& for_each = in_sequence,
                                         const std::optional<RandomStream>& reads = std::nullopt);

}  // namespace ohmweave::inference
