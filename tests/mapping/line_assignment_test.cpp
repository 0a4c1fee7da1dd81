// SPDX-License-Identifier: Apache-2.0
#include "mapping/line_assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/maximum_weighted_matching.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/random.h"
#include "tests/mapping/sample_networks.h"

namespace ohmweave::mapping {
namespace {

double total(const std::vector<double>& costs, const std::vector<int>& columns) {
  double sum = 0.0;
  for (std::size_t row = 0; row < columns.size(); ++row)
    sum += costs[row * columns.size() + columns[row]];
  return sum;
}

std::vector<double> random_costs(int size, std::uint64_t seed, double zero_fraction) {
  const RandomStream stream = RandomStream(seed).child("costs");
  std::vector<double> costs;
  for (int i = 0; i < size * size; ++i)
    costs.push_back(stream.uniform(2 * i) < zero_fraction
                        ? 0.0
                        : static_cast<double>(1 + stream.below(1000, 2 * i + 1)));
  return costs;
}

TEST(LeastCostAssignment, IsTheLeastOfAllPermutations) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const std::vector<double> costs = random_costs(6, seed, seed % 3 == 0 ? 0.5 : 0.0);
    std::vector<int> permutation(6);
    std::iota(permutation.begin(), permutation.end(), 0);
    double least = std::numeric_limits<double>::infinity();
    do least = std::min(least, total(costs, permutation));
    while (std::next_permutation(permutation.begin(), permutation.end()));

    std::vector<int> columns = least_cost_assignment(costs, 6);

    ASSERT_DOUBLE_EQ(total(costs, columns), least);
    std::sort(columns.begin(), columns.end());
    ASSERT_EQ(columns, (std::vector<int>{0, 1, 2, 3, 4, 5}));
  }
}

/// The least cost by Boost's maximum weighted matching (Edmonds' blossoms), an independent way.
double least_cost_by_blossoms(const std::vector<double>& costs, int size) {
  using Graph =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                            boost::property<boost::edge_weight_t, std::int64_t>>;
  constexpr std::int64_t kMoreThanAny = 1 << 20;  // so that every row is matched
  Graph graph(2 * size);
  for (int row = 0; row < size; ++row)
    for (int column = 0; column < size; ++column)
      boost::add_edge(row, size + column,
                      kMoreThanAny - static_cast<std::int64_t>(costs[row * size + column]), graph);
  std::vector<boost::graph_traits<Graph>::vertex_descriptor> mate(2 * size);
  boost::maximum_weighted_matching(graph, mate.data());
  double sum = 0.0;
  for (int row = 0; row < size; ++row)
    sum += costs[row * size + static_cast<int>(mate[row]) - size];
  return sum;
}

TEST(LeastCostAssignment, AgreesWithBoostsMatching) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<double> costs = random_costs(24, seed, 0.3);

    EXPECT_DOUBLE_EQ(total(costs, least_cost_assignment(costs, 24)),
                     least_cost_by_blossoms(costs, 24));
  }
}

TEST(LeastCostAssignment, KeepsOffWhatIsForbidden) {
  const double no = std::numeric_limits<double>::infinity();

  EXPECT_EQ(least_cost_assignment({no, 5.0, 1.0, no}, 2), (std::vector<int>{1, 0}));
  EXPECT_THROW(static_cast<void>(least_cost_assignment({no, 5.0, no, 1.0}, 2)), std::logic_error);
}

const Geometry kSmallGeometry{4, 2, 1, 2};

/// 3 x 2 codes: rows (3, 0), (0, 0), (-2, 1).
QuantizedNetwork three_rows() {
  QuantizedNetwork network = one_layer(3, 2);
  network.weight_bits = 2;
  code_at(network, 0, 0) = 3;
  code_at(network, 1, 0) = code_at(network, 1, 1) = 0;
  code_at(network, 2, 0) = -2;
  code_at(network, 2, 1) = 1;
  return network;
}

Placement place_three_rows() {
  Block block;
  block.node = 1;
  block.rows = {0, 1, 2};
  block.columns = {0, 1};
  return place_blocks({block}, kSmallGeometry, 1);
}

/// The cell (row, column) of the positive array is stuck at `level`.
StuckLevel one_fault(int row, int column, double level) {
  return [=](int array, int cell) -> std::optional<double> {
    if (array == 0 && cell == row * kSmallGeometry.cols + column) return level;
    return std::nullopt;
  };
}

