// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_reads.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace ohmweave::crossbar {
namespace {

constexpr std::size_t kPatterns = std::size_t{1} << kRunRows;

/// The pattern of every read in the rows of a run.
std::vector<std::uint8_t> patterns_of(const Eigen::Ref<const MatrixF>& active, const RowRun& run) {
  std::vector<std::uint8_t> patterns(static_cast<std::size_t>(active.cols()), 0);
  for (Eigen::Index i = 0; i < run.num_rows; ++i) {
    const float* row = active.data() + (run.last_row - i) * active.outerStride();
    for (std::size_t read = 0; read < patterns.size(); ++read)
      patterns[read] |= static_cast<std::uint8_t>(static_cast<int>(row[read] > 0.0F) << i);
  }
  return patterns;
}

/// Nodes of a run by pattern and node before, found by hashing with linear probing.
class NodeTable {
 public:
  explicit NodeTable(std::size_t num_reads) {
    std::size_t size = 64;
    while (size < 2 * num_reads) size *= 2;
    slots_.assign(size, -1);
  }
  int find_or_add(int beyond, std::uint8_t pattern, RowRun& run) {
    // Fibonacci hashing: the golden ratio spreads the keys, its high bits over all slots.
    const std::uint64_t key = static_cast<std::uint64_t>(beyond) * kPatterns + pattern;
    std::size_t slot = (key * 0x9e3779b97f4a7c15U >> 32) & (slots_.size() - 1);
    for (; slots_[slot] >= 0; slot = (slot + 1) & (slots_.size() - 1)) {
      const auto node = static_cast<std::size_t>(slots_[slot]);
      if (run.beyond[node] == beyond && run.patterns[node] == pattern) return slots_[slot];
    }
    slots_[slot] = static_cast<int>(run.patterns.size());
    run.patterns.push_back(pattern);
    run.beyond.push_back(beyond);
    return slots_[slot];
  }

 private:
  std::vector<int> slots_;
};

void list_endings(RowRun& run) {
  std::array<bool, kPatterns> occurs{};
  for (const std::uint8_t pattern : run.patterns) occurs[pattern] = true;
  run.endings.resize(static_cast<std::size_t>(run.num_rows) + 1);
  for (Eigen::Index rows = run.num_rows; rows >= 0; --rows) {
    const int count = 1 << rows;
    for (int p = 0; p < count; ++p) {
      if (!occurs[p]) continue;
      run.endings[static_cast<std::size_t>(rows)].push_back(p);
      if (rows > 0) occurs[p & (count / 2 - 1)] = true;
    }
  }
}

}  // namespace

GateReads gate_reads(const Eigen::Ref<const MatrixF>& active) {
  OHMWEAVE_REQUIRE(active.size() > 0, "there are rows, and reads of them");
  GateReads reads;
  reads.num_rows = active.rows();
  reads.nodes.assign(static_cast<std::size_t>(active.cols()), 0);
  for (Eigen::Index last = active.rows() - 1; last >= 0; last -= kRunRows) {
    RowRun& run = reads.runs.emplace_back();
    run.last_row = last;
    run.num_rows = std::min(kRunRows, last + 1);
    const std::vector<std::uint8_t> patterns = patterns_of(active, run);
    NodeTable table(patterns.size());
    for (std::size_t read = 0; read < patterns.size(); ++read)
      reads.nodes[read] = table.find_or_add(reads.nodes[read], patterns[read], run);
    list_endings(run);
  }
  return reads;
}

}  // namespace ohmweave::crossbar
