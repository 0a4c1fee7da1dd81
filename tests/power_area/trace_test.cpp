// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/trace.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "pipelines.h"
#include "power_area/sim/simulate.h"
#include "random_pipelines.h"

namespace ohmweave::power_area {
namespace {

constexpr double kClockHz = 1e9;

PipelineModel recorded(PipelineModel model) {
  model.records_states = true;
  return model;
}

TEST(Trace, StatesOfAUnitFollowEachOtherAndAddUpToItsTimes) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const PipelineResult result = simulate(recorded(random_pipeline(seed, Spread::Crowd)));
    std::map<std::tuple<int, int, UnitState>, std::int64_t> sums;
    const StateInterval* last = nullptr;

    for (const StateInterval& state : result.states) {
      EXPECT_LT(state.start_cycle, state.end_cycle);
      sums[{state.node, state.unit, state.state}] += state.end_cycle - state.start_cycle;
      if (last != nullptr && last->node == state.node && last->unit == state.unit) {
        EXPECT_LE(last->end_cycle, state.start_cycle);
      }
      last = &state;
    }

    for (int n = 0; n < static_cast<int>(result.nodes.size()); ++n)
      for (int u = 0; u < static_cast<int>(result.nodes[n].units.size()); ++u) {
        const UnitResult& unit = result.nodes[n].units[u];
        EXPECT_EQ((sums[{n, u, UnitState::Busy}]), unit.busy_cycles);
        EXPECT_EQ((sums[{n, u, UnitState::StallInput}]), unit.stalls.input);
        EXPECT_EQ((sums[{n, u, UnitState::StallOutput}]), unit.stalls.output);
        EXPECT_EQ((sums[{n, u, UnitState::StallPartial}]), unit.stalls.partial);
      }
  }
}

TEST(Trace, NothingIsRecordedUnlessAskedFor) { EXPECT_TRUE(simulate(one_layer()).states.empty()); }

TEST(Timeline, HasATrackForEveryUnitAndItsStallsAreColouredByCause) {
  const PipelineModel model = recorded(one_layer());
  const PipelineResult result = simulate(model);

  const Json trace = Json::parse(timeline_json(model, result, kClockHz).dump());

  std::map<std::pair<int, int>, std::string> tracks;
  std::map<std::string, double> us_by_color;
  for (const Json& event : trace.at("traceEvents")) {
    const std::pair<int, int> track{event.at("pid").get<int>(), event.at("tid").get<int>()};
    if (event.at("name") == "thread_name")
      tracks[track] = event.at("args").at("name").get<std::string>();
    if (event.at("ph") == "X" && event.contains("cname") && tracks.at(track) == "layer on tile 0")
      us_by_color[event.at("cname").get<std::string>()] += event.at("dur").get<double>();
  }
  const UnitResult& unit = result.nodes[1].units[0];
  EXPECT_NEAR(us_by_color["good"], 1e-3 * static_cast<double>(unit.busy_cycles), 1e-9);
  EXPECT_NEAR(us_by_color["yellow"], 1e-3 * static_cast<double>(unit.stalls.input), 1e-9);
  EXPECT_EQ(tracks.size(), 2 * 3U + 3U);  // two lanes of rows a node, one track a unit
}

// Viewers draw slices of one track only when they are disjoint or nested.
TEST(Timeline, SlicesOfATrackDoNotOverlap) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const PipelineModel model = recorded(random_pipeline(seed, Spread::Crowd));
    const Json trace = timeline_json(model, simulate(model), kClockHz);
    std::map<std::pair<int, int>, double> end_of_track;

    for (const Json& event : trace.at("traceEvents")) {
      if (event.at("ph") != "X") continue;
      double& end = end_of_track[{event.at("pid").get<int>(), event.at("tid").get<int>()}];
      EXPECT_GE(event.at("ts").get<double>(), end - 1e-9) << event;
      end = event.at("ts").get<double>() + event.at("dur").get<double>();
    }
  }
}

