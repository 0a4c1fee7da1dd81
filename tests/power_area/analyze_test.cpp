// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/analyze.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "pipelines.h"
#include "power_area/sim/simulate.h"
#include "random_pipelines.h"

namespace ohmweave::power_area {
namespace {

TEST(Analyze, IsTheSimulationWhereNothingGoesOverTheMesh) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    PipelineModel model = random_pipeline(seed, Spread::OneTile);
    model.records_states = true;

    EXPECT_EQ(result_to_json(analyze(model)), result_to_json(simulate(model))) << "seed " << seed;
  }
}

TEST(Analyze, IsTheSimulationWherePacketsOfTwoSendersNeverMeet) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    PipelineModel model = random_pipeline(seed, Spread::Line);
    model.records_states = true;

    EXPECT_EQ(result_to_json(analyze(model)), result_to_json(simulate(model))) << "seed " << seed;
  }
}

// A packet that came to a link just as it was free, and was served at once, made the link forget
// the next one: only crowded meshes showed it.
TEST(Analyze, CountsWhatTheSimulationCountsAndTakesNoLongerOnACrowdedMesh) {
  int num_slower = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const PipelineModel model = random_pipeline(seed, Spread::Crowd);

    const PipelineResult fast = analyze(model);
    const PipelineResult slow = simulate(model);

    EXPECT_LE(fast.latency_cycles(), slow.latency_cycles()) << "seed " << seed;
    num_slower += slow.latency_cycles() > fast.latency_cycles() ? 1 : 0;
    for (std::size_t n = 0; n < model.nodes.size(); ++n) {
      EXPECT_EQ(fast.nodes[n].flit_hops, slow.nodes[n].flit_hops);
      EXPECT_EQ(fast.nodes[n].received_bits, slow.nodes[n].received_bits);
      EXPECT_EQ(fast.nodes[n].sent_bits, slow.nodes[n].sent_bits);
      for (std::size_t u = 0; u < model.nodes[n].units.size(); ++u)
        EXPECT_EQ(fast.nodes[n].units[u].busy_cycles, slow.nodes[n].units[u].busy_cycles);
    }
    ASSERT_EQ(fast.links.size(), slow.links.size());
    for (std::size_t l = 0; l < fast.links.size(); ++l) {
      EXPECT_EQ(fast.links[l].packets, slow.links[l].packets);
      EXPECT_EQ(fast.links[l].busy_cycles, slow.links[l].busy_cycles);
    }
  }
  EXPECT_GT(num_slower, 20) << "hardly any contention: the test says little";
}

/// Two branches from one tile to another, 10 packets a row each, at the same times.
PipelineModel two_streams(std::int64_t row_bits) {
  constexpr int kImageRows = 8;
  PipelineModel model;
  model.tiles = {{0, 0}, {1, 0}};
  model.mesh_width = 2;
  PipelineNode left;
  left.name = "left";
  left.num_rows = kImageRows;
  left.edges = {window_edge(0, kImageRows, 1, 2)};
  left.units = {unit_on(0, 10, {32})};
  PipelineNode right = left;
  right.name = "right";
  PipelineNode join = left;
  join.name = "join";
  join.home_tile = 1;
  join.edges = {window_edge(1, kImageRows, 1, 2), window_edge(2, kImageRows, 1, 2)};
  join.units = {unit_on(1, 1, {row_bits, row_bits})};
  model.nodes = {source(0, kImageRows, 1), left, right, join, sink(1, 3, kImageRows)};
  return model;
}

TEST(Analyze, MissesTheWaitForPacketsOfOthersButNotTheRateOfTheBusiestLink) {
  const PipelineModel model = two_streams(20 * 32);

  const PipelineResult fast = analyze(model);
  const PipelineResult slow = simulate(model);

  // Both streams hold the link for 20 cycles a row: 40 together, one row of each every 40.
  EXPECT_EQ(slow.period_cycles(), 8 * 40.0);
  EXPECT_EQ(fast.period_cycles(), 8 * 40.0);
  EXPECT_LT(fast.latency_cycles(), slow.latency_cycles());
}

TEST(Analyze, NamesWhoWaitsWhenNothingMovesAnyMore) {
  try {
    (void)analyze(halting());
    FAIL() << "a halt was not noticed";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("long branch waits for its input"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace ohmweave::power_area
