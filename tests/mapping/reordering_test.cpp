// SPDX-License-Identifier: Apache-2.0
#include "mapping/reordering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/random.h"
#include "mapping/partition.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

using Groups = std::vector<std::vector<int>>;

Line line_of(int index, std::uint64_t bits) { return {index, {bits}}; }

/// Arrays that the groups take.
int num_arrays(const Groups& groups, const std::vector<Line>& lines, GroupSize size) {
  int arrays = 0;
  for (const std::vector<int>& group : groups) {
    std::uint64_t any = 0;
    for (const int index : group) any |= lines[index].bits[0];
    arrays += (__builtin_popcountll(any) + size.crossing - 1) / size.crossing;
  }
  return arrays;
}

TEST(GrowGroups, PutsLinesThatAreAliveTogetherTogether) {
  const std::vector<Line> lines = {line_of(0, 0b0011), line_of(1, 0b1100), line_of(2, 0b0011),
                                   line_of(3, 0b1100), line_of(4, 0)};

  EXPECT_EQ(grow_groups(lines, {2, 2}), (Groups{{0, 2}, {1, 3}}));
}

TEST(ExchangeLines, MendsWhatGreedyGrowthMisses) {
  // Greedy growth joins line 0 with 1, which leaves 5 crossing lines to 2 and 3; 0 with 2 leaves 4.
  const std::vector<Line> lines = {line_of(0, 0b01111), line_of(1, 0b00111), line_of(2, 0b01001),
                                   line_of(3, 0b10110)};
  const GroupSize size{2, 4};

  EXPECT_EQ(num_arrays(grow_groups(lines, size), lines, size), 3);
  Groups exchanged = exchange_lines(lines, size);
  std::sort(exchanged.begin(), exchanged.end());
  EXPECT_EQ(exchanged, (Groups{{0, 2}, {1, 3}}));
}

/// The fewest arrays over all ways to group the lines.
int fewest_arrays(const std::vector<Line>& lines, GroupSize size) {
  int best = 1000;
  Groups groups;
  const std::function<void(std::size_t)> place = [&](std::size_t index) {
    if (index == lines.size()) {
      best = std::min(best, num_arrays(groups, lines, size));
      return;
    }
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (static_cast<int>(groups[g].size()) == size.lines) continue;
      groups[g].push_back(static_cast<int>(index));
      place(index + 1);
      groups[g].pop_back();
    }
    groups.push_back({static_cast<int>(index)});
    place(index + 1);
    groups.pop_back();
  };
  place(0);
  return best;
}

TEST(ExchangeLines, ComesNearTheOptimumOfSmallCasesAndNeverAboveGreedyGrowth) {
  const GroupSize size{3, 4};
  int found = 0;
  int grown = 0;
  int optimal = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const RandomStream stream = RandomStream(seed).child("lines");
    std::vector<Line> lines;
    for (int i = 0; i < 8; ++i) {
      std::uint64_t bits = 0;
      for (int b = 0; b < 16; ++b)
        bits |= static_cast<std::uint64_t>(stream.uniform(16 * i + b) < 0.25) << b;
      lines.push_back(line_of(i, bits));
    }
    const int here = num_arrays(exchange_lines(lines, size), lines, size);
    const int greedy = num_arrays(grow_groups(lines, size), lines, size);
    const int best = fewest_arrays(lines, size);
    ASSERT_GE(here, best);
    ASSERT_LE(here, greedy);
    found += here;
    grown += greedy;
    optimal += best;
  }
  EXPECT_LT(found, grown);
  EXPECT_LE(found, 1.08 * optimal);
  RecordProperty("found", found);
  RecordProperty("grown", grown);
  RecordProperty("optimal", optimal);
}

std::vector<int> shuffled(int count, const RandomStream& stream) {
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (int i = count - 1; i > 0; --i)
    std::swap(order[i], order[stream.below(i + 1, static_cast<std::uint64_t>(i))]);
  return order;
}

TEST(Reordering, FindsBlocksThatArePermutedAway) {
  // 8 x 8 blocks of 16 x 16, a quarter of them alive, rows and columns shuffled.
  const int side = 128;
  QuantizedNetwork network = one_layer(side, side);
  const RandomStream stream(5);
  const std::vector<int> rows = shuffled(side, stream.child("rows"));
  const std::vector<int> columns = shuffled(side, stream.child("columns"));
  int num_alive = 0;
  for (int block = 0; block < 64; ++block) {
    if (stream.child("alive").uniform(block) >= 0.25) continue;
    ++num_alive;
    for (int r = 0; r < 16; ++r)
      for (int c = 0; c < 16; ++c)
        code_at(network, rows[block / 8 * 16 + r], columns[block % 8 * 16 + c]) = 1;
  }
  const NonzeroPattern pattern(*network.nodes[1].weights, {side, side, 1, 1}, 0);
  CutRules rules;
  rules.geometry = {16, 16, 1, 2};

  EXPECT_EQ(partition(pattern, rules).num_positions, num_alive);
  rules.layout = "grid";
  EXPECT_EQ(partition(pattern, rules).num_positions, 64);  // shuffled, every array holds something
}

}  // namespace
}  // namespace ohmweave::mapping
