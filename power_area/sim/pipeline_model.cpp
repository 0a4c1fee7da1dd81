// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/pipeline_model.h"

#include "core/error.h"

namespace ohmweave::power_area {

namespace {

void check_edge(const PipelineModel& model, const PipelineNode& node, const PipelineEdge& edge,
                int index) {
  OHMWEAVE_REQUIRE(edge.producer >= 0 && edge.producer < index, "producer of " + node.name);
  const int producer_rows = model.nodes[edge.producer].num_rows;
  const auto rows = static_cast<std::size_t>(node.num_rows);
  OHMWEAVE_REQUIRE(edge.first_rows.size() == rows && edge.end_rows.size() == rows,
                   "row lists of " + node.name);
  for (std::size_t y = 0; y < rows; ++y) {
    const int first = edge.first_rows[y];
    const int end = edge.end_rows[y];
    OHMWEAVE_REQUIRE(first >= 0 && first <= end && end <= producer_rows, "rows of " + node.name);
    OHMWEAVE_REQUIRE(end - first <= edge.capacity_rows, "input buffer of " + node.name);
    OHMWEAVE_REQUIRE(y == 0 || (first >= edge.first_rows[y - 1] && end >= edge.end_rows[y - 1]),
                     "order of rows of " + node.name);
  }
}

void check_unit(const PipelineModel& model, const PipelineNode& node, const PipelineUnit& unit) {
  OHMWEAVE_REQUIRE(unit.tile >= 0 && unit.tile < static_cast<int>(model.tiles.size()),
                   "tile of " + node.name);
  OHMWEAVE_REQUIRE(node.sums_tile_of(unit) >= 0 &&
                       node.sums_tile_of(unit) < static_cast<int>(model.tiles.size()),
                   "tile of the sums of " + node.name);
  OHMWEAVE_REQUIRE(unit.copy >= 0 && unit.copy < node.num_copies, "copy of " + node.name);
  OHMWEAVE_REQUIRE(unit.cycles_per_window >= 0 && unit.partial_bits >= 0, "unit of " + node.name);
  OHMWEAVE_REQUIRE(unit.row_bits.size() == node.edges.size(), "row bits of " + node.name);
}

}  // namespace

void validate(const PipelineModel& model) {
  OHMWEAVE_REQUIRE(model.nodes.size() >= 2, "a pipeline needs a source and a sink");
  OHMWEAVE_REQUIRE(model.num_inferences >= 1 && model.link_bits_per_cycle >= 1, "pipeline model");
  for (const MeshPosition& tile : model.tiles)
    OHMWEAVE_REQUIRE(
        tile.x >= 0 && tile.x < model.mesh_width && tile.y >= 0 && tile.y < model.mesh_height,
        "tile outside the mesh");
  for (std::size_t n = 0; n < model.nodes.size(); ++n) {
    const PipelineNode& node = model.nodes[n];
    OHMWEAVE_REQUIRE(node.num_rows >= 1 && node.windows_per_row >= 1, "rows of " + node.name);
    OHMWEAVE_REQUIRE(!node.units.empty(), "units of " + node.name);
    OHMWEAVE_REQUIRE((n == 0) == node.edges.empty(), "edges of " + node.name);
    for (const PipelineEdge& edge : node.edges) check_edge(model, node, edge, static_cast<int>(n));
    for (const PipelineUnit& unit : node.units) check_unit(model, node, unit);
  }
}

UnitResult all_units(const NodeResult& node) {
  UnitResult sum;
  for (const UnitResult& unit : node.units) {
    sum.windows += unit.windows;
    sum.busy_cycles += unit.busy_cycles;
    sum.stalls.input += unit.stalls.input;
    sum.stalls.output += unit.stalls.output;
    sum.stalls.partial += unit.stalls.partial;
  }
  return sum;
}

void append_state(std::vector<StateInterval>& states, const StateInterval& interval) {
  if (interval.end_cycle <= interval.start_cycle) return;
  if (!states.empty()) {
    StateInterval& last = states.back();
    if (last.node == interval.node && last.unit == interval.unit && last.state == interval.state &&
        last.end_cycle == interval.start_cycle) {
      last.end_cycle = interval.end_cycle;
      return;
    }
  }
  states.push_back(interval);
}

std::int64_t PipelineResult::latency_cycles() const {
  return finish_cycles.front() - start_cycles.front();
}

double PipelineResult::period_cycles() const {
  const std::size_t last = finish_cycles.size() - 1;
  const std::size_t first = last / 2;
  OHMWEAVE_REQUIRE(last > first, "a period needs two inferences");
  return static_cast<double>(finish_cycles[last] - finish_cycles[first]) /
         static_cast<double>(last - first);
}

}  // namespace ohmweave::power_area
