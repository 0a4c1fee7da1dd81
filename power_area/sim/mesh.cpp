// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/mesh.h"

#include <string>
#include <utility>

#include "core/error.h"

namespace ohmweave::power_area {

Link::Link(const sc_core::sc_module_name& name, Mesh& mesh, LinkResult ends)
    : sc_core::sc_module(name), mesh_(mesh), result_(ends) {
  SC_HAS_PROCESS(Link);
  SC_METHOD(serve);
  sensitive << wake_;
  dont_initialize();
  SC_METHOD(forward);
  sensitive << leave_;
  dont_initialize();
}

void Link::accept(Packet packet) {
  packet.arrived = now();
  const std::pair<std::int64_t, PacketKey> place{packet.arrived, packet.key};
  waiting_.emplace(place, std::move(packet));
  if (free_at_ <= now()) wake_.notify(sc_core::SC_ZERO_TIME);
}

void Link::serve() {
  if (free_at_ > now()) {
    // The link was taken in an earlier delta cycle of this very time. SystemC keeps only the
    // earlier of two notifications, so the one for when the link is free was dropped and is asked
    // for again, even when nothing waits yet.
    wake_.notify(cycles(free_at_ - now()));
    return;
  }
  if (waiting_.empty()) return;
  Packet packet = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  const std::int64_t serialization = mesh_.routes().serialization_cycles(packet.bits);
  result_.packets += 1;
  result_.busy_cycles += serialization;
  result_.wait_cycles += now() - packet.arrived;
  free_at_ = now() + serialization;
  packet.hop += 1;
  const bool is_last = packet.hop == packet.path.size();
  const std::int64_t leaves = now() + mesh_.router_cycles() + (is_last ? serialization : 0);
  leaving_.emplace_back(leaves, std::move(packet));
  leave_.notify(cycles(leaving_.front().first - now()));
  wake_.notify(cycles(serialization));
}

void Link::forward() {
  while (!leaving_.empty() && leaving_.front().first <= now()) {
    Packet packet = std::move(leaving_.front().second);
    leaving_.pop_front();
    if (packet.hop == packet.path.size())
      packet.deliver();
    else
      mesh_.accept(std::move(packet));
  }
  if (!leaving_.empty()) leave_.notify(cycles(leaving_.front().first - now()));
}

Mesh::Mesh(const PipelineModel& model) : routes_(model), router_cycles_(model.router_cycles) {
  for (const LinkResult& ends : routes_.links()) {
    const std::string name = "link_" + std::to_string(links_.size());
    links_.push_back(std::make_unique<Link>(name.c_str(), *this, ends));
  }
}

void Mesh::send(int from_tile, int to_tile, Packet packet) {
  packet.path = routes_.path(from_tile, to_tile);
  if (packet.path.empty())
    packet.deliver();
  else
    accept(std::move(packet));
}

void Mesh::accept(Packet packet) {
  Link& link = *links_[packet.path[packet.hop]];
  link.accept(std::move(packet));
}

std::vector<LinkResult> Mesh::results() const {
  std::vector<LinkResult> results;
  for (const std::unique_ptr<Link>& link : links_)
    if (link->result().packets > 0) results.push_back(link->result());
  return results;
}

}  // namespace ohmweave::power_area
