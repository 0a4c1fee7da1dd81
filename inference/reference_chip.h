// SPDX-License-Identifier: Apache-2.0
// The reference mode: one image through one chip sample, window after window, block after block,
// every read by crossbar::read_block(), whose codes are the definition. What the batched products
// compute in single precision differs from it by codes within rounding of an edge
// (mode_comparison.h counts them); what the
// simulated pipeline of the chip computes does not differ at all. Slow: seconds for VGG-16.
#pragma once

#include <cstdint>
#include <vector>

#include "crossbar/block_read.h"
#include "inference/mapped_chip.h"

namespace ohmweave::inference {

/// What one image gave.
struct ReferenceImage {
  std::vector<std::int32_t> logits;                     // accumulators of the last node
  std::vector<crossbar::CodeDigest> blocks;             // codes of every block of the placement
  std::vector<std::vector<std::int64_t>> maps;          // codes of every node
  std::vector<std::vector<std::int64_t>> accumulators;  // of nodes with weights; others: empty
};

class ReferenceChip {
 public:
  /// Programs every block, its copies too; `mapped` must outlive the chip. Throws ConfigError for
  /// circuits of which crossbar::block_read_problem() has something to say.
  ReferenceChip(const MappedNetwork& mapped, const Hardware& hardware, const ChipKey& key);

  /// Codes of image number `index` of those that follow each other through the chip: window w of a
  /// layer, counted over all images, is read from copy w % copies. `input`: as from
  /// quantize_input().
  [[nodiscard]] ReferenceImage run(int index, const std::vector<std::int32_t>& input) const;

 private:
  [[nodiscard]] std::vector<std::int64_t> read_layer(int node, int index,
                                                     ReferenceImage& result) const;
  [[nodiscard]] std::vector<std::int64_t> run_exactly(int node, const ReferenceImage& image) const;

  const MappedNetwork& mapped_;
  std::vector<Shape> shapes_;
  std::vector<crossbar::BlockReader> readers_;  // as the placement's blocks
};

/// {"images": [codes], "logits": [...], "blocks": [[[number of codes, digest], ...], ...]} of the
/// first `count` images.
[[nodiscard]] Json reference_json(const ReferenceChip& chip, const CodeBatch& images, int count);

}  // namespace ohmweave::inference
