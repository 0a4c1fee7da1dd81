// SPDX-License-Identifier: Apache-2.0
// Layers of which a chip holds several copies.
#include <gtest/gtest.h>

#include "inference/executor.h"
#include "inference/mapped_chip.h"
#include "inference/reference_chip.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

/// Every block once more, as its copy 1, on arrays of its own.
mapping::Placement twice(mapping::Placement placement) {
  const std::vector<mapping::Block> blocks = placement.blocks;
  for (const mapping::Block& block : blocks) {
    mapping::Block copy = block;
    copy.copy = 1;
    copy.first_array = static_cast<int>(placement.arrays.size());
    for (int a = 0; a < placement.geometry.arrays_per_position(); ++a) {
      mapping::Array array = placement.arrays[block.first_array + a];
      array.blocks = {static_cast<int>(placement.blocks.size())};
      placement.arrays.push_back(array);
    }
    placement.blocks.push_back(std::move(copy));
  }
  return placement;
}

TEST(Copies, DealWindowsToTheCopiesOfALayerInTurn) {
  const QuantizedNetwork network = signed_conv_network();  // 4 x 4 windows an image
  Hardware hardware = faulty_hardware(8, 2);
  hardware.device.mismatch_sigma = 0.3;
  const ChipKey key{RandomStream(3), 1};
  const MappedNetwork once{network, simple_placement(network, hardware.array)};
  const MappedNetwork copied{network, twice(once.placement)};
  const CodeBatch images = random_input(network, 5, RandomStream(2));

  const LayerProducts products = program_chip(copied, hardware, key);
  const CodeBatch all = run_network(network, products, images).back();

  const CodeBatch first = run_network(network, program_chip(once, hardware, key), images).back();
  const ReferenceChip reference(copied, hardware, key);
  const std::int64_t places = std::int64_t{all.shape.height} * all.shape.width;
  int num_moved = 0;
  int num_unlike_reference = 0;
  for (int i = 0; i < images.num_images; ++i) {
    const CodeBatch one{1, images.shape, image_of(images, i)};
    EXPECT_EQ(run_network(network, products, one, Reading{i, {}}).back().codes, image_of(all, i));
    const auto expected = reference.run(i, one.codes).logits;
    for (std::size_t c = 0; c < expected.size(); ++c) {
      const std::int32_t value = image_of(all, i)[c];
      const std::int64_t window = i * places + static_cast<std::int64_t>(c) % places;
      if (window % 2 == 0) {
        EXPECT_EQ(value, image_of(first, i)[c]) << "read from the needed copy";
      } else {
        num_moved += value != image_of(first, i)[c] ? 1 : 0;
      }
      num_unlike_reference += value != expected[c] ? 1 : 0;
    }
  }
  EXPECT_GT(num_moved, 100);           // of 240
  EXPECT_LE(num_unlike_reference, 3);  // codes within float rounding of an edge
}

}  // namespace
}  // namespace ohmweave::inference
