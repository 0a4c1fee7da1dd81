// SPDX-License-Identifier: Apache-2.0
// Many reads of an array whose inputs switch gates: which rows each one connects, as a tree. Rows
// are cut into runs of kRunRows, from the last one to the first, and reads share a node as long as
// they agree: equal reads are solved once, and what a run may look like, for all reads, is at most
// 2^kRunRows patterns.
#pragma once

#include <cstdint>
#include <vector>

#include "crossbar/matrix.h"

namespace ohmweave::crossbar {

constexpr Eigen::Index kRunRows = 8;

struct RowRun {
  Eigen::Index last_row = 0;
  Eigen::Index num_rows = 0;  // up to kRunRows, ending at last_row
  /// By rows from the end: the patterns that reads have in the last so many rows of the run. Bit i
  /// is row last_row - i.
  std::vector<std::vector<int>> endings;
  // By node: what its reads have in this run, and their node in the run before (0 in the first).
  std::vector<std::uint8_t> patterns;
  std::vector<int> beyond;
};

struct GateReads {
  Eigen::Index num_rows = 0;
  std::vector<RowRun> runs;  // from the last rows to the first
  std::vector<int> nodes;    // of the last run, by read
  [[nodiscard]] Eigen::Index num_distinct() const {
    return static_cast<Eigen::Index>(runs.back().patterns.size());
  }
};

/// active: rows x reads, at least one of each; none negative, connected where it is not 0. Nodes
/// are numbered as reads come.
[[nodiscard]] GateReads gate_reads(const Eigen::Ref<const MatrixF>& active);

}  // namespace ohmweave::crossbar
