// SPDX-License-Identifier: Apache-2.0
// One node of the pipeline in SystemC: its units at work, the rows they finish, and the credits
// that keep it from overrunning its consumers. Include only from power_area/sim.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "power_area/sim/arithmetic.h"
#include "power_area/sim/mesh.h"
#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

class Stage;
using SharedRow = std::shared_ptr<const RowCodes>;
using Sums = std::vector<std::int64_t>;

/// The rows of one edge in a tile's buffer, for a run that carries data.
class RowBuffer {
 public:
  explicit RowBuffer(int capacity) : capacity_(capacity) {}
  void receive(SharedRow row);
  /// Gives up all rows before `first`, counted over all inferences.
  void free_before(std::int64_t first);
  [[nodiscard]] const RowCodes& at(std::int64_t row) const;

 private:
  int capacity_;
  std::int64_t first_ = 0;
  std::deque<SharedRow> rows_;
};

/// Works on windows in order; knows when each has its inputs and room for its results.
class UnitProcess final : public sc_core::sc_module, private HeldRows {
 public:
  UnitProcess(const sc_core::sc_module_name& name, Stage& stage, int index);
  void wake() { wake_.notify(sc_core::SC_ZERO_TIME); }
  /// One more row of edge `edge` is in the tile's buffer; empty when no data are carried.
  void receive_row(std::size_t edge, const SharedRow& row);
  /// The home tile has taken a partial sum.
  void partial_arrived();
  /// Rows of edge `edge` that this unit will not read again, over all inferences.
  [[nodiscard]] std::int64_t freed_rows(std::size_t edge) const;
  /// Windows whose results are at the home tile.
  [[nodiscard]] std::int64_t delivered_windows() const { return delivered_; }
  /// This unit's windows among the first `windows` of the node.
  [[nodiscard]] std::int64_t share_of(std::int64_t windows) const;
  [[nodiscard]] const UnitResult& result() const { return result_; }
  [[nodiscard]] const std::vector<StateInterval>& states() const { return states_; }
  [[nodiscard]] int tile() const;
  [[nodiscard]] std::string waits_for() const;

 private:
  enum class Wait { Nothing, Input, Output, Partial };

  [[nodiscard]] const RowCodes& row(std::size_t edge, int row) const override;
  [[nodiscard]] Sums read_window();
  void step();
  [[nodiscard]] Wait blocked_by() const;
  void account_stall(Wait wait);
  void record(UnitState state, std::int64_t start, std::int64_t end);
  void start_window();
  void finish_window();
  [[nodiscard]] std::int64_t current_row() const;

  Stage& stage_;
  int index_;
  UnitResult result_;
  std::vector<StateInterval> states_;
  std::vector<std::int64_t> received_rows_;  // per edge
  std::vector<RowBuffer> buffers_;           // per edge; empty when no data are carried
  std::int64_t window_ = 0;                  // of the node, over all inferences
  std::int64_t delivered_ = 0;
  std::int64_t done_at_ = 0;
  bool is_busy_ = false;
  Wait waiting_for_ = Wait::Nothing;
  std::int64_t waiting_since_ = 0;
  sc_core::sc_event wake_;
  sc_core::sc_event done_;
};

/// A node: collects windows into rows and sends rows to the consumers.
class Stage final : public sc_core::sc_module {
 public:
  /// Without `arithmetic` it carries no data.
  Stage(const sc_core::sc_module_name& name, const PipelineModel& model, int node, Mesh& mesh,
        Arithmetic* arithmetic);
  /// `edge` of `consumer` reads this node's rows.
  void add_consumer(Stage& consumer, std::size_t edge);

  void window_started(std::int64_t row);
  void window_done() { collect_rows(); }
  void rows_freed();  // of an input edge of this stage: its producers may send again
  void credit() { emit_.notify(sc_core::SC_ZERO_TIME); }

  [[nodiscard]] const PipelineModel& model() const { return model_; }
  [[nodiscard]] const PipelineNode& node() const { return model_.nodes[index_]; }
  [[nodiscard]] int index() const { return index_; }
  [[nodiscard]] std::int64_t num_rows() const;  // over all inferences
  [[nodiscard]] std::int64_t emitted_rows() const { return emitted_; }
  [[nodiscard]] bool is_finished() const { return emitted_ == num_rows(); }
  [[nodiscard]] NodeResult result() const;
  [[nodiscard]] std::vector<StateInterval> states() const;
  [[nodiscard]] const std::vector<RowEvent>& rows() const { return rows_; }
  [[nodiscard]] Arithmetic* arithmetic() const { return arithmetic_; }
  /// Of a node without consumers: all that it computed, row after row.
  [[nodiscard]] const std::vector<SharedRow>& kept_rows() const { return kept_rows_; }
  [[nodiscard]] std::string waits_for() const;

 private:
  friend class UnitProcess;
  /// A packet of every row, and the units that take it from their tile's buffer.
  struct Destination {
    Stage* stage;
    RowPacket packet;
    std::vector<UnitProcess*> takers;
  };

  void emit();
  void collect_rows();
  [[nodiscard]] bool consumers_have_room() const;
  [[nodiscard]] std::int64_t freed_rows(std::size_t edge) const;
  void send_row(std::int64_t row);
  void send_partial(int unit, std::int64_t window, Sums sums);
  void add_sums(std::int64_t window, const Sums& sums);
  [[nodiscard]] SharedRow finish_row(std::int64_t row);
  void count_packet(std::int64_t bits, int from_tile, int to_tile);

  const PipelineModel& model_;
  int index_;
  Mesh& mesh_;
  Arithmetic* arithmetic_;
  std::vector<std::unique_ptr<UnitProcess>> units_;
  std::vector<Destination> destinations_;
  std::vector<std::pair<Stage*, std::size_t>> consumers_;  // and their edges
  std::vector<Stage*> producers_;
  std::map<std::int64_t, std::int64_t> row_starts_;
  std::deque<std::int64_t> ready_at_;  // of finished rows not yet emitted
  std::int64_t finished_ = 0;          // rows whose windows are all delivered
  std::int64_t emitted_ = 0;
  NodeResult result_;
  std::vector<RowEvent> rows_;
  std::map<std::int64_t, Sums> sums_;    // by window, of rows not yet finished
  std::deque<SharedRow> finished_rows_;  // not yet emitted
  std::vector<SharedRow> kept_rows_;
  sc_core::sc_event emit_;
  sc_core::sc_event ready_;
};

}  // namespace ohmweave::power_area
