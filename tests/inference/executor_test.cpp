// SPDX-License-Identifier: Apache-2.0
#include "inference/executor.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "small_networks.h"

namespace ohmweave::inference {
namespace {

void expect_equal_to_reference(const QuantizedNetwork& network,
                               const std::vector<CodeBatch>& outputs) {
  const CodeBatch& input = outputs.front();
  for (int image = 0; image < input.num_images; ++image) {
    const auto reference = run_integer_reference(network, image_of(input, image));
    for (std::size_t node = 0; node < outputs.size(); ++node) {
      const std::vector<std::int32_t> codes = image_of(outputs[node], image);
      ASSERT_EQ((std::vector<std::int64_t>(codes.begin(), codes.end())), reference[node])
          << "node " << network.network.nodes[node].name << ", image " << image;
    }
  }
}

/// Different codes among all outputs of a node: a test on constant codes would prove nothing.
std::size_t num_distinct(const CodeBatch& batch) {
  std::vector<std::int32_t> codes = batch.codes;
  std::sort(codes.begin(), codes.end());
  return static_cast<std::size_t>(std::unique(codes.begin(), codes.end()) - codes.begin());
}

TEST(Executor, WithExactProductsEqualsTheIntegerReferenceOnAResidualNetwork) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(5));

  const std::vector<CodeBatch> outputs =
      run_network(network, exact_products(network), random_input(network, 9, RandomStream(6)));

  for (std::size_t node = 1; node < outputs.size(); ++node)
    EXPECT_GT(num_distinct(outputs[node]), 10U) << network.network.nodes[node].name;
  expect_equal_to_reference(network, outputs);
}

TEST(Executor, WithExactProductsEqualsTheIntegerReferenceOnLeNet5) {
  const QuantizedNetwork network = lenet5_network(0.5, RandomStream(7));

  expect_equal_to_reference(network, run_network(network, exact_products(network),
                                                 random_input(network, 2, RandomStream(8))));
}

TEST(Executor, OnAnIdealChipEqualsTheIntegerReferenceOnAResidualNetwork) {
  const QuantizedNetwork network = residual_network(0.3, RandomStream(9));
  for (const int dac_bits : {1, 3, 8}) {
    for (const int rows_active : {16, 5}) {
      Hardware hardware = ideal_hardware(16, 4);
      hardware.dac.bits = dac_bits;
      hardware.array.rows_active = rows_active;
      const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

      const std::vector<CodeBatch> outputs =
          run_network(network, program_chip(mapped, hardware, {RandomStream(1), 0}),
                      random_input(network, 4, RandomStream(10)));

      expect_equal_to_reference(network, outputs);
    }
  }
}

TEST(Executor, OnAnIdealChipEqualsTheIntegerReferenceOnSparseLeNet5) {
  const QuantizedNetwork network = lenet5_network(0.95, RandomStream(11));
  const Hardware hardware = ideal_hardware(128, 128);
  const MappedNetwork mapped{network, simple_placement(network, hardware.array)};

  expect_equal_to_reference(
      network, run_network(network, program_chip(mapped, hardware, {RandomStream(1), 0}),
                           random_input(network, 2, RandomStream(12))));
}

TEST(Executor, RefusesImagesOfAnotherShape) {
  const QuantizedNetwork network = linear_network(2, 1, {1, 1});

  EXPECT_THROW((void)run_network(network, exact_products(network), make_code_batch(1, {3, 1, 1})),
               std::logic_error);
}

TEST(ExactProducts, RefuseCodesWhoseProductsAreNotExactInFloat) {
  QuantizedNetwork network = linear_network(1, 1, {1023});
  network.nodes[0].output.bits = 16;
  try {
    (void)exact_products(network);
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(),
                 "layer 'fc': weight code x input code may reach 67042305; less than 2^24 is "
                 "supported");
  }
}

TEST(ExactProducts, StayExactWhereOneFloatSumWouldNot) {
  // 600 products of 15 * 65535: their sum needs 30 bits, which a float does not have.
  QuantizedNetwork network = linear_network(600, 1, std::vector<std::int32_t>(600, 15));
  network.nodes[0].output.bits = 16;
  CodeBatch input = make_code_batch(1, {600, 1, 1});
  std::fill(input.codes.begin(), input.codes.end(), 65535);
  input.codes[0] = 65534;

  const CodeBatch output = run_network(network, exact_products(network), input).back();

  EXPECT_EQ(output.codes[0], 15 * (600 * 65535 - 1));
}

}  // namespace
}  // namespace ohmweave::inference
