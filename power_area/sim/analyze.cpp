// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/analyze.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/error.h"
#include "power_area/sim/routes.h"
#include "power_area/sim/row_burst.h"

namespace ohmweave::power_area {

namespace {

using Cycles = std::int64_t;

/// The way of a unit's partial sums to the tile that completes them.
struct PartialWay {
  std::vector<int> links;
  Cycles serialization = 0;
  Cycles transfer = 0;  // of one alone; 0: they are there at once
};

struct UnitProgress {
  UnitResult result;
  std::vector<StateInterval> states;
  PartialWay way;
  std::int64_t window = 0;  // of the node, over all inferences
  Cycles first_finished = -1;
  Cycles finished = 0;   // its last window
  Cycles link_free = 0;  // its last partial sum has left
  Cycles waited = 0;     // its partial sums for the one before, at their first link
  std::array<Cycles, kPartialsOnTheWay> delivered{};  // of its last windows, the latest last
};

struct NodeState {
  explicit NodeState(RowBurst rows_burst) : burst(std::move(rows_burst)) {}
  RowBurst burst;
  std::vector<UnitProgress> units;
  std::vector<std::vector<std::size_t>> packet_of;  // [edge][unit]: of the producer's burst
  std::vector<std::vector<Cycles>> arrivals;        // [row][packet]: of the rows sent
  std::vector<Cycles> ready;                        // of the rows computed
  std::vector<Cycles> emitted;                      // of the rows sent
  std::vector<Cycles> passed{0};  // [q]: when all units had done the rows before q
  NodeResult result;
  std::vector<RowEvent> rows;
  [[nodiscard]] std::int64_t num_computed() const {
    return static_cast<std::int64_t>(ready.size());
  }
  [[nodiscard]] std::int64_t num_emitted() const {
    return static_cast<std::int64_t>(emitted.size());
  }
};

/// When a unit may start on a row.
struct RowTimes {
  std::int64_t row = 0;
  Cycles input = 0;   // the rows it reads are there
  Cycles output = 0;  // there is room for its results
};

class Analysis {
 public:
  explicit Analysis(const PipelineModel& model)
      : model_(model), routes_(model), consumers_(consumers_of(model)) {
    for (std::size_t n = 0; n < model.nodes.size(); ++n) nodes_.push_back(state_of(n));
    for (NodeState& producer : nodes_)
      for (std::size_t p = 0; p < producer.burst.packets().size(); ++p)
        connect(producer.burst.packets()[p], p);
  }

  PipelineResult run() {
    bool moves = true;
    while (moves) {
      moves = false;
      for (std::size_t n = 0; n < nodes_.size(); ++n)
        while (advance(n)) moves = true;
    }
    require_finished();
    return gather();
  }

 private:
  [[nodiscard]] NodeState state_of(std::size_t n) const {
    const PipelineNode& node = model_.nodes[n];
    NodeState state(RowBurst(model_, routes_, static_cast<int>(n), consumers_[n]));
    state.packet_of.assign(node.edges.size(), std::vector<std::size_t>(node.units.size(), 0));
    for (const PipelineUnit& unit : node.units) {
      UnitProgress u;
      u.window = unit.copy;
      if (unit.partial_bits > 0) u.way.links = routes_.path(unit.tile, node.sums_tile_of(unit));
      if (!u.way.links.empty()) {
        u.way.serialization = routes_.serialization_cycles(unit.partial_bits);
        u.way.transfer =
            static_cast<Cycles>(u.way.links.size()) * model_.router_cycles + u.way.serialization;
      }
      state.units.push_back(std::move(u));
    }
    return state;
  }

  void connect(const RowPacket& packet, std::size_t p) {
    const std::vector<PipelineUnit>& units = model_.nodes[packet.consumer].units;
    for (std::size_t u = 0; u < units.size(); ++u)
      if (units[u].tile == packet.tile) nodes_[packet.consumer].packet_of[packet.edge][u] = p;
  }

  [[nodiscard]] std::int64_t num_rows(std::size_t n) const {
    return static_cast<std::int64_t>(model_.nodes[n].num_rows) * model_.num_inferences;
  }

  /// Computes or sends the node's next row; false when what that needs is not known yet.
  bool advance(std::size_t n) {
    const bool sends = emit(n);
    const bool computes = compute(n);
    return sends || computes;
  }

  /// Rows of an edge's producer that row `row` of the node needs, over all inferences.
  [[nodiscard]] std::int64_t rows_needed(std::size_t n, std::size_t edge, std::int64_t row) const {
    const PipelineNode& node = model_.nodes[n];
    const std::int64_t producer_rows = model_.nodes[node.edges[edge].producer].num_rows;
    return row / node.num_rows * producer_rows + node.edges[edge].end_rows[row % node.num_rows];
  }

  /// What row `row` of the node still waits for; nullptr: nothing.
  [[nodiscard]] const char* missing(std::size_t n, std::int64_t row) const {
    const PipelineNode& node = model_.nodes[n];
    for (std::size_t e = 0; e < node.edges.size(); ++e)
      if (nodes_[node.edges[e].producer].num_emitted() < rows_needed(n, e, row)) return "its input";
    if (nodes_[n].num_emitted() <= row - kOutputRows) return "room for its output";
    return nullptr;
  }

