// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <utility>

#include "power_area/sim/trace.h"

namespace ohmweave::power_area {

namespace {

constexpr int kRowsProcess = 0;
constexpr int kUnitsProcess = 1;
constexpr std::int64_t kRowLanes = 2;  // a row starts once the last but one has been sent

struct StateLook {
  const char* name;
  const char* color;  // one of the trace viewer's reserved names
};
/// In the order of UnitState.
constexpr std::array<StateLook, 4> kLooks{{{"busy", "good"},
                                           {"stalled: input", "yellow"},
                                           {"stalled: output", "bad"},
                                           {"stalled: partial sums", "terrible"}}};

Json name_event(const char* what, int process, std::int64_t thread, const std::string& name) {
  return {
      {"ph", "M"}, {"pid", process}, {"tid", thread}, {"name", what}, {"args", {{"name", name}}}};
}

class Timeline {
 public:
  Timeline(const PipelineModel& model, double clock_hz)
      : model_(model), us_per_cycle_(kMicrosecondsPerSecond / clock_hz) {
    events_.push_back(name_event("process_name", kRowsProcess, 0, "rows"));
    events_.push_back(name_event("process_name", kUnitsProcess, 0, "units"));
    for (std::size_t n = 0; n < model.nodes.size(); ++n) name_tracks(n);
  }

  void add(const RowEvent& row) {
    const std::int64_t number =
        static_cast<std::int64_t>(row.inference) * model_.nodes[row.node].num_rows + row.row;
    Json event = slice(row.start_cycle, row.end_cycle);
    event["pid"] = kRowsProcess;
    event["tid"] = kRowLanes * row.node + number % kRowLanes;
    event["name"] = "image " + std::to_string(row.inference) + " row " + std::to_string(row.row);
    events_.push_back(std::move(event));
  }

  void add(const StateInterval& state) {
    const StateLook& look = kLooks[static_cast<std::size_t>(state.state)];
    Json event = slice(state.start_cycle, state.end_cycle);
    event["pid"] = kUnitsProcess;
    event["tid"] = first_unit_[state.node] + state.unit;
    event["name"] = look.name;
    event["cname"] = look.color;
    events_.push_back(std::move(event));
  }

  Json finish() { return {{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events_)}}; }

 private:
  static constexpr double kMicrosecondsPerSecond = 1e6;

  void name_tracks(std::size_t n) {
    const PipelineNode& node = model_.nodes[n];
    for (std::int64_t lane = 0; lane < kRowLanes; ++lane)
      events_.push_back(name_event("thread_name", kRowsProcess,
                                   kRowLanes * static_cast<std::int64_t>(n) + lane, node.name));
    first_unit_.push_back(num_units_);
    for (const PipelineUnit& unit : node.units) {
      std::string name = node.name + " on tile " + std::to_string(unit.tile);
      if (node.num_copies > 1) name += ", copy " + std::to_string(unit.copy);
      events_.push_back(name_event("thread_name", kUnitsProcess, num_units_, name));
      ++num_units_;
    }
  }

  [[nodiscard]] Json slice(std::int64_t start, std::int64_t end) const {
    return {{"ph", "X"},
            {"ts", us_per_cycle_ * static_cast<double>(start)},
            {"dur", us_per_cycle_ * static_cast<double>(end - start)}};
  }

  const PipelineModel& model_;
  double us_per_cycle_;
  Json events_ = Json::array();
  std::vector<int> first_unit_;  // track of a node's first unit
  int num_units_ = 0;
};

}  // namespace

Json timeline_json(const PipelineModel& model, const PipelineResult& result, double clock_hz) {
  Timeline timeline(model, clock_hz);
  for (const RowEvent& row : result.rows) timeline.add(row);
  for (const StateInterval& state : result.states) timeline.add(state);
  return timeline.finish();
}

}  // namespace ohmweave::power_area
