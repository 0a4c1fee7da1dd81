// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "core/error.h"
#include "power_area/sim/stage.h"

namespace ohmweave::power_area {

void RowBuffer::receive(SharedRow row) {
  rows_.push_back(std::move(row));
  OHMWEAVE_REQUIRE(rows_.size() <= static_cast<std::size_t>(capacity_), "a buffer overran");
}

void RowBuffer::free_before(std::int64_t first) {
  while (first_ < first && !rows_.empty()) {
    rows_.pop_front();
    ++first_;
  }
}

const RowCodes& RowBuffer::at(std::int64_t row) const {
  OHMWEAVE_REQUIRE(row >= first_ && row - first_ < static_cast<std::int64_t>(rows_.size()),
                   "a window reads row " + std::to_string(row) + " of a buffer that holds " +
                       std::to_string(rows_.size()) + " from " + std::to_string(first_));
  return *rows_[row - first_];
}

UnitProcess::UnitProcess(const sc_core::sc_module_name& name, Stage& stage, int index)
    : sc_core::sc_module(name),
      stage_(stage),
      index_(index),
      received_rows_(stage.node().edges.size(), 0),
      window_(stage.node().units[index].copy) {
  if (stage.arithmetic() != nullptr)
    for (const PipelineEdge& edge : stage.node().edges) buffers_.emplace_back(edge.capacity_rows);
  SC_HAS_PROCESS(UnitProcess);
  SC_METHOD(step);
  sensitive << wake_ << done_;
}

int UnitProcess::tile() const { return stage_.node().units[index_].tile; }

void UnitProcess::receive_row(std::size_t edge, const SharedRow& row) {
  received_rows_[edge] += 1;
  if (row != nullptr) {
    buffers_[edge].free_before(freed_rows(edge));
    buffers_[edge].receive(row);
  }
  wake();
}

const RowCodes& UnitProcess::row(std::size_t edge, int row) const {
  const PipelineNode& node = stage_.node();
  const std::int64_t inference = current_row() / node.num_rows;
  return buffers_[edge].at(inference * stage_.model().nodes[node.edges[edge].producer].num_rows +
                           row);
}

Sums UnitProcess::read_window() {
  if (stage_.arithmetic() == nullptr) return {};
  const PipelineNode& node = stage_.node();
  for (std::size_t e = 0; e < buffers_.size(); ++e) buffers_[e].free_before(freed_rows(e));
  const WindowPlace place{stage_.index(), index_, static_cast<int>(current_row() / node.num_rows),
                          static_cast<int>(current_row() % node.num_rows),
                          static_cast<int>(window_ % node.windows_per_row)};
  return stage_.arithmetic()->read_window(place, *this);
}

void UnitProcess::partial_arrived() {
  delivered_ += 1;
  stage_.window_done();
  wake();
}

std::int64_t UnitProcess::share_of(std::int64_t windows) const {
  const PipelineNode& node = stage_.node();
  const int copy = node.units[index_].copy;
  return (windows - copy + node.num_copies - 1) / node.num_copies;
}

std::int64_t UnitProcess::current_row() const { return window_ / stage_.node().windows_per_row; }

std::int64_t UnitProcess::freed_rows(std::size_t edge) const {
  const PipelineNode& node = stage_.node();
  const std::int64_t inference = current_row() / node.num_rows;
  const std::int64_t producer_rows = stage_.model().nodes[node.edges[edge].producer].num_rows;
  return inference * producer_rows + node.edges[edge].first_rows[current_row() % node.num_rows];
}

UnitProcess::Wait UnitProcess::blocked_by() const {
  const PipelineNode& node = stage_.node();
  const std::int64_t inference = current_row() / node.num_rows;
  const std::int64_t row = current_row() % node.num_rows;
  for (std::size_t e = 0; e < node.edges.size(); ++e) {
    const std::int64_t producer_rows = stage_.model().nodes[node.edges[e].producer].num_rows;
    if (received_rows_[e] < inference * producer_rows + node.edges[e].end_rows[row])
      return Wait::Input;
  }
  if (current_row() - stage_.emitted_rows() >= kOutputRows) return Wait::Output;
  if (result_.windows - delivered_ >= kPartialsOnTheWay) return Wait::Partial;
  return Wait::Nothing;
}

void UnitProcess::account_stall(Wait wait) {
  const std::int64_t waited = now() - waiting_since_;
  if (waiting_for_ == Wait::Input) {
    result_.stalls.input += waited;
    record(UnitState::StallInput, waiting_since_, now());
  } else if (waiting_for_ == Wait::Output) {
    result_.stalls.output += waited;
    record(UnitState::StallOutput, waiting_since_, now());
  } else if (waiting_for_ == Wait::Partial) {
    result_.stalls.partial += waited;
    record(UnitState::StallPartial, waiting_since_, now());
  }
  waiting_for_ = wait;
  waiting_since_ = now();
}

void UnitProcess::record(UnitState state, std::int64_t start, std::int64_t end) {
  if (stage_.model().records_states)
    append_state(states_, {stage_.index(), index_, state, start, end});
}

void UnitProcess::step() {
  if (is_busy_) {
    if (now() < done_at_) return;
    finish_window();
  }
  while (!is_busy_ && current_row() < stage_.num_rows()) {
    const Wait wait = blocked_by();
    account_stall(wait);
    if (wait != Wait::Nothing) return;
    start_window();
    if (done_at_ == now()) finish_window();
  }
}

void UnitProcess::start_window() {
  is_busy_ = true;
  stage_.window_started(current_row());
  const std::int64_t duration = stage_.node().units[index_].cycles_per_window;
  result_.busy_cycles += duration;
  done_at_ = now() + duration;
  record(UnitState::Busy, now(), done_at_);
  if (duration > 0) done_.notify(cycles(duration));
}

void UnitProcess::finish_window() {
  is_busy_ = false;
  Sums sums = read_window();
  const std::int64_t window = window_;
  const std::int64_t row = current_row();
  window_ += stage_.node().num_copies;
  result_.windows += 1;
  if (current_row() != row) stage_.rows_freed();
  stage_.send_partial(index_, window, std::move(sums));
}

std::string UnitProcess::waits_for() const {
  if (current_row() >= stage_.num_rows()) return "nothing";
  switch (blocked_by()) {
    case Wait::Input:
      return "its input";
    case Wait::Output:
      return "room for its output";
    case Wait::Partial:
      return "its partial sums to arrive";
    case Wait::Nothing:
      break;
  }
  return "nothing";
}

}  // namespace ohmweave::power_area
