// SPDX-License-Identifier: Apache-2.0
// The mesh of the pipeline simulation: XY routing over directed links, each of which serves one
// packet at a time (cut-through: the head moves on while the tail follows). SystemC inside; include
// only from power_area/sim.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <systemc>
#include <tuple>
#include <vector>

#include "power_area/sim/pipeline_model.h"
#include "power_area/sim/routes.h"

namespace ohmweave::power_area {

/// One cycle is one unit of the kernel's time resolution.
[[nodiscard]] inline sc_core::sc_time cycles(std::int64_t count) {
  return {static_cast<double>(count), sc_core::SC_PS};
}
[[nodiscard]] inline std::int64_t now() {
  return static_cast<std::int64_t>(sc_core::sc_time_stamp().value());
}

/// Whose packet it is: (node, consumer, its edge, row, tile), or for a partial sum (node, -1, 0,
/// window, unit). Of packets that reach a link in the same cycle the least goes first, whatever
/// order the kernel ran the senders in.
using PacketKey = std::tuple<int, int, std::size_t, std::int64_t, int>;

struct Packet {
  PacketKey key;
  std::int64_t bits = 0;
  std::vector<int> path;  // links
  std::size_t hop = 0;    // index into `path` of the link it waits for
  std::int64_t arrived = 0;
  std::function<void()> deliver;
};

class Mesh;

class Link final : public sc_core::sc_module {
 public:
  Link(const sc_core::sc_module_name& name, Mesh& mesh, LinkResult ends);
  /// The packet's head is at the link now.
  void accept(Packet packet);
  [[nodiscard]] const LinkResult& result() const { return result_; }

 private:
  void serve();    // starts the next packet when the link is free
  void forward();  // heads that reach the next link, tails that reach their tile

  Mesh& mesh_;
  LinkResult result_;
  std::map<std::pair<std::int64_t, PacketKey>, Packet> waiting_;  // by arrival, then key
  std::deque<std::pair<std::int64_t, Packet>> leaving_;           // by time
  std::int64_t free_at_ = 0;
  sc_core::sc_event wake_;
  sc_core::sc_event leave_;
};

class Mesh {
 public:
  explicit Mesh(const PipelineModel& model);
  [[nodiscard]] const Routes& routes() const { return routes_; }
  /// Sends from one tile to another; delivers at once when both are at the same position.
  void send(int from_tile, int to_tile, Packet packet);
  void accept(Packet packet);
  [[nodiscard]] std::int64_t router_cycles() const { return router_cycles_; }
  /// Those that carried something.
  [[nodiscard]] std::vector<LinkResult> results() const;

 private:
  Routes routes_;
  std::int64_t router_cycles_;
  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace ohmweave::power_area
