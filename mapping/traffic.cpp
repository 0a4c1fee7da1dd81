// SPDX-License-Identifier: Apache-2.0
#include "mapping/traffic.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "mapping/codes_view.h"

namespace ohmweave::mapping {
namespace {

/// Home of a channel that is constant because no cell computes it.
constexpr int kNowhere = -2;
constexpr double kBitsPerByte = 8.0;

/// Sums transfers by (node, kind, from, to).
class Ledger {
 public:
  void add(int node, TransferKind kind, std::pair<int, int> from_to, double bits) {
    const auto [from, to] = from_to;
    if (from == to || from == kNowhere) return;
    bytes_[{node, kind, from, to}] += bits / kBitsPerByte;
  }
  [[nodiscard]] std::vector<Transfer> entries() const {
    std::vector<Transfer> list;
    for (const auto& [key, bytes] : bytes_)
      list.push_back(
          {std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), bytes});
    return list;
  }

 private:
  std::map<std::tuple<int, TransferKind, int, int>, double> bytes_;
};

/// One thing (channel or output) that a tile reads or holds for one copy of a layer.
struct Use {
  int copy = 0;
  int channel = 0;
  int tile = 0;
  bool operator<(const Use& other) const {
    return std::tie(copy, channel, tile) < std::tie(other.copy, other.channel, other.tile);
  }
  bool operator==(const Use& other) const {
    return std::tie(copy, channel, tile) == std::tie(other.copy, other.channel, other.tile);
  }
};

/// Follows the data through the network, node by node.
class Dataflow {
 public:
  Dataflow(const Placement& placement, const QuantizedNetwork& network)
      : placement_(placement), network_(network), shapes_(infer_shapes(network.network)) {
    blocks_of_node_.resize(network.nodes.size());
    for (const Block& block : placement.blocks) blocks_of_node_[block.node].push_back(&block);
    for (int node = 0; node < static_cast<int>(shapes_.size()); ++node) visit(node);
    send_logits();
  }
  [[nodiscard]] std::vector<Transfer> transfers() const { return ledger_.entries(); }

 private:
  void visit(int node);
  void visit_layer(int node);
  void visit_add(int node);
  void visit_flatten(int node);
  void send_logits();
  [[nodiscard]] std::vector<Use> channels_read(int node) const;
  void read_activations(int node, int copies);
  [[nodiscard]] std::vector<int> gather_sums(int node, int copies);
  [[nodiscard]] const Node& node_at(int node) const { return network_.network.nodes[node]; }
  [[nodiscard]] int tile_of(const Block& block) const {
    return placement_.arrays[block.first_array].tile;
  }
  /// Bits of one channel's map of a node's output.
  [[nodiscard]] double map_bits(int node) const {
    return static_cast<double>(shapes_[node].height) * shapes_[node].width *
           network_.nodes[node].output.bits;
  }

  const Placement& placement_;
  const QuantizedNetwork& network_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<const Block*>> blocks_of_node_;
  std::vector<std::vector<int>> homes_;  // by node, by channel: tile, kChipPort or kNowhere
  Ledger ledger_;
};

void Dataflow::visit(int node) {
  const Op op = node_at(node).op;
  if (op == Op::Input) {
    homes_.emplace_back(shapes_[node].channels, kChipPort);
  } else if (has_weights(op)) {
    visit_layer(node);
  } else if (op == Op::Add) {
    visit_add(node);
  } else if (op == Op::Flatten) {
    visit_flatten(node);
  } else {
    std::vector<int> same = homes_[node_at(node).inputs[0]];
    homes_.push_back(std::move(same));
  }
}

void Dataflow::visit_layer(int node) {
  const int copies = num_copies(placement_, node);
  read_activations(node, copies);
  homes_.push_back(gather_sums(node, copies));
}

/// Which channel each block's tile reads, each once.
std::vector<Use> Dataflow::channels_read(int node) const {
  const Node& layer = node_at(node);
  const int rows_per_channel = layer.op == Op::Conv2d ? layer.kernel * layer.kernel : 1;
  const int channels_per_group = shapes_[layer.inputs[0]].channels / layer.groups;
  std::vector<Use> uses;
  for (const Block* block : blocks_of_node_[node])
    for (const int row : block->rows) {
      const int channel = block->group * channels_per_group + row / rows_per_channel;
      const Use use = {block->copy, channel, tile_of(*block)};
      if (uses.empty() || !(uses.back() == use)) uses.push_back(use);
    }
  std::sort(uses.begin(), uses.end());
  uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  return uses;
}

void Dataflow::read_activations(int node, int copies) {
  const int producer = node_at(node).inputs[0];
  for (const Use& use : channels_read(node))
    ledger_.add(node, TransferKind::Activation, {homes_[producer][use.channel], use.tile},
                map_bits(producer) / copies);
}

/// Sends partial sums and results of copies; returns the home of every output channel.
std::vector<int> Dataflow::gather_sums(int node, int copies) {
  const int outputs = node_at(node).out_channels;
  const int columns = outputs / node_at(node).groups;
  const double windows = static_cast<double>(shapes_[node].height) * shapes_[node].width;
  const double sum_bits = copies > 0 ? partial_sum_bits(network_, node) : 0.0;
  std::vector<std::vector<int>> homes(std::max(1, copies), std::vector<int>(outputs, kNowhere));
  std::vector<Use> holders;
  for (const Block* block : blocks_of_node_[node])
    for (const int column : block->columns) {
      const int out = block->group * columns + column;
      int& home = homes[block->copy][out];
      if (home == kNowhere) home = tile_of(*block);
      holders.push_back({block->copy, out, tile_of(*block)});
    }
  std::sort(holders.begin(), holders.end());
  holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
  for (const Use& use : holders)
    ledger_.add(node, TransferKind::PartialSum, {use.tile, homes[use.copy][use.channel]},
                windows / copies * sum_bits);
  for (int copy = 1; copy < copies; ++copy)
    for (int out = 0; out < outputs; ++out)
      ledger_.add(node, TransferKind::Result, {homes[copy][out], homes[0][out]},
                  map_bits(node) / copies);
  return homes[0];
}

void Dataflow::visit_add(int node) {
  std::vector<int> homes = homes_[node_at(node).inputs[0]];
  for (const int input : node_at(node).inputs)
    for (std::size_t channel = 0; channel < homes.size(); ++channel)
      if (homes[channel] < 0) homes[channel] = std::max(homes[channel], homes_[input][channel]);
  for (const int input : node_at(node).inputs)
    for (std::size_t channel = 0; channel < homes.size(); ++channel)
      ledger_.add(node, TransferKind::Activation, {homes_[input][channel], homes[channel]},
                  map_bits(input));
  homes_.push_back(std::move(homes));
}

void Dataflow::visit_flatten(int node) {
  const int input = node_at(node).inputs[0];
  const int places = shapes_[input].height * shapes_[input].width;
  std::vector<int> homes(shapes_[node].channels);
  for (std::size_t feature = 0; feature < homes.size(); ++feature)
    homes[feature] = homes_[input][feature / places];
  homes_.push_back(std::move(homes));
}

void Dataflow::send_logits() {
  const int last = static_cast<int>(shapes_.size()) - 1;
  for (const int home : homes_[last])
    ledger_.add(last, TransferKind::Result, {home, kChipPort}, map_bits(last));
}

}  // namespace