TEST(AssignLines, LeaveRowsWhereTheyAreWithoutFaults) {
  const StuckLevel nothing = [](int, int) { return std::nullopt; };

  EXPECT_EQ(assign_lines(place_three_rows(), three_rows(), 0, nothing),
            (std::vector<int>{0, 1, 2, 3}));
}

TEST(AssignLines, LeaveRowsWhereTheFaultIsWhatTheyWant) {
  EXPECT_EQ(assign_lines(place_three_rows(), three_rows(), 0, one_fault(0, 0, 3.0)),
            (std::vector<int>{0, 1, 2, 3}));
}

TEST(AssignLines, BringTheRowThatWantsTheStuckLevel) {
  // Line 1 is stuck on at column 0 of the positive array: row 0 wants just that.
  const std::vector<int> lines =
      assign_lines(place_three_rows(), three_rows(), 0, one_fault(1, 0, 3.0));

  EXPECT_EQ(lines[0] == 1 || lines[3] == 1, true);  // or the row that holds nothing
}

TEST(AssignLines, StayWithinTheRowsReadAtOnce) {
  Placement placement = place_three_rows();
  placement.geometry.rows_active = 2;

  // The empty row 3 may not take line 0 or 1; row 0 may.
  const std::vector<int> lines = assign_lines(placement, three_rows(), 0, one_fault(1, 0, 3.0));

  EXPECT_EQ(lines, (std::vector<int>{1, 0, 2, 3}));
}

/// Squared errors of all weights for the given lines, straight from the definition.
double error_of(const Placement& placement, const QuantizedNetwork& network,
                const std::vector<int>& lines, const StuckLevel& stuck) {
  const Geometry& geometry = placement.geometry;
  double total = 0.0;
  for (const Block& block : placement.blocks)
    for (std::size_t r = 0; r < block.rows.size(); ++r)
      for (std::size_t c = 0; c < block.columns.size(); ++c) {
        const auto row = static_cast<int>(block.first_row + r);
        const auto column = static_cast<int>(block.first_column + c);
        double weight = 0.0;
        double wanted = 0.0;
        for (int a = 0; a < geometry.arrays_per_position(); ++a) {
          const double unit = (a % 2 == 0 ? 1.0 : -1.0) * std::exp2(a / 2 * geometry.bits_per_cell);
          const int level = cell_levels(placement, network, a)[row * geometry.cols + column];
          wanted += unit * level;
          weight += unit * stuck(a, lines[row] * geometry.cols + column).value_or(level);
        }
        total += (weight - wanted) * (weight - wanted);
      }
  return total;
}

TEST(AssignLines, HaveTheLeastErrorOfAllOrders) {
  const Geometry geometry{6, 4, 2, 2};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    QuantizedNetwork network = one_layer(6, 4);
    fill_randomly(network, 0.8, seed);
    // Two blocks along the diagonal of one position, one line to spare.
    Block first;
    first.node = 1;
    first.rows = {0, 2, 4};
    first.columns = {0, 1};
    Block second = first;
    second.rows = {1, 5};
    second.columns = {2, 3};
    Placement placement = place_blocks({first}, geometry, 1);
    second.first_row = 3;
    second.first_column = 2;
    placement.blocks.push_back(second);
    for (Array& array : placement.arrays) array.blocks.push_back(1);
    const RandomStream stream = RandomStream(seed).child("stuck");
    const StuckLevel stuck = [&](int array, int cell) -> std::optional<double> {
      const double u = stream.uniform(100 * array + cell);
      if (u < 0.15) return 3.0;
      if (u < 0.3) return 0.0;
      return std::nullopt;
    };
    std::vector<int> lines(6);
    std::iota(lines.begin(), lines.end(), 0);
    double least = std::numeric_limits<double>::infinity();
    do least = std::min(least, error_of(placement, network, lines, stuck));
    while (std::next_permutation(lines.begin(), lines.end()));

    const std::vector<int> assigned = assign_lines(placement, network, 0, stuck);

    EXPECT_NEAR(error_of(placement, network, assigned, stuck), least, 1e-9 * (1.0 + least));
  }
}

}  // namespace
}  // namespace ohmweave::mapping