  bool compute(std::size_t n) {
    NodeState& state = nodes_[n];
    const std::int64_t row = state.num_computed();
    if (row == num_rows(n) || missing(n, row) != nullptr) return false;
    const Cycles output = row < kOutputRows ? 0 : state.emitted[row - kOutputRows];
    RowEvent event;
    event.node = static_cast<int>(n);
    event.inference = static_cast<int>(row / model_.nodes[n].num_rows);
    event.row = static_cast<int>(row % model_.nodes[n].num_rows);
    event.start_cycle = -1;
    Cycles done = 0;
    Cycles passed = state.passed.back();
    for (std::size_t u = 0; u < state.units.size(); ++u) {
      compute_windows(n, u, {row, input_time(n, u, row), output}, event);
      done = std::max(done, state.units[u].delivered.back());
      passed = std::max(passed, state.units[u].finished);
    }
    event.end_cycle = done + model_.nodes[n].emit_cycles;
    state.ready.push_back(event.end_cycle);
    state.passed.push_back(passed);
    state.rows.push_back(event);
    return true;
  }

  [[nodiscard]] Cycles input_time(std::size_t n, std::size_t u, std::int64_t row) const {
    Cycles time = 0;
    for (std::size_t e = 0; e < model_.nodes[n].edges.size(); ++e) {
      const std::int64_t needed = rows_needed(n, e, row);
      if (needed == 0) continue;
      const NodeState& producer = nodes_[model_.nodes[n].edges[e].producer];
      time = std::max(time, producer.arrivals[needed - 1][nodes_[n].packet_of[e][u]]);
    }
    return time;
  }

  /// The unit's windows of one row.
  void compute_windows(std::size_t n, std::size_t u, const RowTimes& times, RowEvent& event) {
    const PipelineNode& node = model_.nodes[n];
    UnitProgress& unit = nodes_[n].units[u];
    const std::int64_t end = (times.row + 1) * node.windows_per_row;
    const Cycles duration = node.units[u].cycles_per_window;
    for (; unit.window < end; unit.window += node.num_copies) {
      Cycles start = unit.finished;
      const auto pass = [&](Cycles until, UnitState state) {
        if (until <= start) return Cycles{0};
        const Cycles from = std::exchange(start, until);
        record(n, u, state, from, until);
        return until - from;
      };
      unit.result.stalls.input += pass(times.input, UnitState::StallInput);
      unit.result.stalls.output += pass(times.output, UnitState::StallOutput);
      unit.result.stalls.partial += pass(unit.delivered.front(), UnitState::StallPartial);
      if (event.start_cycle < 0 || start < event.start_cycle) event.start_cycle = start;
      unit.finished = start + duration;
      record(n, u, UnitState::Busy, start, unit.finished);
      if (unit.first_finished < 0) unit.first_finished = unit.finished;
      unit.result.windows += 1;
      unit.result.busy_cycles += duration;
      deliver(unit);
    }
  }

  void record(std::size_t n, std::size_t u, UnitState state, Cycles start, Cycles end) {
    if (model_.records_states)
      append_state(nodes_[n].units[u].states,
                   {static_cast<int>(n), static_cast<int>(u), state, start, end});
  }

  static void deliver(UnitProgress& unit) {
    const Cycles leaves = std::max(unit.finished, unit.link_free);
    unit.waited += leaves - unit.finished;
    unit.link_free = leaves + unit.way.serialization;
    std::rotate(unit.delivered.begin(), unit.delivered.begin() + 1, unit.delivered.end());
    unit.delivered.back() = leaves + unit.way.transfer;
  }

  /// When the buffer of one consumer has room for row `row`; -1 when that is not known yet.
  [[nodiscard]] Cycles room_time(Consumer consumer, std::int64_t row) const {
    const PipelineNode& node = model_.nodes[consumer.node];
    const PipelineEdge& edge = node.edges[consumer.edge];
    const std::int64_t producer_rows = model_.nodes[edge.producer].num_rows;
    const std::int64_t freed = row + 1 - edge.capacity_rows;  // rows that have to be gone
    if (freed <= edge.first_rows.front()) return 0;
    // The first row of the consumer whose window begins after them.
    const std::int64_t inference = (freed - 1) / producer_rows;
    const auto within = static_cast<int>(freed - inference * producer_rows);
    const auto found = std::lower_bound(edge.first_rows.begin(), edge.first_rows.end(), within);
    const std::int64_t first = inference * node.num_rows + (found - edge.first_rows.begin());
    const NodeState& state = nodes_[consumer.node];
    return first <= state.num_computed() ? state.passed[first] : -1;
  }

  bool emit(std::size_t n) {
    NodeState& state = nodes_[n];
    const std::int64_t row = state.num_emitted();
    if (row == state.num_computed()) return false;
    Cycles time = state.ready[row];
    if (row > 0) time = std::max(time, state.emitted.back());
    for (const Consumer& consumer : consumers_[n]) {
      const Cycles room = room_time(consumer, row);
      if (room < 0) return false;
      time = std::max(time, room);
    }
    state.emitted.push_back(time);
    state.arrivals.push_back(state.burst.send(time));
    return true;
  }