std::vector<Transfer> transfers(const Placement& placement, const QuantizedNetwork& network) {
  return Dataflow(placement, network).transfers();
}

std::vector<TileTraffic> tile_traffic(const Placement& placement, const QuantizedNetwork& network) {
  std::map<std::pair<int, int>, double> bytes;
  for (const Transfer& transfer : transfers(placement, network))
    if (transfer.from != kChipPort && transfer.to != kChipPort)
      bytes[{transfer.from, transfer.to}] += transfer.bytes_per_inference;
  std::vector<TileTraffic> traffic;
  traffic.reserve(bytes.size());
  for (const auto& [ends, sum] : bytes) traffic.push_back({ends.first, ends.second, sum});
  return traffic;
}

std::vector<PortTraffic> port_traffic(const Placement& placement, const QuantizedNetwork& network) {
  std::map<int, PortTraffic> by_tile;
  for (const Transfer& transfer : transfers(placement, network)) {
    if (transfer.from == kChipPort)
      by_tile[transfer.to].bytes_in_per_inference += transfer.bytes_per_inference;
    if (transfer.to == kChipPort)
      by_tile[transfer.from].bytes_out_per_inference += transfer.bytes_per_inference;
  }
  std::vector<PortTraffic> traffic;
  for (auto& [tile, entry] : by_tile) {
    entry.tile = tile;
    traffic.push_back(entry);
  }
  return traffic;
}

double traffic_hops(const std::vector<Tile>& tiles, const std::vector<TileTraffic>& traffic) {
  double hops = 0.0;
  for (const TileTraffic& entry : traffic) {
    const Tile& from = tiles[entry.from];
    const Tile& to = tiles[entry.to];
    hops += entry.bytes_per_inference * (std::abs(from.x - to.x) + std::abs(from.y - to.y));
  }
  return hops;
}

double traffic_hops(const Placement& placement, const QuantizedNetwork& network) {
  return traffic_hops(placement.tiles, tile_traffic(placement, network));
}

int partial_sum_bits(const QuantizedNetwork& network, int node) {
  const CodesView codes(network, node);
  const std::vector<std::int32_t>& values = network.nodes[node].weights->codes;
  std::int64_t largest = 0;
  for (std::size_t begin = 0; begin < values.size(); begin += codes.rows()) {
    std::int64_t sum = 0;
    for (int row = 0; row < codes.rows(); ++row) sum += std::abs(std::int64_t{values[begin + row]});
    largest = std::max(largest, sum);
  }
  const CodeFormat& input = network.nodes[network.network.nodes[node].inputs[0]].output;
  largest *= (std::int64_t{1} << input.magnitude_bits()) - 1;
  int magnitude_bits = 0;
  while ((std::int64_t{1} << magnitude_bits) <= largest) ++magnitude_bits;
  return 1 + magnitude_bits;
}

}  // namespace ohmweave::mapping
