// SPDX-License-Identifier: Apache-2.0
#include "mapping/reload.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace ohmweave::mapping {
namespace {

/// An array of the chip, and which array of the placement it is in each round that uses it.
using PhysicalArrays = std::map<std::tuple<int, int, int>, std::vector<int>>;  // (x, y, index)

PhysicalArrays physical_arrays(const Placement& placement) {
  std::vector<std::vector<int>> of_tile(placement.tiles.size());
  for (std::size_t a = 0; a < placement.arrays.size(); ++a)
    of_tile[placement.arrays[a].tile].push_back(static_cast<int>(a));
  PhysicalArrays arrays;
  for (std::size_t t = 0; t < of_tile.size(); ++t)  // tiles come round by round
    for (std::size_t i = 0; i < of_tile[t].size(); ++i)
      arrays[{placement.tiles[t].x, placement.tiles[t].y, static_cast<int>(i)}].push_back(
          of_tile[t][i]);
  return arrays;
}

int round_of(const Placement& placement, int array) {
  return placement.tiles[placement.arrays[array].tile].round;
}

/// Cells that are written when each array in a list takes the place of the one before it (the first
/// that of the last), and how often the busiest of them is.
struct Writes {
  std::vector<std::int64_t> cells;  // by place in the list
  int most_of_a_cell = 0;
};

Writes count_writes(const Placement& placement, const QuantizedNetwork& network,
                    const std::vector<int>& in_turn) {
  std::vector<std::vector<int>> levels;
  levels.reserve(in_turn.size());
  for (const int array : in_turn) levels.push_back(cell_levels(placement, network, array));
  std::vector<int> times(levels.front().size(), 0);
  Writes writes;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::vector<int>& before = levels[(i + levels.size() - 1) % levels.size()];
    std::int64_t changed = 0;
    for (std::size_t cell = 0; cell < times.size(); ++cell)
      if (levels[i][cell] != before[cell]) {
        ++changed;
        ++times[cell];
      }
    writes.cells.push_back(changed);
  }
  writes.most_of_a_cell = *std::max_element(times.begin(), times.end());
  return writes;
}

struct Schedule {
  std::vector<ReloadRound> rounds;
  int most_writes_of_a_cell = 0;
};

void add_contents(const Placement& placement, const QuantizedNetwork& network, Schedule& schedule) {
  std::vector<std::set<int>> nodes(schedule.rounds.size());
  for (const Tile& tile : placement.tiles) ++schedule.rounds[tile.round].num_tiles;
  for (int a = 0; a < static_cast<int>(placement.arrays.size()); ++a) {
    ReloadRound& round = schedule.rounds[round_of(placement, a)];
    const std::vector<int> levels = cell_levels(placement, network, a);
    ++round.num_arrays;
    round.cells_held +=
        static_cast<std::int64_t>(levels.size()) - std::count(levels.begin(), levels.end(), 0);
    for (const int block : placement.arrays[a].blocks)
      nodes[round_of(placement, a)].insert(placement.blocks[block].node);
  }
  for (std::size_t r = 0; r < nodes.size(); ++r)
    schedule.rounds[r].nodes.assign(nodes[r].begin(), nodes[r].end());
}

Schedule make_schedule(const Placement& placement, const QuantizedNetwork& network) {
  Schedule schedule;
  schedule.rounds.resize(num_rounds(placement));
  add_contents(placement, network, schedule);
  if (schedule.rounds.size() == 1) return schedule;
  for (const auto& [place, in_turn] : physical_arrays(placement)) {
    const Writes writes = count_writes(placement, network, in_turn);
    for (std::size_t i = 0; i < in_turn.size(); ++i)
      schedule.rounds[round_of(placement, in_turn[i])].cells_written += writes.cells[i];
    schedule.most_writes_of_a_cell =
        std::max(schedule.most_writes_of_a_cell, writes.most_of_a_cell);
  }
  return schedule;
}

}  // namespace

std::vector<Rewrite> rewrites(const Placement& placement) {
  std::vector<Rewrite> list;
  for (const auto& [place, in_turn] : physical_arrays(placement)) {
    if (in_turn.size() == 1) continue;
    for (std::size_t i = 0; i < in_turn.size(); ++i)
      list.push_back({round_of(placement, in_turn[i]),
                      in_turn[(i + in_turn.size() - 1) % in_turn.size()], in_turn[i]});
  }
  return list;
}

std::vector<ReloadRound> reload_schedule(const Placement& placement,
                                         const QuantizedNetwork& network) {
  return make_schedule(placement, network).rounds;
}

Json reload_summary(const Placement& placement, const QuantizedNetwork& network) {
  const Schedule schedule = make_schedule(placement, network);
  Json list = Json::array();
  std::int64_t cells = 0;
  for (const ReloadRound& round : schedule.rounds) {
    Json layers = Json::array();
    for (const int node : round.nodes) layers.push_back(network.network.nodes[node].name);
    list.push_back({{"layers", layers},
                    {"tiles", round.num_tiles},
                    {"arrays", round.num_arrays},
                    {"cells_held", round.cells_held},
                    {"cells_written", round.cells_written}});
    cells += round.cells_written;
  }
  return {{"rounds", schedule.rounds.size()},
          {"cells_written_per_image", cells},
          {"most_writes_of_a_cell_per_image", schedule.most_writes_of_a_cell},
          {"schedule", list}};
}

}  // namespace ohmweave::mapping
