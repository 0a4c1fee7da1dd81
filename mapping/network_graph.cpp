// SPDX-License-Identifier: Apache-2.0
#include "mapping/network_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>
#include <iterator>

namespace ohmweave::mapping {
namespace {

using NetworkGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;

/// Vertices are node indices, edges run from producer to consumer. The sort below lists the branch
/// it visits first last, so consumers are added from the last one backwards.
NetworkGraph make_graph(const Network& network) {
  const int num_nodes = static_cast<int>(network.nodes.size());
  NetworkGraph graph(num_nodes);
  for (int consumer = num_nodes - 1; consumer >= 0; --consumer)
    for (const int producer : network.nodes[consumer].inputs)
      boost::add_edge(producer, consumer, graph);
  return graph;
}

}  // namespace

std::vector<int> layer_order(const Network& network) {
  std::vector<int> order;
  const NetworkGraph graph = make_graph(network);
  boost::topological_sort(graph, std::back_inserter(order));
  std::reverse(order.begin(), order.end());
  const auto is_no_layer = [&](int node) { return !has_weights(network.nodes[node].op); };
  order.erase(std::remove_if(order.begin(), order.end(), is_no_layer), order.end());
  return order;
}

}  // namespace ohmweave::mapping
