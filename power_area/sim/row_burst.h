// SPDX-License-Identifier: Apache-2.0
// The packets of a node's rows on links that nobody else uses: those of one row go off together and
// follow each other through the tree of their ways, and the rows follow each other.
#pragma once

#include <cstdint>
#include <vector>

#include "power_area/sim/routes.h"

namespace ohmweave::power_area {

class RowBurst {
 public:
  /// `model` must outlive the burst.
  RowBurst(const PipelineModel& model, const Routes& routes, int node,
           const std::vector<Consumer>& consumers);

  /// In the order of row_packets() of each consumer.
  [[nodiscard]] const std::vector<RowPacket>& packets() const { return packets_; }
  /// Links of the mesh that the packets take.
  [[nodiscard]] const std::vector<int>& links() const { return links_; }
  /// Sends the next row at `time`, not before the row before it; returns when each packet arrives.
  [[nodiscard]] std::vector<std::int64_t> send(std::int64_t time);
  /// Adds what the packets of `rows` rows did to the links of the mesh.
  void count(std::int64_t rows, std::vector<LinkResult>& links) const;

 private:
  struct Flight {
    std::vector<std::int64_t> arrivals;  // by packet
    std::vector<std::int64_t> free_at;   // by link: its last packet has left
    std::vector<std::int64_t> waits;     // by link
    std::int64_t all_free_at = 0;
  };
  [[nodiscard]] Flight fly(std::int64_t time, const std::vector<std::int64_t>& free_at) const;

  std::int64_t router_cycles_;
  std::vector<RowPacket> packets_;
  std::vector<std::int64_t> serializations_;  // by packet
  std::vector<std::vector<int>> paths_;       // by packet: indices into links_
  std::vector<int> links_;                    // of the mesh
  Flight alone_;                              // of a row sent at 0 over free links
  std::vector<std::int64_t> free_at_;
  std::vector<std::int64_t> waits_;
  std::int64_t all_free_at_ = 0;
};

}  // namespace ohmweave::power_area
