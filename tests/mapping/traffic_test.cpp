// SPDX-License-Identifier: Apache-2.0
#include "mapping/traffic.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mapping/map_network.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

const Geometry kGeometry{16, 16, 2, 2};

Block block_of(int node, std::vector<int> rows, std::vector<int> columns, int copy = 0) {
  Block block;
  block.node = node;
  block.copy = copy;
  block.rows = std::move(rows);
  block.columns = std::move(columns);
  return block;
}

/// Bytes of one transfer; 0 if there is none.
double bytes_of(const std::vector<Transfer>& list, const Transfer& wanted) {
  for (const Transfer& entry : list)
    if (entry.node == wanted.node && entry.kind == wanted.kind && entry.from == wanted.from &&
        entry.to == wanted.to)
      return entry.bytes_per_inference;
  return 0.0;
}

/// 4 inputs -> fc1 with 3 outputs, all codes 1 -> ReLU -> fc2 with 2 outputs, all codes 1.
QuantizedNetwork two_layers() {
  Network network;
  network.name = "two_layers";
  network.input = {4, 1, 1};
  network.nodes = {input_node(), linear("fc1", 0, 3), plain("relu", Op::Relu, {1}),
                   linear("fc2", 2, 2)};
  QuantizedNetwork quantized = with_zero_weights(network);
  for (const int node : {1, 3})
    for (std::int32_t& code : quantized.nodes[node].weights->codes) code = 1;
  return quantized;
}

TEST(PartialSumBits, HoldTheLargestSumAndItsSign) {
  const QuantizedNetwork network = two_layers();

  EXPECT_EQ(partial_sum_bits(network, 1), 1 + 10);  // 4 * 255 = 1020 < 2^10
  EXPECT_EQ(partial_sum_bits(network, 3), 1 + 10);  // 3 * 255 = 765
}

TEST(Transfers, SendActivationsToReadersAndSumsToTheFirstBlock) {
  const Placement placement =
      place_blocks({block_of(1, {0, 1}, {0, 1, 2}), block_of(1, {2, 3}, {0, 1, 2}),
                    block_of(3, {0, 1, 2}, {0, 1})},
                   kGeometry, 1);

  const std::vector<Transfer> list = transfers(placement, two_layers());

  EXPECT_EQ(list.size(), 5u);
  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::Activation, kChipPort, 0, 0}), 2.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::Activation, kChipPort, 1, 0}), 2.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::PartialSum, 1, 0, 0}), 3 * 11 / 8.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {3, TransferKind::Activation, 0, 2, 0}), 3.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {3, TransferKind::Result, 2, kChipPort, 0}), 2.0);
}

TEST(Transfers, CostNothingInsideATile) {
  const Placement placement =
      place_blocks({block_of(1, {0, 1}, {0, 1, 2}), block_of(1, {2, 3}, {0, 1, 2}),
                    block_of(3, {0, 1, 2}, {0, 1})},
                   kGeometry, 3);

  EXPECT_TRUE(tile_traffic(placement, two_layers()).empty());
  const std::vector<PortTraffic> port = port_traffic(placement, two_layers());
  ASSERT_EQ(port.size(), 1u);
  EXPECT_DOUBLE_EQ(port[0].bytes_in_per_inference, 4.0);
  EXPECT_DOUBLE_EQ(port[0].bytes_out_per_inference, 2.0);
}

TEST(Transfers, LeaveOutChannelsWithoutAColumn) {
  QuantizedNetwork network = two_layers();
  for (int row = 0; row < 4; ++row) network.nodes[1].weights->codes[2 * 4 + row] = 0;
  const Placement placement = place_blocks(
      {block_of(1, {0, 1, 2, 3}, {0, 1}), block_of(3, {0, 1, 2}, {0, 1})}, kGeometry, 1);

  const std::vector<TileTraffic> traffic = tile_traffic(placement, network);

  ASSERT_EQ(traffic.size(), 1u);
  EXPECT_EQ(traffic[0].from, 0);
  EXPECT_EQ(traffic[0].to, 1);
  EXPECT_DOUBLE_EQ(traffic[0].bytes_per_inference, 2.0);
}

