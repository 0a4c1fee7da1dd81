// SPDX-License-Identifier: Apache-2.0
// Chips as tensors against the executor, on the CPU.
#include "inference/torch_chip.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "inference/batches.h"
#include "inference/mapped_chip.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

constexpr int kImages = 6;

struct Case {
  std::string name;
  Hardware hardware;
  bool is_exact = true;  // no sum lies within rounding of an edge
};

std::vector<Case> cases() {
  std::vector<Case> cases = {{"ideal", ideal_hardware(8, 4)}};
  for (const EncodingKind& kind : encodings()) {
    Hardware hardware = ideal_hardware(8, 6);
    hardware.array.encoding = kind.encoding;
    hardware.dac.bits = 3;
    cases.push_back({kind.name, hardware});
  }
  Hardware faulty = faulty_hardware(8, 4);
  faulty.device.mismatch_sigma = 0.3;
  cases.push_back({"faulty", faulty, false});
  Hardware grouped = faulty;
  grouped.array.topology = crossbar::Topology::RowSelect;
  grouped.array.rows_active = 3;
  grouped.adc.bits = 4;
  cases.push_back({"row_groups", grouped, false});
  Hardware built = faulty;
  built.adc.gain_sigma = 0.05;
  built.adc.offset_sigma_lsb = 0.7;
  built.dac.bits = 2;
  built.dac.gain_sigma = 0.02;
  built.dac.mismatch_sigma = 0.01;
  cases.push_back({"built", built, false});
  built.calibrates_columns = true;
  cases.push_back({"trimmed", built, false});
  return cases;
}

class TorchChipLikeTheExecutor : public ::testing::TestWithParam<Case> {};

torch::Tensor tensor_of(const CodeBatch& batch) {
  return torch::tensor(batch.codes, torch::kInt32)
      .reshape({batch.num_images, batch.shape.channels, batch.shape.height, batch.shape.width});
}

std::int64_t count_differences(const torch::Tensor& found, const CodeBatch& expected) {
  return found.reshape({-1}).ne(torch::tensor(expected.codes, torch::kInt32)).sum().item<int>();
}

TEST_P(TorchChipLikeTheExecutor, GivesItsOutputs) {
  for (const bool is_conv : {true, false}) {
    const QuantizedNetwork network =
        is_conv ? signed_conv_network() : residual_network(0.3, RandomStream(5));
    const Hardware& hardware = GetParam().hardware;
    const LayerProducts products = program_chip(
        {network, simple_placement(network, hardware.array)}, hardware, {RandomStream(3), 0});
    CodeBatch images = random_input(network, kImages, RandomStream(9));
    if (is_conv)
      for (std::size_t i = 0; i < images.codes.size(); i += 3) images.codes[i] -= 255;

    const torch::Tensor found = TorchChip(network, products, torch::kCPU).run(tensor_of(images), 0);

    const CodeBatch expected = run_network(network, products, images).back();
    const auto count = static_cast<std::int64_t>(expected.codes.size());
    // One code that falls the other way early in a network can move all outputs of its image.
    EXPECT_LE(count_differences(found, expected), GetParam().is_exact ? 0 : count / kImages);
  }
}