TEST(StatesVcd, ReplaysToTheTimesOfTheUnits) {
  const PipelineModel model = recorded(one_layer());
  const PipelineResult result = simulate(model);
  std::istringstream text(states_vcd(model, result, kClockHz));
  std::map<std::string, std::string> wire_of;  // identifier to scope.wire
  std::map<std::string, std::int64_t> high_ps;
  std::map<std::string, std::int64_t> risen_ps;
  std::string scope;
  std::int64_t now_ps = 0;

  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "$scope") {
      words >> word >> word;
      if (word.rfind("unit_", 0) != 0) scope = word;
    } else if (word == "$var") {
      std::string type, width, id, name;
      words >> type >> width >> id >> name;
      wire_of[id] = scope + "." + name;
    } else if (word[0] == '#') {
      now_ps = std::stoll(word.substr(1));
    } else if (word[0] == '1') {
      risen_ps[word.substr(1)] = now_ps;
    } else if (word[0] == '0' && risen_ps.count(word.substr(1)) > 0) {
      high_ps[wire_of.at(word.substr(1))] += now_ps - risen_ps.at(word.substr(1));
    }
  }

  EXPECT_EQ(high_ps["layer.busy"], 1000 * result.nodes[1].units[0].busy_cycles);
  EXPECT_EQ(high_ps["layer.stall_input"], 1000 * result.nodes[1].units[0].stalls.input);
  EXPECT_EQ(wire_of.size(), 3 * 4U);
}

TEST(PowerOverTime, IsTheEnergyOfBusyUnitsAndHoldsAllOfIt) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const PipelineResult result = simulate(recorded(random_pipeline(seed, Spread::Crowd)));
    SpentEnergy spent;
    spent.leakage_w = 2e-3;
    spent.spread_j = 1e-9;
    double energy_j = spent.spread_j;
    for (const NodeResult& node : result.nodes) {
      spent.unit_j.emplace_back(node.units.size(), 3e-9);
      energy_j += 3e-9 * static_cast<double>(node.units.size());
    }

    const PowerTrace trace = power_over_time(result, spent, kClockHz, 17);

    const double seconds = static_cast<double>(result.end_cycle) / kClockHz;
    const double expected_w = spent.leakage_w + energy_j / seconds;
    EXPECT_NEAR(trace.average_w, expected_w, 1e-12 * expected_w);
    for (const double bin_w : trace.bins_w) EXPECT_LE(bin_w, trace.peak_w * (1.0 + 1e-12));
  }
}

TEST(PowerOverTime, PeaksWhereMostUnitsWork) {
  PipelineResult result;
  result.end_cycle = 100;
  result.nodes.resize(2);
  result.nodes[0].units.resize(1);
  result.nodes[1].units.resize(1);
  result.nodes[0].units[0].busy_cycles = 40;
  result.nodes[1].units[0].busy_cycles = 20;
  result.states = {{0, 0, UnitState::Busy, 0, 40},
                   {0, 0, UnitState::StallInput, 40, 90},
                   {1, 0, UnitState::Busy, 30, 50}};
  SpentEnergy spent;
  spent.unit_j = {{40e-9}, {60e-9}};  // 1 W and 3 W
  spent.leakage_w = 0.5;

  const PowerTrace trace = power_over_time(result, spent, kClockHz, 10);

  EXPECT_NEAR(trace.peak_w, 4.5, 1e-12);
  EXPECT_NEAR(trace.peak_at_s, 30e-9, 1e-18);
  EXPECT_NEAR(trace.bins_w[0], 1.5, 1e-12);
  EXPECT_NEAR(trace.bins_w[3], 4.5, 1e-12);
  EXPECT_NEAR(trace.bins_w[4], 3.5, 1e-12);
  EXPECT_NEAR(trace.bins_w[9], 0.5, 1e-12);
}

}  // namespace
}  // namespace ohmweave::power_area
