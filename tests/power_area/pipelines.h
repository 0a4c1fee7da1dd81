// SPDX-License-Identifier: Apache-2.0
// Hand-made pipelines whose times can be computed with pencil and paper.
#pragma once

#include <string>
#include <vector>

#include "power_area/sim/pipeline_model.h"

namespace ohmweave::power_area {

/// A sliding window: output row y reads rows [y, y + kernel).
inline PipelineEdge window_edge(int producer, int rows, int kernel, int capacity) {
  PipelineEdge edge;
  edge.producer = producer;
  edge.capacity_rows = capacity;
  for (int y = 0; y < rows; ++y) {
    edge.first_rows.push_back(y);
    edge.end_rows.push_back(y + kernel);
  }
  return edge;
}

/// One output row that reads the producer's whole map.
inline PipelineEdge whole_edge(int producer, int producer_rows) {
  PipelineEdge edge;
  edge.producer = producer;
  edge.capacity_rows = 2 * producer_rows;
  edge.first_rows = {0};
  edge.end_rows = {producer_rows};
  return edge;
}

inline PipelineUnit unit_on(int tile, std::int64_t cycles_per_window,
                            std::vector<std::int64_t> row_bits) {
  PipelineUnit unit;
  unit.tile = tile;
  unit.cycles_per_window = cycles_per_window;
  unit.row_bits = std::move(row_bits);
  return unit;
}

inline PipelineNode source(int tile, int rows, std::int64_t cycles_per_row) {
  PipelineNode node;
  node.name = "source";
  node.home_tile = tile;
  node.num_rows = rows;
  node.units = {unit_on(tile, cycles_per_row, {})};
  return node;
}

inline PipelineNode sink(int tile, int producer, int producer_rows) {
  PipelineNode node;
  node.name = "sink";
  node.home_tile = tile;
  node.edges = {whole_edge(producer, producer_rows)};
  node.units = {unit_on(tile, 0, {32})};
  return node;
}

constexpr int kIoCycles = 3;
constexpr int kWindowCycles = 10;
constexpr int kWindowsPerRow = 4;
constexpr int kRows = 4;
constexpr int kKernel = 3;
constexpr int kEmitCycles = 2;

/// Six image rows, one layer of 4 rows of 4 windows of 10 cycles, all at one mesh position.
inline PipelineModel one_layer() {
  PipelineModel model;
  model.tiles = {{0, 0}};
  PipelineNode layer;
  layer.name = "layer";
  layer.num_rows = kRows;
  layer.windows_per_row = kWindowsPerRow;
  layer.emit_cycles = kEmitCycles;
  layer.edges = {window_edge(0, kRows, kKernel, 2 * kKernel)};
  layer.units = {unit_on(0, kWindowCycles, {64})};
  model.nodes = {source(0, kRows + kKernel - 1, kIoCycles), layer, sink(0, 1, kRows)};
  return model;
}

/// A pipeline that comes to a halt: the join reads a row of the short branch with the last row of
/// the long one, but the source, which feeds both, may not run ahead of the short branch's one-row
/// buffer.
inline PipelineModel halting() {
  PipelineModel model;
  model.tiles = {{0, 0}};
  PipelineNode join;
  join.name = "join";
  join.edges = {window_edge(1, 1, 1, 1), window_edge(0, 1, 1, 1)};
  join.units = {unit_on(0, 1, {8, 8})};
  PipelineNode long_branch;
  long_branch.name = "long branch";
  long_branch.edges = {whole_edge(0, 4)};
  long_branch.units = {unit_on(0, 1, {8})};
  model.nodes = {source(0, 4, 1), long_branch, join, sink(0, 2, 1)};
  return model;
}

}  // namespace ohmweave::power_area
