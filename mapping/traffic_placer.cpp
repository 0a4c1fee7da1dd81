// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <cstdlib>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "mapping/placers.h"

namespace ohmweave::mapping {
namespace {

using TileGraph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                          boost::property<boost::edge_weight_t, double>>;

constexpr int kFree = -1;
// A swap must gain more than rounding could feign.
constexpr double kLeastRelativeGain = 1e-12;

/// Bytes both ways as edge weights; the heaviest edges are added first and so visited first.
TileGraph make_graph(const PlacingProblem& problem) {
  std::map<std::pair<int, int>, double> bytes;
  for (const TileTraffic& entry : problem.traffic)
    bytes[std::minmax(entry.from, entry.to)] += entry.bytes_per_inference;
  std::vector<std::pair<std::pair<int, int>, double>> edges(bytes.begin(), bytes.end());
  std::stable_sort(edges.begin(), edges.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  TileGraph graph(problem.num_tiles);
  for (const auto& [ends, weight] : edges) boost::add_edge(ends.first, ends.second, weight, graph);
  return graph;
}

struct Neighbour {
  int tile = 0;
  double bytes = 0.0;
};
using Neighbours = std::vector<std::vector<Neighbour>>;

Neighbours neighbours_of(const TileGraph& graph) {
  Neighbours neighbours(boost::num_vertices(graph));
  const auto weights = boost::get(boost::edge_weight, graph);
  for (std::size_t tile = 0; tile < neighbours.size(); ++tile)
    for (auto [edge, end] = boost::out_edges(tile, graph); edge != end; ++edge)
      neighbours[tile].push_back(
          {static_cast<int>(boost::target(*edge, graph)), boost::get(weights, *edge)});
  return neighbours;
}

double bytes_of(const std::vector<Neighbour>& neighbours) {
  return std::accumulate(
      neighbours.begin(), neighbours.end(), 0.0,
      [](double sum, const Neighbour& neighbour) { return sum + neighbour.bytes; });
}

class OrderRecorder : public boost::default_bfs_visitor {
 public:
  explicit OrderRecorder(std::vector<int>& order) : order_(&order) {}
  template <class Vertex, class Graph>
  void discover_vertex(Vertex vertex, const Graph&) {
    order_->push_back(static_cast<int>(vertex));
  }

 private:
  std::vector<int>* order_;
};

/// Breadth-first from the tile with most traffic; again from the heaviest not reached, if any.
std::vector<int> breadth_first_order(const TileGraph& graph, const Neighbours& neighbours) {
  std::vector<int> starts(neighbours.size());
  std::iota(starts.begin(), starts.end(), 0);
  std::stable_sort(starts.begin(), starts.end(),
                   [&](int a, int b) { return bytes_of(neighbours[a]) > bytes_of(neighbours[b]); });
  std::vector<boost::default_color_type> colors(neighbours.size(), boost::white_color);
  const auto color_map =
      boost::make_iterator_property_map(colors.begin(), boost::get(boost::vertex_index, graph));
  std::vector<int> order;
  boost::queue<TileGraph::vertex_descriptor> queue;
  for (const int start : starts)
    if (colors[start] == boost::white_color)
      boost::breadth_first_visit(graph, start, queue, OrderRecorder(order), color_map);
  return order;
}

/// Tiles on places; place p is (p mod width, p / width).
class Board {
 public:
  Board(MeshSize mesh, const Neighbours& neighbours)
      : mesh_(mesh),
        neighbours_(neighbours),
        tile_at_(static_cast<std::size_t>(mesh.width) * mesh.height, kFree),
        place_of_(neighbours.size(), kFree) {}

  void put(int tile, int place) {
    tile_at_[place] = tile;
    place_of_[tile] = place;
  }
  /// The free place with the fewest byte hops to the tiles placed; of equals the one nearest to the
  /// middle of the mesh, then the first.
  [[nodiscard]] int best_free_place(int tile) const;
  /// Swaps pairs of places while that lowers the byte hops.
  void descend();
  [[nodiscard]] std::vector<Tile> places() const {
    std::vector<Tile> places;
    for (const int place : place_of_)
      places.push_back({place % mesh_.width, place / mesh_.width, 0});
    return places;
  }

 private:
  [[nodiscard]] int distance(int a, int b) const {
    return std::abs(a % mesh_.width - b % mesh_.width) +
           std::abs(a / mesh_.width - b / mesh_.width);
  }
  /// Twice the distance to the middle, as an integer.
  [[nodiscard]] int distance_to_middle(int place) const {
    return std::abs(2 * (place % mesh_.width) - (mesh_.width - 1)) +
           std::abs(2 * (place / mesh_.width) - (mesh_.height - 1));
  }
  [[nodiscard]] double hops_at(int tile, int place, int other_tile) const {
    double hops = 0.0;
    for (const Neighbour& neighbour : neighbours_[tile])
      if (neighbour.tile != other_tile && place_of_[neighbour.tile] != kFree)
        hops += neighbour.bytes * distance(place, place_of_[neighbour.tile]);
    return hops;
  }
  /// Byte hops saved by exchanging what sits at two places (the way between the two stays).
  [[nodiscard]] double gain_of_swap(int place_a, int place_b) const;
  void swap(int place_a, int place_b);
  [[nodiscard]] double num_neighbours_at(int place) const {
    return tile_at_[place] == kFree ? 0.0
                                    : static_cast<double>(neighbours_[tile_at_[place]].size());
  }

  MeshSize mesh_;
  const Neighbours& neighbours_;
  std::vector<int> tile_at_;   // by place
  std::vector<int> place_of_;  // by tile
};

int Board::best_free_place(int tile) const {
  int best = kFree;
  std::pair<double, int> best_cost;
  for (int place = 0; place < static_cast<int>(tile_at_.size()); ++place) {
    if (tile_at_[place] != kFree) continue;
    const std::pair<double, int> cost = {hops_at(tile, place, kFree), distance_to_middle(place)};
    if (best != kFree && cost >= best_cost) continue;
    best = place;
    best_cost = cost;
  }
  return best;
}

double Board::gain_of_swap(int place_a, int place_b) const {
  const int a = tile_at_[place_a];
  const int b = tile_at_[place_b];
  double gain = 0.0;
  if (a != kFree) gain += hops_at(a, place_a, b) - hops_at(a, place_b, b);
  if (b != kFree) gain += hops_at(b, place_b, a) - hops_at(b, place_a, a);
  return gain;
}

void Board::swap(int place_a, int place_b) {
  std::swap(tile_at_[place_a], tile_at_[place_b]);
  if (tile_at_[place_a] != kFree) place_of_[tile_at_[place_a]] = place_a;
  if (tile_at_[place_b] != kFree) place_of_[tile_at_[place_b]] = place_b;
}

void Board::descend() {
  double total_bytes = 0.0;
  for (const std::vector<Neighbour>& neighbours : neighbours_) total_bytes += bytes_of(neighbours);
  const double least_gain = kLeastRelativeGain * total_bytes;
  const int num_places = static_cast<int>(tile_at_.size());
  double num_visits = 0.0;
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (int a = 0; a < num_places; ++a)
      for (int b = a + 1; b < num_places; ++b) {
        num_visits += 2.0 * (num_neighbours_at(a) + num_neighbours_at(b));
        if (num_visits > kMaxEdgeVisits) return;
        if (gain_of_swap(a, b) <= least_gain) continue;
        swap(a, b);
        has_changed = true;
      }
  }
}

}  // namespace

std::vector<Tile> place_by_traffic(const PlacingProblem& problem) {
  const TileGraph graph = make_graph(problem);
  const Neighbours neighbours = neighbours_of(graph);
  Board grown(problem.mesh, neighbours);
  for (const int tile : breadth_first_order(graph, neighbours))
    grown.put(tile, grown.best_free_place(tile));
  Board plain(problem.mesh, neighbours);
  for (int tile = 0; tile < problem.num_tiles; ++tile) plain.put(tile, tile);
  grown.descend();
  plain.descend();
  const bool is_grown_better = traffic_hops(grown.places(), problem.traffic) <=
                               traffic_hops(plain.places(), problem.traffic);
  return is_grown_better ? grown.places() : plain.places();
}

}  // namespace ohmweave::mapping
