// SPDX-License-Identifier: Apache-2.0
#include "inference/mode_comparison.h"

#include <algorithm>
#include <vector>

namespace ohmweave::inference {
namespace {

std::vector<ReferenceImage> reference_images(const ReferenceChip& reference, const CodeBatch& batch,
                                             std::int64_t first) {
  std::vector<ReferenceImage> images;
  const std::int64_t size = batch.shape.size();
  for (int i = 0; i < batch.num_images; ++i) {
    const auto begin = batch.codes.begin() + i * size;
    images.push_back(reference.run(static_cast<int>(first) + i, {begin, begin + size}));
  }
  return images;
}

/// The codes of one node of all images.
CodeBatch map_of(const std::vector<ReferenceImage>& images, int node, const Shape& shape) {
  CodeBatch batch{static_cast<int>(images.size()), shape, {}};
  for (const ReferenceImage& image : images)
    batch.codes.insert(batch.codes.end(), image.maps[node].begin(), image.maps[node].end());
  return batch;
}

/// Accumulators of a node that differ from the images'.
std::int64_t count_differences(const std::vector<std::int32_t>& found,
                               const std::vector<ReferenceImage>& images, int node) {
  std::int64_t count = 0;
  auto next = found.begin();
  for (const ReferenceImage& image : images) {
    for (const std::int64_t value : image.accumulators[node]) count += value != *next++ ? 1 : 0;
  }
  return count;
}

}  // namespace

ModeComparison compare_modes(const ReferenceChip& reference, const QuantizedNetwork& network,
                             const LayerProducts& products, const CodeBatch& batch,
                             std::int64_t first) {
  const std::vector<ReferenceImage> images = reference_images(reference, batch, first);
  const std::vector<Shape> shapes = infer_shapes(network.network);
  const Reading reading{first, {}};
  ModeComparison result;
  result.num_images = batch.num_images;
  for (const ReferenceImage& image : images) {
    for (const crossbar::CodeDigest& block : image.blocks) result.num_codes += block.num_codes;
  }
  for (const int node : weight_nodes(network.network)) {
    const Node& layer = network.network.nodes[node];
    const int from = layer.inputs.front();
    const CodeBatch found =
        multiply(*products[node], layer, shapes[node], map_of(images, from, shapes[from]), reading);
    result.num_accumulators += static_cast<std::int64_t>(found.codes.size());
    result.differing_accumulators += count_differences(found.codes, images, node);
  }
  const CodeBatch logits = run_network(network, products, batch, reading).back();
  const CodeBatch expected =
      map_of(images, static_cast<int>(network.network.nodes.size()) - 1, logits.shape);
  const std::vector<int> classes = classify(logits);
  const std::vector<int> expected_classes = classify(expected);
  const std::int64_t size = logits.shape.size();
  for (int i = 0; i < batch.num_images; ++i) {
    const auto begin = logits.codes.begin() + i * size;
    const bool are_equal = std::equal(begin, begin + size, expected.codes.begin() + i * size);
    result.differing_logits += are_equal ? 0 : 1;
    result.differing_classes += classes[i] == expected_classes[i] ? 0 : 1;
  }
  return result;
}

void add(ModeComparison& sum, const ModeComparison& part) {
  sum.num_images += part.num_images;
  sum.num_codes += part.num_codes;
  sum.num_accumulators += part.num_accumulators;
  sum.differing_accumulators += part.differing_accumulators;
  sum.differing_logits += part.differing_logits;
  sum.differing_classes += part.differing_classes;
}

Json mode_comparison_json(const ModeComparison& comparison) {
  return {{"num_images", comparison.num_images},
          {"num_codes", comparison.num_codes},
          {"num_accumulators", comparison.num_accumulators},
          {"differing_accumulators", comparison.differing_accumulators},
          {"differing_logits", comparison.differing_logits},
          {"differing_classes", comparison.differing_classes}};
}

}  // namespace ohmweave::inference
