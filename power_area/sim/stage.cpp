// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/stage.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace ohmweave::power_area {

namespace {
constexpr int kPartialPacket = -1;  // in place of the consumer in a packet's key
}  // namespace

Stage::Stage(const sc_core::sc_module_name& name, const PipelineModel& model, int node, Mesh& mesh,
             Arithmetic* arithmetic)
    : sc_core::sc_module(name), model_(model), index_(node), mesh_(mesh), arithmetic_(arithmetic) {
  SC_HAS_PROCESS(Stage);
  SC_METHOD(emit);
  sensitive << emit_ << ready_;
  dont_initialize();
  for (std::size_t u = 0; u < model.nodes[node].units.size(); ++u) {
    const std::string unit_name = "unit_" + std::to_string(u);
    units_.push_back(std::make_unique<UnitProcess>(unit_name.c_str(), *this, static_cast<int>(u)));
  }
}

void Stage::add_consumer(Stage& consumer, std::size_t edge) {
  consumers_.emplace_back(&consumer, edge);
  consumer.producers_.push_back(this);
  for (const RowPacket& packet : row_packets(model_, {consumer.index_, edge})) {
    Destination destination{&consumer, packet, {}};
    for (const std::unique_ptr<UnitProcess>& unit : consumer.units_)
      if (unit->tile() == packet.tile) destination.takers.push_back(unit.get());
    destinations_.push_back(std::move(destination));
  }
}

std::int64_t Stage::num_rows() const {
  return static_cast<std::int64_t>(node().num_rows) * model_.num_inferences;
}

void Stage::window_started(std::int64_t row) { row_starts_.emplace(row, now()); }

void Stage::rows_freed() {
  for (Stage* producer : producers_) producer->credit();
}

void Stage::send_partial(int unit, std::int64_t window, Sums sums) {
  const PipelineUnit& from = node().units[unit];
  UnitProcess* process = units_[unit].get();
  const auto deliver = [this, process, window, sums = std::move(sums)] {
    if (arithmetic_ != nullptr) add_sums(window, sums);
    process->partial_arrived();
  };
  if (from.partial_bits == 0) {
    deliver();
    return;
  }
  Packet packet;
  packet.key = {index_, kPartialPacket, 0, window, unit};
  packet.bits = from.partial_bits;
  packet.deliver = deliver;
  const int to = node().sums_tile_of(from);
  count_packet(from.partial_bits, from.tile, to);
  mesh_.send(from.tile, to, std::move(packet));
}

void Stage::add_sums(std::int64_t window, const Sums& sums) {
  Sums& total = sums_[window];
  if (total.empty()) total.assign(sums.size(), 0);
  OHMWEAVE_REQUIRE(total.size() == sums.size(), "sums of " + node().name);
  for (std::size_t i = 0; i < sums.size(); ++i) total[i] += sums[i];
}

SharedRow Stage::finish_row(std::int64_t row) {
  if (arithmetic_ == nullptr) return nullptr;
  std::vector<Sums> windows;
  for (std::int64_t w = row * node().windows_per_row; w < (row + 1) * node().windows_per_row; ++w)
    windows.push_back(std::move(sums_.extract(w).mapped()));
  const WindowPlace place{index_, 0, static_cast<int>(row / node().num_rows),
                          static_cast<int>(row % node().num_rows), 0};
  return std::make_shared<const RowCodes>(arithmetic_->finish_row(place, windows));
}

void Stage::collect_rows() {
  while (finished_ < num_rows()) {
    const std::int64_t windows = (finished_ + 1) * node().windows_per_row;
    for (const std::unique_ptr<UnitProcess>& unit : units_)
      if (unit->delivered_windows() < unit->share_of(windows)) return;
    RowEvent event;
    event.node = index_;
    event.inference = static_cast<int>(finished_ / node().num_rows);
    event.row = static_cast<int>(finished_ % node().num_rows);
    event.start_cycle = row_starts_.at(finished_);
    event.end_cycle = now() + node().emit_cycles;
    rows_.push_back(event);
    row_starts_.erase(finished_);
    ready_at_.push_back(event.end_cycle);
    finished_rows_.push_back(finish_row(finished_));
    finished_ += 1;
    if (ready_at_.size() == 1) ready_.notify(cycles(node().emit_cycles));
  }
}

std::int64_t Stage::freed_rows(std::size_t edge) const {
  std::int64_t freed = units_.front()->freed_rows(edge);
  for (const std::unique_ptr<UnitProcess>& unit : units_)
    freed = std::min(freed, unit->freed_rows(edge));
  return freed;
}

bool Stage::consumers_have_room() const {
  for (const auto& [stage, edge] : consumers_)
    if (emitted_ - stage->freed_rows(edge) >= stage->node().edges[edge].capacity_rows) return false;
  return true;
}

void Stage::emit() {
  while (!ready_at_.empty() && ready_at_.front() <= now() && consumers_have_room()) {
    ready_at_.pop_front();
    send_row(emitted_);
    emitted_ += 1;
    for (const std::unique_ptr<UnitProcess>& unit : units_) unit->wake();
  }
  if (!ready_at_.empty() && ready_at_.front() > now())
    ready_.notify(cycles(ready_at_.front() - now()));
}

void Stage::send_row(std::int64_t row) {
  const SharedRow codes = std::move(finished_rows_.front());
  finished_rows_.pop_front();
  if (destinations_.empty() && codes != nullptr) kept_rows_.push_back(codes);
  for (const Destination& to : destinations_) {
    Packet packet;
    packet.key = {index_, to.packet.consumer, to.packet.edge, row, to.packet.tile};
    packet.bits = to.packet.bits;
    packet.deliver = [&to, codes] {
      for (UnitProcess* taker : to.takers) taker->receive_row(to.packet.edge, codes);
    };
    to.stage->result_.received_bits += packet.bits;
    count_packet(packet.bits, node().home_tile, to.packet.tile);
    mesh_.send(node().home_tile, to.packet.tile, std::move(packet));
  }
}

void Stage::count_packet(std::int64_t bits, int from_tile, int to_tile) {
  const std::int64_t hops = mesh_.routes().flit_hops(bits, from_tile, to_tile);
  if (hops == 0) return;
  result_.sent_bits += bits;
  result_.flit_hops += hops;
}

NodeResult Stage::result() const {
  NodeResult result = result_;
  for (const std::unique_ptr<UnitProcess>& unit : units_) result.units.push_back(unit->result());
  return result;
}

std::vector<StateInterval> Stage::states() const {
  std::vector<StateInterval> states;
  for (const std::unique_ptr<UnitProcess>& unit : units_)
    states.insert(states.end(), unit->states().begin(), unit->states().end());
  return states;
}

std::string Stage::waits_for() const {
  for (const std::unique_ptr<UnitProcess>& unit : units_)
    if (unit->waits_for() != "nothing") return node().name + " waits for " + unit->waits_for();
  return node().name + " waits for room in a consumer's buffer";
}

}  // namespace ohmweave::power_area
