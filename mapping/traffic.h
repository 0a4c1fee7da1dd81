// SPDX-License-Identifier: Apache-2.0
// What tiles send each other for one inference.
// The sums of an output channel are put together in the tile of the first block (in placement
// order) that holds its column; requantization, ReLU and pooling happen there, channel by channel,
// and an addition where its first operand is. From there
//   - each tile with a block that reads the channel gets its map once: height x width x code bits;
//   - tiles that hold other blocks of the column send it one partial sum a window.
// A channel whose column was removed is a constant (its requantized bias) and costs no transfer.
// With n copies of a layer each copy does 1/n of the windows: it gets 1/n of every map it reads,
// and copies other than the needed one send their results to the tile that has the needed one's.
// Not modelled: the halo that two copies both read, headers of packets, control.
#pragma once

#include <vector>

#include "core/quantized_network.h"
#include "mapping/placement.h"

namespace ohmweave::mapping {

/// Stands for the outside world (image in, logits out) as an end of a transfer.
constexpr int kChipPort = -1;

enum class TransferKind {
  Activation,  // codes of a feature map that `node` reads
  PartialSum,  // sums of `node` that another tile completes
  Result,      // finished codes of `node`: from its other copies, or out of the chip
};

/// All that goes from one tile to another for one node of the network.
struct Transfer {
  int node = 0;
  TransferKind kind = TransferKind::Activation;
  int from = 0;  // tile, or kChipPort
  int to = 0;    // another tile, or kChipPort
  double bytes_per_inference = 0.0;
};

/// Every transfer, in order of node, kind, from, to; one entry each.
[[nodiscard]] std::vector<Transfer> transfers(const Placement& placement,
                                              const QuantizedNetwork& network);

struct TileTraffic {
  int from = 0;
  int to = 0;
  double bytes_per_inference = 0.0;
};

/// transfers() between tiles (the chip's port left out), summed over nodes and kinds, in order of
/// from, to; from and to differ.
[[nodiscard]] std::vector<TileTraffic> tile_traffic(const Placement& placement,
                                                    const QuantizedNetwork& network);

/// What the chip's port exchanges with one tile.
struct PortTraffic {
  int tile = 0;
  double bytes_in_per_inference = 0.0;
  double bytes_out_per_inference = 0.0;
};
/// In order of tiles; those that exchange nothing with the port are left out.
[[nodiscard]] std::vector<PortTraffic> port_traffic(const Placement& placement,
                                                    const QuantizedNetwork& network);

/// Sum over the traffic of bytes x Manhattan distance of the two tiles: byte hops an inference.
[[nodiscard]] double traffic_hops(const std::vector<Tile>& tiles,
                                  const std::vector<TileTraffic>& traffic);
[[nodiscard]] double traffic_hops(const Placement& placement, const QuantizedNetwork& network);

/// Bits of a signed partial sum of a weight node that never overflow:
/// 1 + ceil(log2(1 + max over outputs of sum_r |code(o, r)| * largest |input code|)).
[[nodiscard]] int partial_sum_bits(const QuantizedNetwork& network, int node);

}  // namespace ohmweave::mapping