INSTANTIATE_TEST_SUITE_P(Hardware, TorchChipLikeTheExecutor, ::testing::ValuesIn(cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST(TorchChip, DealsWindowsToCopies) {
  const QuantizedNetwork network = signed_conv_network();
  Hardware hardware = faulty_hardware(8, 2);
  hardware.device.mismatch_sigma = 0.3;
  mapping::Placement placement = simple_placement(network, hardware.array);
  const std::vector<mapping::Block> blocks = placement.blocks;
  for (int copy = 1; copy < 3; ++copy) {
    for (mapping::Block block : blocks) {
      block.copy = copy;
      const int first = block.first_array;
      block.first_array = static_cast<int>(placement.arrays.size());
      for (int a = 0; a < placement.geometry.arrays_per_position(); ++a) {
        mapping::Array array = placement.arrays[first + a];
        array.blocks = {static_cast<int>(placement.blocks.size())};
        placement.arrays.push_back(array);
      }
      placement.blocks.push_back(std::move(block));
    }
  }
  const LayerProducts products = program_chip({network, placement}, hardware, {RandomStream(3), 0});
  const CodeBatch images = random_input(network, kImages, RandomStream(2));
  constexpr std::int64_t kFirstImage = 5;

  const torch::Tensor found =
      TorchChip(network, products, torch::kCPU).run(tensor_of(images), kFirstImage);

  const CodeBatch expected =
      run_network(network, products, images, Reading{kFirstImage, {}}).back();
  EXPECT_LE(count_differences(found, expected), 3);
  const CodeBatch shifted = run_network(network, products, images, Reading{0, {}}).back();
  EXPECT_GT(count_differences(found, shifted), 50) << "other copies read them";
}

TEST(TorchChip, ReadsWithTheNoiseOfItsCells) {
  // One layer of 40 columns that are all alike: many draws of one distribution.
  std::vector<std::int32_t> codes;
  for (int i = 0; i < 40 * 16; ++i) codes.push_back(i % 16 - 8);
  const QuantizedNetwork network = linear_network(16, 40, codes);
  Hardware hardware = ideal_hardware(16, 40);
  hardware.device.read_noise.emplace();
  hardware.device.read_noise->fraction = 0.2;
  const LayerProducts products = program_chip({network, simple_placement(network, hardware.array)},
                                              hardware, {RandomStream(3), 0});
  CodeBatch images = make_code_batch(100, network.network.input);
  for (std::size_t i = 0; i < images.codes.size(); ++i)
    images.codes[i] = static_cast<std::int32_t>(i % 16) * 15;

  const torch::Tensor found = TorchChip(network, products, torch::kCPU)
                                  .run(tensor_of(images), 0, make_generator(torch::kCPU, 1))
                                  .to(torch::kFloat64);

  const CodeBatch executed =
      run_network(network, products, images, Reading{0, RandomStream(4)}).back();
  const torch::Tensor expected = torch::tensor(executed.codes, torch::kInt32).to(torch::kFloat64);
  EXPECT_GT(expected.std().item<double>(), 1.0);
  // 4,000 draws each: means to 4 of their standard deviations, spreads to 5 %.
  EXPECT_NEAR(found.mean().item<double>(), expected.mean().item<double>(),
              4.0 * expected.std().item<double>() * std::sqrt(2.0 / 4000.0));
  EXPECT_NEAR(found.std().item<double>() / expected.std().item<double>(), 1.0, 0.05);
}

TEST(TorchChip, CountsTheImagesThatTheExecutorGetsRight) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));
  const Hardware hardware = ideal_hardware(8, 4);
  const LayerProducts products = program_chip({network, simple_placement(network, hardware.array)},
                                              hardware, {RandomStream(3), 0});
  const CodeBatch images = random_input(network, 23, RandomStream(9));
  std::vector<int> labels = classify(run_network(network, products, images).back());
  for (int i = 0; i < 9; ++i) labels[i] = (labels[i] + 1) % 5;

  const TorchChip chip(network, products, torch::kCPU);

  EXPECT_EQ(count_correct(chip, images, labels, 7, torch::kCPU, 1), 14);
}

TEST(TorchChip, RefusesWhatIsSearchedOneByOne) {
  Hardware spread = ideal_hardware(8, 4);
  spread.adc.bits = 5;
  spread.adc.mismatch_sigma = 0.01;
  Hardware gates = ideal_hardware(8, 4);
  gates.array.topology = crossbar::Topology::GateInput;
  const QuantizedNetwork network = signed_conv_network();
  for (const Hardware& hardware : {spread, gates}) {
    const LayerProducts products = program_chip(
        {network, simple_placement(network, hardware.array)}, hardware, {RandomStream(3), 0});
    EXPECT_THROW(TorchChip(network, products, torch::kCPU), std::logic_error);
  }
}

TEST(TorchDevice, SaysWhereThereIsNone) {
  EXPECT_EQ(torch_device("cpu", "--device"), torch::Device(torch::kCPU));
  if (torch::cuda::is_available()) GTEST_SKIP() << "there is a GPU";
  EXPECT_THROW((void)torch_device("cuda", "--device"), ConfigError);
}

}  // namespace
}  // namespace ohmweave::inference