/// 2 x 4 x 4 image -> 3x3 convolution with 3 outputs, all codes 1.
QuantizedNetwork one_conv() {
  Network network;
  network.name = "one_conv";
  network.input = {2, 4, 4};
  network.nodes = {input_node(), conv("conv", 0, 3, 3)};
  QuantizedNetwork quantized = with_zero_weights(network);
  for (std::int32_t& code : quantized.nodes[1].weights->codes) code = 1;
  return quantized;
}

TEST(Transfers, SendAMapOnceAndASumForEachWindow) {
  const Placement placement = place_blocks(
      {block_of(1, {0, 1, 2, 3, 4, 5, 6, 7, 8}, {0, 1, 2}), block_of(1, {9, 17}, {0, 2})},
      kGeometry, 1);

  const std::vector<Transfer> list = transfers(placement, one_conv());

  // 18 * 255 = 4590 < 2^13: 14 bits a sum; 16 windows; two columns are in tile 1.
  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::Activation, kChipPort, 1, 0}), 16.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::PartialSum, 1, 0, 0}), 2 * 16 * 14 / 8.0);
}

TEST(Transfers, ShareTheWorkAmongCopies) {
  const std::vector<int> first_rows = {0, 9};  // one row of each input channel
  const Placement placement = place_blocks(
      {block_of(1, first_rows, {0, 1, 2}), block_of(1, first_rows, {0, 1, 2}, 1)}, kGeometry, 1);

  const std::vector<Transfer> list = transfers(placement, one_conv());

  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::Activation, kChipPort, 0, 0}), 2 * 16 / 2.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::Activation, kChipPort, 1, 0}), 2 * 16 / 2.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {1, TransferKind::Result, 1, 0, 0}), 3 * 16 / 2.0);
}

TEST(Transfers, BringTheSecondAddendToTheFirst) {
  Network network;
  network.name = "sum";
  network.input = {1, 2, 2};
  network.nodes = {input_node(), conv("a", 0, 2, 1), conv("b", 0, 2, 1),
                   plain("sum", Op::Add, {1, 2})};
  QuantizedNetwork quantized = with_zero_weights(network);
  const Placement placement =
      place_blocks({block_of(1, {0}, {0}), block_of(2, {0}, {0, 1})}, kGeometry, 1);

  const std::vector<Transfer> list = transfers(placement, quantized);

  // Channel 0 goes to tile 0; channel 1 of `a` is constant, so its sum stays in tile 1.
  EXPECT_DOUBLE_EQ(bytes_of(list, {3, TransferKind::Activation, 1, 0, 0}), 4.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {3, TransferKind::Result, 0, kChipPort, 0}), 4.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {3, TransferKind::Result, 1, kChipPort, 0}), 4.0);
}

TEST(Transfers, ReadTheChannelsOfTheOwnGroup) {
  QuantizedNetwork network = residual_network();
  fill_randomly(network, 1.0, 3);
  const Placement placement = map_network(network, {64, 64, 2, 2}, {"row_major", 4});

  // One block a tile: stem 0, the two groups 1 and 2, shortcut 3, head from 4 on.
  const std::vector<Transfer> list = transfers(placement, network);

  EXPECT_DOUBLE_EQ(bytes_of(list, {3, TransferKind::Activation, 0, 1, 0}), 4 * 36.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {3, TransferKind::Activation, 0, 2, 0}), 4 * 36.0);
  EXPECT_DOUBLE_EQ(bytes_of(list, {4, TransferKind::Activation, 0, 3, 0}), 8 * 36.0);
}

TEST(TrafficHops, SumsBytesTimesManhattanDistance) {
  const std::vector<Tile> tiles = {{0, 0}, {2, 1}, {1, 0}};

  EXPECT_DOUBLE_EQ(traffic_hops(tiles, {{0, 1, 10.0}, {2, 0, 4.0}}), 3 * 10.0 + 1 * 4.0);
}

}  // namespace
}  // namespace ohmweave::mapping
