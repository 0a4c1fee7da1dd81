// SPDX-License-Identifier: Apache-2.0
// What the pipeline simulation runs on: nodes that turn rows of feature maps into rows, on tiles of
// a mesh. All times are whole clock cycles, all sizes bits. Plain values, no SystemC.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ohmweave::power_area {

constexpr std::int64_t kOutputRows = 2;  // rows the output register holds: one filled, one sent
constexpr std::int64_t kPartialsOnTheWay = 2;  // sums a unit may have in the mesh

/// One input of a node. Output row y reads the producer's rows [first_rows[y], end_rows[y]); both
/// lists never fall. A row is kept until no later output row reads it.
struct PipelineEdge {
  int producer = 0;
  std::vector<int> first_rows;
  std::vector<int> end_rows;
  int capacity_rows = 1;  // rows the input buffer holds; at least the largest end - first
};

constexpr int kHomeTile = -1;

/// The part of a node that works on one tile: one window at a time.
struct PipelineUnit {
  int tile = 0;
  int copy = 0;  // works on the windows w with w % num_copies == copy
  std::int64_t cycles_per_window = 1;
  std::int64_t partial_bits = 0;       // sent to sums_tile per window, when that is another tile
  std::vector<std::int64_t> row_bits;  // per edge: what its tile takes of one producer row
  /// Where its sums go: the node's home tile, or the one that completes the sums of its copy.
  int sums_tile = kHomeTile;
};

/// One step of the pipeline. Its row y is finished when all units have delivered all windows of
/// row y; `emit_cycles` later it is sent on, as soon as every consumer's buffer has room.
struct PipelineNode {
  std::string name;
  int home_tile = 0;
  int num_rows = 1;
  int windows_per_row = 1;
  int num_copies = 1;
  std::int64_t emit_cycles = 0;
  std::vector<PipelineEdge> edges;
  std::vector<PipelineUnit> units;
  [[nodiscard]] int sums_tile_of(const PipelineUnit& unit) const {
    return unit.sums_tile == kHomeTile ? home_tile : unit.sums_tile;
  }
};

struct MeshPosition {
  int x = 0;
  int y = 0;
};

/// nodes[0] is the source (no edges): each of its windows is one image row passing the chip's port.
/// The last node is the sink; an inference ends when the sink finishes its last row.
struct PipelineModel {
  std::vector<PipelineNode> nodes;  // producers before consumers
  std::vector<MeshPosition> tiles;  // tiles at one position talk without the mesh
  int mesh_width = 1;
  int mesh_height = 1;
  std::int64_t link_bits_per_cycle = 32;
  std::int64_t router_cycles = 1;
  int num_inferences = 6;
  bool records_states = false;  // whether the result says what each unit did when
};

/// Throws std::logic_error naming the node whose lists do not fit together.
void validate(const PipelineModel& model);

/// Where a unit spent its time besides working. The rest it was done.
struct StallCycles {
  std::int64_t input = 0;    // a row it reads had not arrived
  std::int64_t output = 0;   // finished rows could not be sent: a consumer's buffer was full
  std::int64_t partial = 0;  // its last two partial sums were still on their way
};

struct UnitResult {
  std::int64_t windows = 0;
  std::int64_t busy_cycles = 0;
  StallCycles stalls;
};

struct NodeResult {
  std::vector<UnitResult> units;
  std::int64_t flit_hops = 0;      // flits of its rows and partial sums times routers passed
  std::int64_t received_bits = 0;  // written into its input buffers, all tiles
  std::int64_t sent_bits = 0;      // rows and partial sums that left its tiles over the mesh
};

/// Sums over the units of a node.
[[nodiscard]] UnitResult all_units(const NodeResult& node);

/// A directed link of the mesh.
struct LinkResult {
  MeshPosition from;
  MeshPosition to;
  std::int64_t packets = 0;
  std::int64_t busy_cycles = 0;
  std::int64_t wait_cycles = 0;  // sum of what packets waited for the link
};

/// Work on one row of one node.
struct RowEvent {
  int node = 0;
  int inference = 0;
  int row = 0;
  std::int64_t start_cycle = 0;
  std::int64_t end_cycle = 0;
};

/// What a unit does; the rest of the time it is done or has not begun.
enum class UnitState { Busy, StallInput, StallOutput, StallPartial };

/// A unit in one state; the next interval of the unit is another one or begins later.
struct StateInterval {
  int node = 0;
  int unit = 0;
  UnitState state = UnitState::Busy;
  std::int64_t start_cycle = 0;
  std::int64_t end_cycle = 0;  // > start_cycle
};
/// Adds an interval that begins where the unit's last one ended or later: drops it when it is
/// empty, joins it to the last one when they touch.
void append_state(std::vector<StateInterval>& states, const StateInterval& interval);

struct PipelineResult {
  std::vector<NodeResult> nodes;
  std::vector<LinkResult> links;  // those that carried something
  std::vector<RowEvent> rows;
  std::vector<StateInterval> states;        // by node, unit, time; empty unless asked for
  std::vector<std::int64_t> start_cycles;   // per inference: its first row enters the port
  std::vector<std::int64_t> finish_cycles;  // per inference
  std::int64_t end_cycle = 0;
  /// Cycles from entering to leaving of the first inference.
  [[nodiscard]] std::int64_t latency_cycles() const;
  /// Cycles between finished inferences, over the second half of them.
  [[nodiscard]] double period_cycles() const;
};

}  // namespace ohmweave::power_area
