// SPDX-License-Identifier: Apache-2.0
#include "crossbar/gate_reads.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/crossbar/random_reads.h"

namespace ohmweave::crossbar {
namespace {

/// The rows that a node connects, put together run by run.
Vector rows_of(const GateReads& reads, int node) {
  Vector rows = Vector::Zero(reads.num_rows);
  for (auto run = reads.runs.rbegin(); run != reads.runs.rend(); ++run) {
    for (Eigen::Index i = 0; i < run->num_rows; ++i)
      rows(run->last_row - i) = run->patterns[node] >> i & 1;
    node = run->beyond[node];
  }
  return rows;
}

TEST(GateReads, AreFoundAgainFromTheirNodes) {
  for (const Eigen::Index rows : {1, 7, 8, 9, 40}) {
    const MatrixF active = random_reads(rows, 300);
    const GateReads reads = gate_reads(active);
    for (Eigen::Index i = 0; i < active.cols(); ++i)
      EXPECT_EQ(rows_of(reads, reads.nodes[i]), active.col(i).cast<double>()) << rows << ", " << i;
  }
}

TEST(GateReads, ThatAreEqualAreOne) {
  for (const Eigen::Index rows : {3, 12}) {
    const MatrixF active = random_reads(rows, 300);
    std::set<std::vector<float>> distinct;
    for (Eigen::Index i = 0; i < active.cols(); ++i) {
      const Eigen::VectorXf read = active.col(i);
      distinct.emplace(read.data(), read.data() + rows);
    }
    EXPECT_EQ(gate_reads(active).num_distinct(), static_cast<Eigen::Index>(distinct.size()));
  }
}

TEST(GateReads, ListTheEndingsOfTheirPatterns) {
  MatrixF active(3, 2);
  active.col(0) << 1, 0, 1;  // pattern 101, from the first row to the last
  active.col(1) << 1, 1, 0;  // 110, of which the last row is bit 0: 011 backwards

  const std::vector<std::vector<int>> expected{{0}, {0, 1}, {1, 2}, {5, 6}};
  EXPECT_EQ(gate_reads(active).runs.front().endings, expected);
}

}  // namespace
}  // namespace ohmweave::crossbar