  void require_finished() const {
    std::string stuck;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      const std::int64_t computed = nodes_[n].num_computed();
      if (nodes_[n].num_emitted() == num_rows(n)) continue;
      const char* what = computed == num_rows(n) ? nullptr : missing(n, computed);
      stuck += (stuck.empty() ? "" : "; ") + model_.nodes[n].name + " waits for " +
               (what == nullptr ? "room in a consumer's buffer" : what);
    }
    if (!stuck.empty()) throw NumericError("the pipeline came to a halt: " + stuck);
  }

  PipelineResult gather() {
    PipelineResult result;
    LinkLoads loads{routes_.links(), std::vector<Cycles>(routes_.links().size(), -1)};
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      NodeState& state = nodes_[n];
      count_rows(n, loads);
      for (std::size_t u = 0; u < state.units.size(); ++u) {
        count_partials(n, u, loads);
        state.result.units.push_back(state.units[u].result);
        const std::vector<StateInterval>& states = state.units[u].states;
        result.states.insert(result.states.end(), states.begin(), states.end());
        result.end_cycle = std::max(result.end_cycle, state.units[u].delivered.back());
      }
      result.end_cycle = std::max(result.end_cycle, state.emitted.back());
      for (const Cycles arrival : state.arrivals.back())
        result.end_cycle = std::max(result.end_cycle, arrival);
      result.rows.insert(result.rows.end(), state.rows.begin(), state.rows.end());
    }
    for (NodeState& state : nodes_) result.nodes.push_back(std::move(state.result));
    for (const LinkResult& link : loads.links)
      if (link.packets > 0) result.links.push_back(link);
    count_inferences(loads, result);
    return result;
  }

  /// All links of the mesh and when each first can have carried something.
  struct LinkLoads {
    std::vector<LinkResult> links;
    std::vector<Cycles> first_use;
    void use(int link, Cycles from) {
      if (first_use[link] < 0 || from < first_use[link]) first_use[link] = from;
    }
  };

  void count_rows(std::size_t n, LinkLoads& loads) {
    nodes_[n].burst.count(num_rows(n), loads.links);
    for (const int link : nodes_[n].burst.links()) loads.use(link, nodes_[n].emitted.front());
    for (const RowPacket& packet : nodes_[n].burst.packets()) {
      nodes_[packet.consumer].result.received_bits += num_rows(n) * packet.bits;
      count_flits(n, {model_.nodes[n].home_tile, packet.tile, packet.bits}, num_rows(n));
    }
  }

  void count_partials(std::size_t n, std::size_t u, LinkLoads& loads) {
    const PipelineUnit& unit = model_.nodes[n].units[u];
    const UnitProgress& state = nodes_[n].units[u];
    const std::int64_t windows = state.result.windows;
    if (windows == 0) return;
    const int to = model_.nodes[n].sums_tile_of(unit);
    count_flits(n, {unit.tile, to, unit.partial_bits}, windows);
    for (const int link : state.way.links) {
      loads.links[link].packets += windows;
      loads.links[link].busy_cycles += windows * state.way.serialization;
      loads.use(link, state.first_finished);
    }
    if (!state.way.links.empty()) loads.links[state.way.links.front()].wait_cycles += state.waited;
  }

  struct Way {
    int from = 0;
    int to = 0;
    std::int64_t bits = 0;
  };

  void count_flits(std::size_t n, const Way& way, std::int64_t packets) {
    const std::int64_t hops = routes_.flit_hops(way.bits, way.from, way.to);
    if (hops == 0) return;
    nodes_[n].result.flit_hops += hops * packets;
    nodes_[n].result.sent_bits += way.bits * packets;
  }

  /// An inference leaves when the sink has done it, and not before every link can have carried what
  /// belongs to the inferences before it.
  void count_inferences(const LinkLoads& loads, PipelineResult& result) const {
    for (const RowEvent& row : nodes_.front().rows)
      if (row.row == 0) result.start_cycles.push_back(row.start_cycle);
    for (const RowEvent& row : nodes_.back().rows) {
      if (row.row != model_.nodes.back().num_rows - 1) continue;
      Cycles finish = row.end_cycle;
      for (std::size_t l = 0; l < loads.links.size(); ++l)
        if (loads.links[l].packets > 0)
          finish =
              std::max(finish, loads.first_use[l] + row.inference * loads.links[l].busy_cycles /
                                                        model_.num_inferences);
      result.finish_cycles.push_back(finish);
      result.end_cycle = std::max(result.end_cycle, finish);
    }
  }

  const PipelineModel& model_;
  Routes routes_;
  std::vector<std::vector<Consumer>> consumers_;
  std::vector<NodeState> nodes_;
};

}  // namespace

PipelineResult analyze(const PipelineModel& model) {
  validate(model);
  return Analysis(model).run();
}

}  // namespace ohmweave::power_area
