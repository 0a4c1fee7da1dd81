// SPDX-License-Identifier: Apache-2.0
#include "inference/mode_comparison.h"

#include <gtest/gtest.h>

#include <optional>

#include "small_networks.h"

namespace ohmweave::inference {
namespace {

constexpr int kImages = 5;

/// A chip in both modes.
struct BothModes {
  explicit BothModes(const Hardware& hardware)
      : mapped{residual_network(0.3, RandomStream(5)), {}},
        images(random_input(mapped.network, kImages, RandomStream(9))) {
    mapped.placement = simple_placement(mapped.network, hardware.array);
    const ChipKey key{RandomStream(3), 0};
    products = program_chip(mapped, hardware, key);
    reference.emplace(mapped, hardware, key);
  }
  [[nodiscard]] ModeComparison compare() const {
    return compare_modes(*reference, mapped.network, products, images, 0);
  }
  MappedNetwork mapped;
  CodeBatch images;
  LayerProducts products;
  std::optional<ReferenceChip> reference;
};

TEST(ModeComparison, OfAnIdealChipFindsNothing) {
  const ModeComparison found = BothModes(ideal_hardware(8, 4)).compare();

  EXPECT_EQ(found.num_images, kImages);
  EXPECT_GT(found.num_codes, found.num_accumulators);
  EXPECT_EQ(found.differing_accumulators, 0);
  EXPECT_EQ(found.differing_logits, 0);
  EXPECT_EQ(found.differing_classes, 0);
}

TEST(ModeComparison, OfAFaultyChipFindsCodesNearEdgesOnly) {
  Hardware hardware = faulty_hardware(8, 4);
  hardware.device.mismatch_sigma = 0.3;

  const ModeComparison found = BothModes(hardware).compare();

  EXPECT_GT(found.num_accumulators, 1000);
  EXPECT_LE(found.differing_accumulators, 5);
}

TEST(ModeComparison, SolvesEachArrayOnceForBothModes) {
  Hardware hardware = faulty_hardware(8, 4);
  const ModeComparison without = BothModes(hardware).compare();
  hardware.matrices = std::make_shared<crossbar::MatrixCache>(std::size_t{1} << 24U);

  const BothModes modes(hardware);

  const auto arrays = static_cast<std::int64_t>(modes.mapped.placement.arrays.size());
  // Arrays whose cells are all alike (none is mapped there) may be one.
  EXPECT_LE(hardware.matrices->num_solved(), arrays);
  EXPECT_GT(hardware.matrices->num_solved(), arrays / 2);
  EXPECT_EQ(hardware.matrices->num_solved() + hardware.matrices->num_found(), 2 * arrays);
  EXPECT_EQ(modes.compare().differing_accumulators, without.differing_accumulators);
}

TEST(ModeComparison, CountsEveryAccumulatorOfAnOutputThatIsOff) {
  const Hardware hardware = ideal_hardware(8, 4);
  BothModes modes(hardware);
  const Network& network = modes.mapped.network.network;
  const CodeBatch logits = run_network(modes.mapped.network, modes.products, modes.images).back();
  const int first = weight_nodes(network).front();
  const int last = weight_nodes(network).back();
  modes.products[first]->bias.resize(network.nodes[first].out_channels, 0);
  modes.products[first]->bias[0] += 1;
  modes.products[last]->bias.resize(network.nodes[last].out_channels, 0);
  modes.products[last]->bias[2] += 1 << 20;  // more than any sum: every image is of class 2

  const ModeComparison found = modes.compare();

  const Shape shape = infer_shapes(network)[first];
  EXPECT_EQ(found.differing_accumulators, kImages * (shape.height * shape.width + 1));
  EXPECT_EQ(found.differing_logits, kImages);
  std::int64_t of_other_classes = 0;
  for (const int image_class : classify(logits)) of_other_classes += image_class != 2 ? 1 : 0;
  EXPECT_GT(of_other_classes, 0);
  EXPECT_EQ(found.differing_classes, of_other_classes);
}

}  // namespace
}  // namespace ohmweave::inference
