// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/row_burst.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <tuple>

namespace ohmweave::power_area {

RowBurst::RowBurst(const PipelineModel& model, const Routes& routes, int node,
                   const std::vector<Consumer>& consumers)
    : router_cycles_(model.router_cycles) {
  std::map<int, int> local;
  for (const Consumer& consumer : consumers)
    for (const RowPacket& packet : row_packets(model, consumer)) {
      packets_.push_back(packet);
      serializations_.push_back(routes.serialization_cycles(packet.bits));
      std::vector<int> path = routes.path(model.nodes[node].home_tile, packet.tile);
      for (int& link : path) {
        const auto place = local.emplace(link, static_cast<int>(links_.size()));
        if (place.second) links_.push_back(link);
        link = place.first->second;
      }
      paths_.push_back(std::move(path));
    }
  free_at_.assign(links_.size(), 0);
  waits_.assign(links_.size(), 0);
  alone_ = fly(0, free_at_);
}

RowBurst::Flight RowBurst::fly(std::int64_t time, const std::vector<std::int64_t>& free_at) const {
  Flight flight{std::vector<std::int64_t>(packets_.size(), time), free_at,
                std::vector<std::int64_t>(links_.size(), 0), 0};
  using Head = std::tuple<std::int64_t, std::size_t, std::size_t>;  // time, packet, hop
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  for (std::size_t p = 0; p < packets_.size(); ++p)
    if (!paths_[p].empty()) heads.emplace(time, p, 0);
  while (!heads.empty()) {
    const auto [arrives, p, hop] = heads.top();
    heads.pop();
    const int link = paths_[p][hop];
    const std::int64_t start = std::max(arrives, flight.free_at[link]);
    flight.waits[link] += start - arrives;
    flight.free_at[link] = start + serializations_[p];
    flight.all_free_at = std::max(flight.all_free_at, flight.free_at[link]);
    const std::int64_t next = start + router_cycles_;
    if (hop + 1 < paths_[p].size())
      heads.emplace(next, p, hop + 1);
    else
      flight.arrivals[p] = next + serializations_[p];
  }
  return flight;
}

std::vector<std::int64_t> RowBurst::send(std::int64_t time) {
  const bool finds_links_free = time >= all_free_at_;
  Flight flight = finds_links_free ? alone_ : fly(time, free_at_);
  const std::int64_t shift = finds_links_free ? time : 0;
  for (std::int64_t& arrival : flight.arrivals) arrival += shift;
  for (std::size_t link = 0; link < links_.size(); ++link) {
    free_at_[link] = flight.free_at[link] + shift;
    waits_[link] += flight.waits[link];
  }
  all_free_at_ = flight.all_free_at + shift;
  return std::move(flight.arrivals);
}

void RowBurst::count(std::int64_t rows, std::vector<LinkResult>& links) const {
  for (std::size_t p = 0; p < packets_.size(); ++p)
    for (const int link : paths_[p]) {
      links[links_[link]].packets += rows;
      links[links_[link]].busy_cycles += rows * serializations_[p];
    }
  for (std::size_t link = 0; link < links_.size(); ++link)
    links[links_[link]].wait_cycles += waits_[link];
}

}  // namespace ohmweave::power_area
