// SPDX-License-Identifier: Apache-2.0
// The ways through the mesh: X first, then Y, over directed links between neighbours. Plain values;
// shared by the simulation and by the analytic path.
#pragma once

#include <cstdint>
#include <vector>

#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

constexpr std::int64_t kFlitBits = 256;  // the unit in which routers are charged

/// Whose sends these are: the packets that carry one row of a node to its consumers.
struct RowPacket {
  int consumer = 0;  // node
  std::size_t edge = 0;
  int tile = 0;
  std::int64_t bits = 0;
};

/// The packets of one row of a node, one for each tile of each consumer that reads it: in the
/// order in which a link serves them when they come together.
struct Consumer {
  int node = 0;
  std::size_t edge = 0;
};
[[nodiscard]] std::vector<std::vector<Consumer>> consumers_of(const PipelineModel& model);
[[nodiscard]] std::vector<RowPacket> row_packets(const PipelineModel& model, Consumer consumer);

/// The model must outlive the routes.
class Routes {
 public:
  explicit Routes(const PipelineModel& model);

  /// All links of the mesh; those without packets have counts of 0.
  [[nodiscard]] const std::vector<LinkResult>& links() const { return links_; }
  /// Links on the way between two tiles; none at the same position.
  [[nodiscard]] std::vector<int> path(int from_tile, int to_tile) const;
  /// Routers on the way, both ends counted; 0 at the same position.
  [[nodiscard]] std::int64_t num_routers(int from_tile, int to_tile) const;
  /// Cycles for which a packet holds a link.
  [[nodiscard]] std::int64_t serialization_cycles(std::int64_t bits) const;
  /// Flits of a packet times the routers it passes.
  [[nodiscard]] std::int64_t flit_hops(std::int64_t bits, int from_tile, int to_tile) const;

 private:
  [[nodiscard]] int link_index(MeshPosition from, MeshPosition to) const;

  const PipelineModel& model_;
  std::vector<LinkResult> links_;
  std::vector<int> index_;  // [4 * position + direction]; -1 where the mesh ends
};

}  // namespace ohmweave::power_area
