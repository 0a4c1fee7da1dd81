// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipelines.h"
#include "power_area/sim/simulate.h"

namespace ohmweave::power_area {
namespace {

constexpr std::int64_t kRowCycles = kWindowsPerRow * kWindowCycles;

TEST(Pipeline, OneLayerTakesItsClosedFormToTheCycle) {
  const PipelineResult result = simulate(one_layer());

  // The first window waits for three image rows; then the layer never waits again.
  EXPECT_EQ(result.latency_cycles(), kKernel * kIoCycles + kRows * kRowCycles + kEmitCycles);
  EXPECT_EQ(result.period_cycles(), static_cast<double>(kRows * kRowCycles));
}

TEST(Pipeline, CountsEveryWindowOnceAndChargesItsTime) {
  const PipelineModel model = one_layer();

  const UnitResult unit = simulate(model).nodes[1].units[0];

  EXPECT_EQ(unit.windows, model.num_inferences * kRows * kWindowsPerRow);
  EXPECT_EQ(unit.busy_cycles, unit.windows * kWindowCycles);
  EXPECT_EQ(unit.stalls.input, kKernel * kIoCycles);
  EXPECT_EQ(unit.stalls.output, 0);
}

TEST(Pipeline, SlowInputSetsThePeriod) {
  PipelineModel model = one_layer();
  model.nodes[0].units[0].cycles_per_window = 100;

  const PipelineResult result = simulate(model);

  // The last row of windows starts when the sixth image row is in.
  EXPECT_EQ(result.latency_cycles(), 6 * 100 + kRowCycles + kEmitCycles);
  EXPECT_EQ(result.period_cycles(), 6 * 100.0);
}

TEST(Pipeline, TwoLayersOnNeighbouringTilesOverlap) {
  PipelineModel model = one_layer();
  model.tiles = {{0, 0}, {1, 0}};
  model.mesh_width = 2;
  model.router_cycles = 2;
  PipelineNode second;
  second.name = "second";
  second.home_tile = 1;
  second.num_rows = 3;
  second.windows_per_row = 3;
  second.emit_cycles = 1;
  second.edges = {window_edge(1, 3, 2, 4)};
  second.units = {unit_on(1, 5, {64})};
  model.nodes = {model.nodes[0], model.nodes[1], second, sink(1, 2, 3)};

  const PipelineResult result = simulate(model);

  const std::int64_t first_done = kKernel * kIoCycles + kRows * kRowCycles + kEmitCycles;
  const std::int64_t transfer = 2 + 64 / 32;  // one router, then the row's words
  EXPECT_EQ(result.latency_cycles(), first_done + transfer + 3 * 5 + 1);
  EXPECT_EQ(result.period_cycles(), static_cast<double>(kRows * kRowCycles));
  // 4 rows of one flit an inference pass two routers.
  EXPECT_EQ(result.nodes[1].flit_hops, 4 * 2 * model.num_inferences);
}

TEST(Pipeline, PartialSumsFromAnotherTileAddTheirTransferTime) {
  PipelineModel model = one_layer();
  model.tiles = {{0, 0}, {1, 0}};
  model.mesh_width = 2;
  model.router_cycles = 2;
  model.nodes[1].units.push_back(unit_on(1, kWindowCycles, {64}));
  model.nodes[1].units[1].partial_bits = 96;

  const PipelineResult result = simulate(model);

  // The far unit gets its rows 2 + 2 cycles later and its sums need 2 + 3 cycles home.
  EXPECT_EQ(result.latency_cycles(),
            kKernel * kIoCycles + 4 + kRows * kRowCycles + 5 + kEmitCycles);
}

TEST(Pipeline, TwoCopiesHalveThePeriod) {
  PipelineModel model = one_layer();
  model.nodes[1].num_copies = 2;
  model.nodes[1].units.push_back(model.nodes[1].units[0]);
  model.nodes[1].units[1].copy = 1;

  const PipelineResult result = simulate(model);

  EXPECT_EQ(result.period_cycles(), kRows * kRowCycles / 2.0);
}

TEST(Pipeline, ThreeCopiesTakeTurnsAtTheWindows) {
  PipelineModel model = one_layer();
  model.nodes[1].num_copies = 3;
  for (int copy = 1; copy < 3; ++copy) {
    model.nodes[1].units.push_back(model.nodes[1].units[0]);
    model.nodes[1].units.back().copy = copy;
  }

  const PipelineResult result = simulate(model);

  // Windows 0, 3, ..., 15 of the first image are the first copy's: six of them, the last one last.
  EXPECT_EQ(result.latency_cycles(), kKernel * kIoCycles + 6 * kWindowCycles + kEmitCycles);
  EXPECT_EQ(result.nodes[1].units[0].windows + result.nodes[1].units[1].windows +
                result.nodes[1].units[2].windows,
            model.num_inferences * kRows * kWindowsPerRow);
}

/// The image, a layer that works on it row by row, and their sum.
PipelineModel residual_join() {
  PipelineModel model;
  model.tiles = {{0, 0}};
  PipelineNode layer;
  layer.name = "layer";
  layer.num_rows = kRows;
  layer.windows_per_row = kWindowsPerRow;
  layer.emit_cycles = kEmitCycles;
  layer.edges = {window_edge(0, kRows, 1, 2)};
  layer.units = {unit_on(0, kWindowCycles, {64})};
  PipelineNode join;
  join.name = "join";
  join.num_rows = kRows;
  join.edges = {window_edge(1, kRows, 1, 2), window_edge(0, kRows, 1, kRows)};
  join.units = {unit_on(0, 7, {64, 64})};
  model.nodes = {source(0, kRows, kIoCycles), layer, join, sink(0, 2, kRows)};
  return model;
}

TEST(Pipeline, AResidualJoinWaitsForItsLongBranchAndHoldsNobodyBack) {
  const PipelineResult result = simulate(residual_join());

  EXPECT_EQ(result.latency_cycles(), kIoCycles + kRows * kRowCycles + kEmitCycles + 7);
  EXPECT_EQ(result.period_cycles(), static_cast<double>(kRows * kRowCycles));
  EXPECT_EQ(result.nodes[1].units[0].stalls.output, 0);
}

TEST(Pipeline, AStridedWindowWaitsForItsOwnRowsOnly) {
  constexpr std::int64_t kSlowRow = 100;
  PipelineModel model = one_layer();
  model.nodes[0] = source(0, 4, kSlowRow);
  PipelineNode& layer = model.nodes[1];  // 1 x 1, stride 2: rows 0 and 2 of four
  layer.num_rows = 2;
  layer.windows_per_row = 2;
  layer.edges[0].first_rows = {0, 2};
  layer.edges[0].end_rows = {1, 3};
  layer.edges[0].capacity_rows = 2;
  model.nodes[2] = sink(0, 1, 2);

  const PipelineResult result = simulate(model);

  EXPECT_EQ(result.latency_cycles(), 3 * kSlowRow + 2 * kWindowCycles + kEmitCycles);
  EXPECT_EQ(result.period_cycles(), 4.0 * kSlowRow);
}

/// Two branches whose packets meet at the link from x = 1 to x = 2 in the same cycle.
PipelineModel contended(std::int64_t link_bits) {
  PipelineModel model;
  model.tiles = {{0, 0}, {1, 0}, {2, 0}};
  model.mesh_width = 3;
  model.router_cycles = 2;
  model.num_inferences = 1;
  model.link_bits_per_cycle = link_bits;
  PipelineNode far;
  far.name = "far";
  far.home_tile = 0;
  far.edges = {whole_edge(0, 1)};
  far.units = {unit_on(0, 10, {32})};
  PipelineNode near = far;
  near.name = "near";
  near.home_tile = 1;
  // The far branch gets its input 2 + 1 cycles later and its head passes one router more.
  near.units = {unit_on(1, 10 + 3 + 2, {32})};
  PipelineNode join;
  join.name = "join";
  join.home_tile = 2;
  join.edges = {whole_edge(1, 1), whole_edge(2, 1)};
  join.units = {unit_on(2, 7, {320, 320})};
  model.nodes = {source(1, 1, 1), far, near, join, sink(2, 3, 1)};
  return model;
}

TEST(Pipeline, ASharedLinkDelaysTheSecondPacketByTheFirstOne) {
  const PipelineResult result = simulate(contended(32));

  constexpr std::int64_t kMeet = 1 + 15;  // both heads are at the link
  constexpr std::int64_t kSerialization = 320 / 32;
  EXPECT_EQ(result.latency_cycles(), kMeet + kSerialization + 2 + kSerialization + 7);
  std::int64_t waited = 0;
  for (const LinkResult& link : result.links) waited += link.wait_cycles;
  EXPECT_EQ(waited, kSerialization);
}

TEST(Pipeline, AFullBufferHoldsTheProducerBack) {
  PipelineModel model = one_layer();
  PipelineNode slow;
  slow.name = "slow";
  slow.num_rows = kRows;
  slow.edges = {window_edge(1, kRows, 1, 1)};
  slow.units = {unit_on(0, 1000, {64})};
  model.nodes = {model.nodes[0], model.nodes[1], slow, sink(0, 2, kRows)};

  const PipelineResult result = simulate(model);

  EXPECT_EQ(result.period_cycles(), kRows * 1000.0);
  EXPECT_GT(result.nodes[1].units[0].stalls.output, 0);
}

}  // namespace
}  // namespace ohmweave::power_area
