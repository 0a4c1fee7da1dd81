// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/routes.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace ohmweave::power_area {

namespace {

enum Direction { East, West, North, South };
constexpr int kDirections = 4;

}  // namespace

std::vector<std::vector<Consumer>> consumers_of(const PipelineModel& model) {
  std::vector<std::vector<Consumer>> consumers(model.nodes.size());
  for (std::size_t n = 0; n < model.nodes.size(); ++n)
    for (std::size_t e = 0; e < model.nodes[n].edges.size(); ++e)
      consumers[model.nodes[n].edges[e].producer].push_back({static_cast<int>(n), e});
  return consumers;
}

std::vector<RowPacket> row_packets(const PipelineModel& model, Consumer consumer) {
  std::map<int, std::int64_t> bits_by_tile;
  for (const PipelineUnit& unit : model.nodes[consumer.node].units) {
    std::int64_t& bits = bits_by_tile[unit.tile];
    bits = std::max(bits, unit.row_bits[consumer.edge]);
  }
  std::vector<RowPacket> packets;
  packets.reserve(bits_by_tile.size());
  for (const auto& [tile, bits] : bits_by_tile)
    packets.push_back({consumer.node, consumer.edge, tile, bits});
  return packets;
}

Routes::Routes(const PipelineModel& model)
    : model_(model),
      index_(static_cast<std::size_t>(model.mesh_width) * model.mesh_height * kDirections, -1) {
  const auto add = [this](MeshPosition from, MeshPosition to, Direction direction) {
    const std::size_t position = static_cast<std::size_t>(from.y) * model_.mesh_width + from.x;
    index_[position * kDirections + direction] = static_cast<int>(links_.size());
    LinkResult ends;
    ends.from = from;
    ends.to = to;
    links_.push_back(ends);
  };
  for (int y = 0; y < model.mesh_height; ++y)
    for (int x = 0; x < model.mesh_width; ++x) {
      if (x + 1 < model.mesh_width) add({x, y}, {x + 1, y}, East), add({x + 1, y}, {x, y}, West);
      if (y + 1 < model.mesh_height) add({x, y}, {x, y + 1}, North), add({x, y + 1}, {x, y}, South);
    }
}

int Routes::link_index(MeshPosition from, MeshPosition to) const {
  const Direction direction = to.x > from.x   ? East
                              : to.x < from.x ? West
                              : to.y > from.y ? North
                                              : South;
  return index_[(static_cast<std::size_t>(from.y) * model_.mesh_width + from.x) * kDirections +
                direction];
}

std::vector<int> Routes::path(int from_tile, int to_tile) const {
  MeshPosition at = model_.tiles[from_tile];
  const MeshPosition to = model_.tiles[to_tile];
  std::vector<int> links;
  while (at.x != to.x || at.y != to.y) {
    MeshPosition next = at;
    if (at.x != to.x)
      next.x += at.x < to.x ? 1 : -1;
    else
      next.y += at.y < to.y ? 1 : -1;
    links.push_back(link_index(at, next));
    at = next;
  }
  return links;
}

std::int64_t Routes::num_routers(int from_tile, int to_tile) const {
  const MeshPosition from = model_.tiles[from_tile];
  const MeshPosition to = model_.tiles[to_tile];
  const int hops = std::abs(from.x - to.x) + std::abs(from.y - to.y);
  return hops == 0 ? 0 : hops + 1;
}

std::int64_t Routes::serialization_cycles(std::int64_t bits) const {
  return std::max<std::int64_t>(
      1, (bits + model_.link_bits_per_cycle - 1) / model_.link_bits_per_cycle);
}

std::int64_t Routes::flit_hops(std::int64_t bits, int from_tile, int to_tile) const {
  return (bits + kFlitBits - 1) / kFlitBits * num_routers(from_tile, to_tile);
}

}  // namespace ohmweave::power_area
